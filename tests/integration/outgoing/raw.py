"""A third party that does not speak HTTP properly: it sends the bytes it is given, and stops when told."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

PATIENCE_SECONDS = 20


@contextlib.contextmanager
def raw_server(speak: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """``host:port`` of a server that reads a request's head and then speaks; the event is set when the test is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads: list[threading.Thread] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while not over.is_set():
                    connection, _ = listening.accept()
                    threads.append(threading.Thread(target=_serve, args=(connection, speak, over), daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
    for thread in [accepting, *threads]:
        thread.join(PATIENCE_SECONDS)


def drip(connection: socket.socket, over: threading.Event) -> None:
    """One byte at a time, for ever: each in time, all of them never."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.01):
        connection.sendall(b"x")


def say(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """These bytes, and the end of the connection."""
    return lambda connection, over: connection.sendall(data)


def say_nothing(connection: socket.socket, over: threading.Event) -> None:
    over.wait(PATIENCE_SECONDS)


def _serve(
    connection: socket.socket, speak: Callable[[socket.socket, threading.Event], None], over: threading.Event
) -> None:
    with connection, contextlib.suppress(OSError):
        connection.recv(65536)
        speak(connection, over)
