"""Whether the connection of a channel was cut: the silo at its other end may have been restarted since."""

import threading

import grpc

from shared.rpc.aliases import Channel


class Connection:
    """Watches a channel from ``start`` to ``stop``."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._was_there = False
        self._was_cut = threading.Event()

    def start(self) -> None:
        self._channel.subscribe(self._note)

    def stop(self) -> None:
        self._channel.unsubscribe(self._note)

    @property
    def was_cut(self) -> bool:
        """Whether it was cut since the last ``forget``."""
        return self._was_cut.is_set()

    def forget(self) -> None:
        """Whatever is cut from now on is another cut."""
        self._was_cut.clear()

    def remember(self) -> None:
        """Takes the last ``forget`` back: nothing came of it."""
        self._was_cut.set()

    def _note(self, state: grpc.ChannelConnectivity) -> None:
        if state is grpc.ChannelConnectivity.READY:
            self._was_there = True
        elif self._was_there:
            self._was_there = False
            self._was_cut.set()
