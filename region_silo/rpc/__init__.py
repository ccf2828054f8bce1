"""A region over gRPC."""
