"""The numbers of the transport: message size, keepalive, reconnection.

Owns the gRPC channel arguments of both ends, each with its reason. Refuses to know calls and services.
"""

from typing import Final

from shared.descriptors import share_of_descriptors

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""Largest serialized message, both ways, on every transport; a larger one fails as RESOURCE_EXHAUSTED."""

MAX_METADATA_BYTES: Final = 128 * 1024
"""gRPC's default of 8 KiB is little where proxies add to it; an error stays below that, for clients with defaults."""

KEEPALIVE_SECONDS: Final = 12
"""A silent connection is probed this often, so that a peer that vanished without a word is noticed."""

KEEPALIVE_TIMEOUT_SECONDS: Final = 3
"""A probe unanswered for this long ends the connection."""

RECONNECT_FIRST_MS: Final = 100
"""Pause before the first attempt to reconnect; it grows from here."""

RECONNECT_MAX_MS: Final = 1_000
"""Longest pause between attempts: a silo that returns is noticed within one to two seconds."""

RESOLVE_MS: Final = 1_000
"""Between two look-ups of a name; gRPC's default of 30 s would hide a silo that came back under another address."""

CONNECT_TIMEOUT_MS: Final = 1_000
"""How long one attempt to connect may take; gRPC's default of 20 s would hide a returning silo."""

MAX_STREAMS: Final = 1_024
"""Calls that may be open on one connection; further ones wait at the caller's end."""

MAX_CONNECTIONS: Final = 1_000
"""Connections to one server, and less where the process may not open four times as many files: HTTP and the database
need some too. A further one is refused; gRPC knows no fairer way."""

HANDSHAKE_SECONDS: Final = 10
"""How long somebody may be connected without having begun to speak HTTP/2; gRPC's default is two minutes."""

IDLE_SECONDS: Final = 300
"""After so long without a call a connection is ended, whoever's it is; a peer's channel opens another for its next."""

_BOTH_ENDS = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.keepalive_time_ms", KEEPALIVE_SECONDS * 1_000),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_SECONDS * 1_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),  # no limit: an idle connection is probed as well
)

CHANNEL_OPTIONS: Final = (
    *_BOTH_ENDS,
    ("grpc.initial_reconnect_backoff_ms", RECONNECT_FIRST_MS),
    ("grpc.max_reconnect_backoff_ms", RECONNECT_MAX_MS),
    ("grpc.min_reconnect_backoff_ms", CONNECT_TIMEOUT_MS),
    ("grpc.dns_min_time_between_resolutions_ms", RESOLVE_MS),
    ("grpc.use_local_subchannel_pool", 1),  # one silo's backoff is not another's, also when they share a process
    ("grpc.enable_http_proxy", 0),  # an http_proxy meant for the web must not capture loopback
)

SERVER_OPTIONS: Final = (
    ("grpc.max_allowed_incoming_connections", share_of_descriptors(4, at_most=MAX_CONNECTIONS)),
    ("grpc.server_handshake_timeout_ms", HANDSHAKE_SECONDS * 1_000),
    ("grpc.max_connection_idle_ms", IDLE_SECONDS * 1_000),
    *_BOTH_ENDS,
    ("grpc.max_concurrent_streams", MAX_STREAMS),
    ("grpc.so_reuseport", 0),  # a port in use is an error, not a share of someone else's calls
    ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_SECONDS * 500),  # half: the probes are never too many
)
