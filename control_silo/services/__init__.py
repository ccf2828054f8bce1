"""What control does. One public function or ``run`` is one transaction; REST and gRPC are siblings above."""
