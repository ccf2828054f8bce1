"""The processes that play a simulation's seeds, and what each seed came to, as it comes in."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Any

from shared.errors import SiloError
from shared.simulation.folder import open_folder

MODULE = "simulator"
"""Started and never imported here: it knows both silos."""
_END_SECONDS = 5.0
"""How long a player may take to put its things away."""


def play(arguments: Sequence[str], seeds: range, *, jobs: int) -> Iterator[dict[str, Any]]:
    """What each seed came to, in the order in which they end; the last one when one breaks the contract.

    Args:
        arguments: of each process, but for its seeds.
        seeds: all of them.
        jobs: how many processes share them.

    Raises:
        SiloError: a process failed.
    """
    jobs = min(jobs, len(seeds))
    told: queue.Queue[str | None] = queue.Queue()
    # In one folder of this process, so that nothing is left of a player that is killed.
    with open_folder() as folder, contextlib.ExitStack() as ending:
        players = []
        for number in range(jobs):
            player = _start([*arguments, "--folder", str(folder), *_share(seeds, number, jobs)])
            ending.callback(_end, player)
            players.append(player)
            assert player.stdout is not None  # noqa: S101 - it is a pipe
            threading.Thread(target=_pass_on, args=(player.stdout, told), daemon=True).start()
        yield from _collect(told, jobs)
        for player in players:
            if player.wait():
                raise SiloError("The simulator failed; what it says stands above.")


def _end(player: "subprocess.Popen[str]") -> None:
    player.terminate()
    try:
        player.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        player.kill()
        player.wait()


def _share(seeds: range, number: int, jobs: int) -> list[str]:
    """Every so manieth seed, so that all players are as far at any time."""
    return ["--first", str(seeds[number]), "--last", str(seeds[-1]), "--every", str(jobs)]


def _start(arguments: Sequence[str]) -> "subprocess.Popen[str]":
    # Sets of words are gone through in an order that hangs on this, and a seed shall tell one story everywhere.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}  # noqa: TID251 - handed on as it is, not read
    command = [sys.executable, "-P", "-m", MODULE, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment)


def _pass_on(lines: IO[str], told: "queue.Queue[str | None]") -> None:
    for line in lines:
        told.put(line)
    told.put(None)


def _collect(told: "queue.Queue[str | None]", players: int) -> Iterator[dict[str, Any]]:
    while players:
        line = told.get()
        if line is None:
            players -= 1
            continue
        played: dict[str, Any] = json.loads(line)
        yield played
        if played["broken"]:
            return
