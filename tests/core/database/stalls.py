"""A PostgreSQL that stands still for a while, with all its processes."""

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
def standing_still(postgres: Postgres) -> Iterator[None]:
    """The server and its children are stopped meanwhile; no connection is refused or cut."""
    # The server first, so that it has no new children.
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
