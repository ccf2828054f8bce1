"""A name server of a test's own: one name, whose address changes when the test says so."""

import socket
import struct
import threading

_ADDRESS = 1
"""The type of a question for an IPv4 address."""


class NameServer:
    """Answers every question for an address with the same one."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while True:
            question, asker = self._socket.recvfrom(2048)
            if not question:  # closed
                return
            self._socket.sendto(self._answer(question), asker)

    def _answer(self, question: bytes) -> bytes:
        end = question.index(b"\0", 12) + 5  # a header, the name, its type and class
        (kind,) = struct.unpack(">H", question[end - 4 : end - 2])
        known = kind == _ADDRESS
        answer = b"\xc0\x0c" + struct.pack(">HHIH", _ADDRESS, 1, 0, 4) + socket.inet_aton(self.address)
        head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, known, 0, 0)
        return head + question[12:end] + (answer if known else b"")
