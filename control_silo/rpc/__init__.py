"""Control over gRPC."""
