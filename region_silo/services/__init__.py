"""What a region does. One public function is one transaction; gRPC and REST are siblings above."""
