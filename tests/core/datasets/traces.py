"""Traces to import, and the expected rows."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

from django.db import connection
from psycopg2 import sql

from core.datasets.reconcile import COUNTS, compare
from core.datasets.trace import TraceEvent

START = 1_341_100_972
# All columns but the inserting transaction.
CHECKSUM = sql.SQL(
    "SELECT coalesce(sum(hashtextextended((to_jsonb(t) - 'transaction')::text, 0)), 0) FROM {} t"
)


class Expected(NamedTuple):
    """The numbers of rows that a trace must give."""

    users: int
    follows: int
    mentions: int
    shares: int
    comments: int


def random_trace(lines: int, *, users: int = 200, seed: int = 1) -> list[TraceEvent]:
    """A trace with skew, bursts and self-mentions. Order: time."""
    chance = Random(seed)
    second = START
    events = []
    for _ in range(lines):
        second += chance.choice((0, 0, 0, 1, 7))
        actor, target = (int(users * chance.random() ** 3) + 1 for _ in range(2))
        kind = chance.choices((b"RT", b"RE", b"MT"), (63, 7, 30))[0]
        events.append(TraceEvent(actor, target, second, kind))
    return events


def write_trace(path: Path, events: Iterable[TraceEvent], *, extra: bytes = b"") -> Path:
    """The events as a file, compressed if its name ends in `.gz`."""
    lines = (b"%d %d %d %s\n" % event for event in events)
    content = b"".join(lines) + extra
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def expected_of(events: Iterable[TraceEvent]) -> Expected:
    events = list(events)
    kinds = [event.kind for event in events]
    return Expected(
        users=len({user for event in events for user in event[:2]}),
        follows=len({event[:2] for event in events if event.actor != event.target}),
        mentions=kinds.count(b"MT"),
        shares=kinds.count(b"RT"),
        comments=kinds.count(b"RE"),
    )


def imported() -> Expected:
    """The numbers of rows in the tables."""
    return Expected(
        users=count("users"),
        follows=count("follows"),
        mentions=count("posts WHERE text LIKE '@u%'"),
        shares=count("shares"),
        comments=count("comments"),
    )


def count(of: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(of)))
        found: int = cursor.fetchone()[0]
    return found


def fingerprint() -> dict[str, int]:
    """A checksum of each table."""
    return {
        table: _checksum(table) for table in ("users", "posts", "comments", "shares", "follows")
    }


def _checksum(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(CHECKSUM.format(sql.Identifier(table)))
        return int(cursor.fetchone()[0])


def assert_counts_are_right() -> None:
    assert {str(one): list(compare(one).wrong) for one in COUNTS} == {
        str(one): [] for one in COUNTS
    }
