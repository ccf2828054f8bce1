"""A child process that watches a table and prints when each new version of a row became visible.

Usage: python -m tests.benchmarks.observer URL TABLE; prints ``id version unix-seconds`` per change seen, until killed.
"""

import sys
import time

from shared.database.connect import connect

POLL_SECONDS = 0.0005


def main() -> None:
    """Watches until the pipe closes."""
    database, table = connect(sys.argv[1]), sys.argv[2]
    seen: dict[int, int] = {}
    print("ready", flush=True)
    while True:
        with database.session():
            rows = database.rows(f"SELECT id, version FROM {table}")
        now = time.time()
        lines = [f"{key} {version} {now}" for key, version in rows if seen.get(key, -1) < version]
        seen.update(dict(rows))
        if lines:
            print("\n".join(lines), flush=True)
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
