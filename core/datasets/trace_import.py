"""Loads a trace in batches, each committed together with the place that it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from core.database.django_bridge import retry_on_deadlock
from core.database.error_text import text_without_values
from core.datasets.bulk_load import load, tidy
from core.datasets.dataset_rows import TYPES, DatasetRows
from core.datasets.replay import EMAIL_DOMAIN, Replay
from core.datasets.trace import (
    BadLine,
    TraceContent,
    TraceEvent,
    check_form,
    read_content,
    read_events,
)
from interactions.models import TraceImport

LINES_A_BATCH = 10_000
COUNTED = {
    "users": "people",
    "posts": "posts",
    "shares": "shares",
    "comments": "comments",
    "follows": "follows",
}
KNOWN_PEOPLE = (
    "SELECT username, id FROM users WHERE username ~ '^u[0-9]{1,12}$' AND email = username || %s"
)


class ImportInterrupted(Exception):
    """The import can't go on; what has been loaded stays, and another run goes on from there."""


class Imported(NamedTuple):
    """What an import has left, all its runs together."""

    record: TraceImport
    already_finished: bool


class Progress(NamedTuple):
    """Whom the import tells how it goes."""

    begins: Callable[[int, int], None]
    """With the number of lines and of those that an earlier run has loaded."""
    advances: Callable[[int], None]
    """With the number of lines since the last call."""
    skips: Callable[[BadLine], None]


def import_trace(path: Path, progress: Progress) -> Imported:
    """What the trace has become, after loading what earlier runs have not.

    DatasetRows, counts and the place that is reached are committed together, batch by batch. After a kill
    the next run plays the trace from its start, which gives the same rows, and loads from there on.

    Errors: TraceUnreadable, ImportInterrupted.
    """
    check_form(path)
    content = read_content(path)
    try:
        return _import(path, content, progress)
    except (OperationalError, InterfaceError) as error:
        raise ImportInterrupted(
            f"The database stopped the import: {text_without_values(error)}"
        ) from error


def _import(path: Path, content: TraceContent, progress: Progress) -> Imported:
    record, _ = TraceImport.objects.get_or_create(digest=content.digest)
    record.refresh_from_db()  # What the database has filled in.
    if record.finished_at is not None:
        return Imported(record, already_finished=True)
    progress.begins(content.lines, record.lines)
    replay = Replay(import_number=record.pk, known=_known_people())
    place = bad_lines = 0
    for batch in _batches(read_events(path, until=record.started_at)):
        place += len(batch)
        for line in batch:
            if isinstance(line, BadLine):
                bad_lines += 1
                progress.skips(line)
            else:
                replay.play(line)
        rows = replay.take_rows()
        if place > record.lines:
            _load_batch(record, rows, place)
        progress.advances(len(batch))
    tidy()
    TraceImport.objects.filter(pk=record.pk).update(finished_at=timezone.now(), bad_lines=bad_lines)
    record.refresh_from_db()
    return Imported(record, already_finished=False)


def _batches(lines: Iterator[TraceEvent | BadLine]) -> Iterator[list[TraceEvent | BadLine]]:
    while batch := list(islice(lines, LINES_A_BATCH)):
        yield batch


def _known_people() -> dict[int, int]:
    """Keys of those whom earlier imports, or earlier runs of this one, have brought."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_PEOPLE, [f"@{EMAIL_DOMAIN}"])
        return {int(username[1:]): key for username, key in cursor.fetchall()}


def _load_batch(record: TraceImport, rows: DatasetRows, place: int) -> None:
    """Loads the rows and moves the record on, both or neither."""

    def change() -> None:
        ours = TraceImport.objects.filter(pk=record.pk, lines=record.lines)
        # First of all, so that another run of the same import waits here and then gives up.
        if not ours.update(lines=place):
            raise ImportInterrupted("Another run is importing this trace. Let it finish.")
        gained = load(rows)
        brought = sum(len(getattr(rows, table)) for table in TYPES)
        counts = {column: F(column) + gained[table] for table, column in COUNTED.items()}
        TraceImport.objects.filter(pk=record.pk).update(
            **counts, left_out=F("left_out") + brought - sum(gained.values())
        )

    retry_on_deadlock(change)
    record.lines = place
