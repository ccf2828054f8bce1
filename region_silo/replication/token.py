"""Tokens that act for installations, of which a region holds replicas."""

from typing import Any

from region_silo.models.replica import TokenReplica
from region_silo.replication.held import RegionKind, replica
from shared.category import Category
from shared.errors import FieldMissing
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class TokenKind(RegionKind):
    """Tokens, by their hash; ``state`` is a ``TokenState``."""

    category = Category.TOKEN
    model = TokenReplica

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        token = change.token
        if change.HasField("token") and not token.token_hash:
            raise FieldMissing("token_hash: a token without its hash can never be found.")
        return (*replica(change), token.token_hash, token.installation_id)
