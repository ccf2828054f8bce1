"""What both silos agree on. Imports neither silo."""

import os

# gRPC logs by itself, to standard error: a line for each handshake that a stranger breaks off. It reads this once, when
# it is imported, and so before anything of ours that could say so.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # noqa: TID251 - it is written, and by gRPC alone read
