"""A network that fails as real ones do: a proxy before a server, which a test lets fall silent or lose the server."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_CHUNK = 65_536


class Proxy:
    """Carries connections to a server on this machine."""

    def __init__(self, dial: Callable[[], socket.socket]) -> None:
        """Args:
        dial: connects to the server.
        """
        self._dial = dial
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._servers: list[socket.socket] = []
        self._lost: set[socket.socket] = set()
        self._speaks = threading.Event()
        self._speaks.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """Takes everything, new connections too, and passes nothing on."""
        self._speaks.clear()

    def speak(self) -> None:
        """Passes on everything again, and what was held back."""
        self._speaks.set()

    def lose_the_server(self) -> None:
        """Ends the server's side of every connection, and leaves its client's side open; new ones are carried."""
        self._lost.update(self._servers)
        for server in self._servers:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in (*self._clients, *self._servers):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._speaks.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        self._speaks.wait()
        with self._dial() as server, client:
            self._servers.append(server)
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()
            if server in self._lost:
                with suppress(OSError):
                    while client.recv(_CHUNK):  # acknowledged, and read by nobody
                        pass

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._speaks.wait()
                sink.sendall(data)
        if source not in self._lost and sink not in self._lost:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxied(database_url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy before a PostgreSQL server that listens on a socket of the file system, and the URL through it."""
    parts = urlsplit(database_url)
    folder = parse_qs(parts.query)["host"][0]

    def dial() -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(next(Path(folder).glob(".s.PGSQL.????"))))
        return server

    proxy = Proxy(dial)
    try:
        yield proxy, f"postgresql://{parts.username}:@127.0.0.1:{proxy.port}{parts.path}"
    finally:
        proxy.close()
