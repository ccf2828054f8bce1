"""Strangers in a process of their own: ``python -m tests.benchmarks.crowd KIND HTTP GRPC``, until it is ended.

None of them has a key or an account. Each begins anew whenever it is sent away.
"""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

ASK = b"GET /api/0/sentry-apps/ HTTP/1.1\r\nhost: a\r\n\r\n"
HALF = b"GET /api/0/sentry-apps/ HTTP/1.1\r\nhost: a\r\n"
BODY_BYTES = 64 * 1024
POST = b"POST /api/0/sentry-apps/ HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % BODY_BYTES
JUNK_BYTES_PER_SECOND = 1_000_000
SPREAD_SECONDS = 4.0
SENDERS = 8
"""Who share what is sent a second."""

Stranger = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Crowd:
    """Many who do the same."""

    what: str
    number: int
    stranger: Stranger
    port: str = "http"


async def _ask_again_and_again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(ASK)
        await _answer(reader)


async def _ask_now_and_then(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(ASK)
        await _answer(reader)
        await asyncio.sleep(SPREAD_SECONDS)


async def _say_half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HALF)
    await reader.read()


async def _send_bodies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = os.urandom(BODY_BYTES)
    while True:
        writer.write(POST + body)
        await writer.drain()
        await _answer(reader)
        await asyncio.sleep(SENDERS * BODY_BYTES / JUNK_BYTES_PER_SECOND)


async def _send_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(os.urandom(BODY_BYTES))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SENDERS * BODY_BYTES / JUNK_BYTES_PER_SECOND):
            await reader.read()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))


CROWDS: Mapping[str, Crowd] = {
    "one": Crowd("a stranger who asks as fast as one connection answers", 1, _ask_again_and_again),
    "half": Crowd("500 connections with half a request", 500, _say_half),
    "loud": Crowd("500 connections that ask again and again", 500, _ask_again_and_again),
    "many": Crowd("500 connections that ask every 4 s", 500, _ask_now_and_then),
    "bodies": Crowd("1 MB/s of bodies", SENDERS, _send_bodies),
    "nonsense": Crowd("1 MB/s that is no HTTP", SENDERS, _send_nonsense),
    "grpc": Crowd("1 MB/s that is no HTTP/2, at gRPC", SENDERS, _send_nonsense, port="grpc"),
}


async def _come_again_and_again(crowd: Crowd, address: str) -> None:
    host, _, port = address.rpartition(":")
    await asyncio.sleep(random.uniform(0, SPREAD_SECONDS))
    while True:
        with contextlib.suppress(OSError, EOFError):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                await crowd.stranger(reader, writer)
            finally:
                writer.close()
        await asyncio.sleep(0.05)


async def _gather(crowd: Crowd, address: str) -> None:
    await asyncio.gather(*(_come_again_and_again(crowd, address) for _ in range(crowd.number)))


if __name__ == "__main__":
    kind, http, grpc = sys.argv[1:]
    asyncio.run(_gather(CROWDS[kind], grpc if CROWDS[kind].port == "grpc" else http))
