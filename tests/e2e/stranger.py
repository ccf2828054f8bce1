"""A client that knows nothing of the project: it reads the contracts by reflection and signs as the specification says.

It imports none of the project's code, so what it proves holds for a client in any language.
"""

import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, cast

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

OPERATOR = "operator:cli"
"""Whose key every silo of the platform has."""
CONSISTENCY_TOKEN = "silo-consistency-token"
ENTRIES = ("silo-key", "silo-caller", "silo-target", "silo-timestamp", "silo-nonce", "silo-signature")


@dataclass(frozen=True)
class Answer:
    """What a call came to: the answer as JSON, or why it was refused."""

    json: Mapping[str, Any] = field(default_factory=dict)
    code: str = "OK"
    reason: str = ""
    """Of ``ErrorInfo``."""
    fields: Sequence[str] = ()
    """Of ``BadRequest``."""
    token: str = ""
    """The consistency token."""


@dataclass(frozen=True)
class Signature:
    """What goes into a signature; every part can be made wrong."""

    key: str
    secret: str
    caller: str
    target: str

    def sign(self, method: str, body: bytes) -> dict[str, str]:
        now, nonce = str(int(time.time())), secrets.token_hex(16)
        digest = sha256(body).hexdigest()
        lines = ["silo-v1", self.key, self.caller, self.target, method, now, nonce, digest]
        signature = hmac.new(self.secret.encode(), "\n".join(lines).encode(), "sha256").hexdigest()
        return dict(zip(ENTRIES, (self.key, self.caller, self.target, now, nonce, signature), strict=True))


class Stranger:
    """Calls one silo."""

    def __init__(self, name: str, *, address: str, keys: str) -> None:
        """Args:
        name: of the silo.
        address: ``host:port`` of its gRPC.
        keys: ``peer/id:secret[,…]`` as the silo has them; the first of a caller signs what it says.
        """
        self.name = name
        self._keys: dict[str, tuple[str, str]] = {}
        for entry in keys.split(","):
            peer, _, key = entry.partition("/")
            key_id, _, secret = key.partition(":")
            self._keys.setdefault(peer, (key_id, secret))
        self.key, self.secret = self._keys[OPERATOR]
        self._channel = grpc.insecure_channel(address)
        self._database = ProtoReflectionDescriptorDatabase(self._channel)
        self._pool = DescriptorPool(self._database)

    def close(self) -> None:
        self._channel.close()

    def methods(self) -> set[str]:
        """``package.Service/Method`` of everything that reflection lists, gRPC's own services left out."""
        services = [name for name in self._database.get_services() if not name.startswith("grpc.")]
        return {f"{name}/{method.name}" for name in services for method in self._pool.FindServiceByName(name).methods}

    def call(
        self,
        method: str,
        request: Mapping[str, Any],
        *,
        caller: str = OPERATOR,
        token: str = "",
        timeout_seconds: float = 20,
        entries: Mapping[str, str] | None = None,
    ) -> Answer:
        """Calls ``package.Service/Method``.

        Args:
            method: what to call.
            request: as JSON.
            caller: as whom it signs.
            token: the consistency token to send along; empty for none.
            timeout_seconds: the deadline.
            entries: replace those of the signature; an empty one leaves it out.
        """
        described = self._describe(method)
        body = self.serialize(method, request)
        signed = Signature(*self._keys[caller], caller, self.name).sign(f"/{method}", body)
        sent = {**signed, **(entries or {}), CONSISTENCY_TOKEN: token}
        metadata = tuple((key, value) for key, value in sent.items() if value)
        stub = self._channel.unary_unary(
            f"/{method}",
            request_serializer=lambda serialized: serialized,
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        try:
            answer, ended = stub.with_call(body, timeout=timeout_seconds, metadata=metadata)
        except grpc.RpcError as error:
            return _refusal(error)
        return Answer(json=self._as_json(answer), token=_trailers(ended).get(CONSISTENCY_TOKEN, ""))

    def serialize(self, method: str, request: Mapping[str, Any]) -> bytes:
        """The request as it is sent."""
        message = GetMessageClass(self._describe(method).input_type)()
        json_format.ParseDict(dict(request), message, descriptor_pool=self._pool)
        return message.SerializeToString()

    def _describe(self, method: str) -> MethodDescriptor:
        service, _, name = method.partition("/")
        return self._pool.FindServiceByName(service).methods_by_name[name]

    def _as_json(self, answer: Any) -> Mapping[str, Any]:
        return json_format.MessageToDict(
            answer,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            unquote_int64_if_possible=True,
            descriptor_pool=self._pool,
        )


def _refusal(error: grpc.RpcError) -> Answer:
    call = cast("grpc.Call", error)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = status_pb2.Status.FromString(_trailers(call).get("grpc-status-details-bin", b""))
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    fields = [violation.field for violation in bad.field_violations]
    return Answer(code=call.code().name, reason=info.reason, fields=fields)


def _trailers(call: grpc.Call) -> dict[str, Any]:
    return dict(call.trailing_metadata() or ())
