"""PgBouncer before a PostgreSQL server, as tests run it; they are skipped where there is none."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.proxy import proxied

FETCHED = Path(sys.prefix) / "pgbouncer"
"""Where ``make pooler`` lays what Debian has."""
WANTING = "PgBouncer is not here: `apt-get install pgbouncer`, or, without installing anything, `make pooler`"
_SETTINGS = """
[databases]
silo = host=127.0.0.1 port={server_port} dbname={name} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
{more}
"""


@contextlib.contextmanager
def pooled(database_url: str, *, mode: str, more: str = "") -> Iterator[str]:
    """The URL of a database through PgBouncer.

    Args:
        database_url: of the database itself.
        mode: ``session`` or ``transaction``.
        more: further settings, a line each.
    """
    program = _find()
    with proxied(database_url) as (_, url), tempfile.TemporaryDirectory(prefix="silo-pooler-") as folder:
        server = psycopg.conninfo.conninfo_to_dict(url)
        port, settings = _free_port(), Path(folder) / "pgbouncer.ini"
        if os.geteuid() == 0:
            more += "\nuser = nobody"  # it refuses to run as root
        values = {"server_port": server["port"], "name": server["dbname"], "port": port, "mode": mode, "more": more}
        settings.write_text(_SETTINGS.format_map(values))
        with subprocess.Popen([*program, "-q", settings], stderr=subprocess.PIPE) as process:
            try:
                _await(port, process)
                yield f"postgresql://postgres@127.0.0.1:{port}/silo"
            finally:
                process.terminate()


def _find() -> list[str]:
    """How it is called."""
    installed = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if installed:
        return [installed]
    fetched = FETCHED / "usr/sbin/pgbouncer"
    if not fetched.exists():
        pytest.skip(WANTING)
    libraries = ":".join(map(str, (FETCHED / "usr/lib").glob("*-linux-gnu*")))
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(fetched)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Returns when it listens."""
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
    assert process.stderr
    pytest.fail(process.stderr.read().decode())
