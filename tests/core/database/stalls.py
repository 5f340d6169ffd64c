"""Stalls a PostgreSQL server: all its processes are stopped for a while."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.devserver.postgres import Postgres

IDLE_IN_TRANSACTION = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@contextmanager
def stalled(postgres: Postgres) -> Iterator[None]:
    """Stops the server and its children within the block; connections are neither refused nor closed."""
    # The server first, so that it starts no more children.
    server = postgres.process.pid
    stopped = [server]
    os.kill(server, signal.SIGSTOP)
    try:
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for child in map(int, children):
            os.kill(child, signal.SIGSTOP)
            stopped.append(child)
        yield
    finally:
        for process in reversed(stopped):
            os.kill(process, signal.SIGCONT)
