"""Imports a trace in batches, each committed together with the import's progress."""

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
from core.datasets.bulk_load import load, notifications_load, vacuum
from core.datasets.dataset_rows import TABLES, DatasetRows
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
KNOWN_USERS = (
    "SELECT username, id FROM users WHERE username ~ '^u[0-9]{1,12}$' AND email = username || %s"
)


class ImportInterrupted(Exception):
    """The import has stopped. Committed batches stay, and the next run resumes after them."""


class Imported(NamedTuple):
    """The record of an import, over all its runs."""

    record: TraceImport
    already_finished: bool


class Progress(NamedTuple):
    """Callbacks for the progress of an import."""

    begins: Callable[[int, int], None]
    """Called with the number of lines, and of those loaded by earlier runs."""
    advances: Callable[[int], None]
    """Called with the number of lines since the last call."""
    skips: Callable[[BadLine], None]


def import_trace(path: Path, progress: Progress) -> Imported:
    """Imports the lines that earlier runs have not, and gives the record of the import.

    Rows, counts and progress are committed together, batch by batch. After a kill the next run replays
    the trace from its start, which gives the same rows, and loads those after the committed ones.

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
    record.refresh_from_db()  # Defaults of the database.
    if record.finished_at is not None:
        return Imported(record, already_finished=True)
    progress.begins(content.lines, record.lines)
    replay = Replay(import_number=record.pk, known=_known_users())
    line_number = bad_lines = 0
    for batch in _batches(read_events(path, until=record.started_at)):
        line_number += len(batch)
        for line in batch:
            if isinstance(line, BadLine):
                bad_lines += 1
                progress.skips(line)
            else:
                replay.play(line)
        rows = replay.take_rows()
        if line_number > record.lines:
            _load_batch(record, rows, line_number)
        progress.advances(len(batch))
    notifications_load()
    vacuum()
    TraceImport.objects.filter(pk=record.pk).update(finished_at=timezone.now(), bad_lines=bad_lines)
    record.refresh_from_db()
    return Imported(record, already_finished=False)


def _batches(lines: Iterator[TraceEvent | BadLine]) -> Iterator[list[TraceEvent | BadLine]]:
    while batch := list(islice(lines, LINES_A_BATCH)):
        yield batch


def _known_users() -> dict[int, int]:
    """Keys of the users inserted by earlier imports and earlier runs of this one, by number."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_USERS, [f"@{EMAIL_DOMAIN}"])
        return {int(username[1:]): key for username, key in cursor.fetchall()}


def _load_batch(record: TraceImport, rows: DatasetRows, line_number: int) -> None:
    """Loads the rows and updates the record in one transaction."""

    def change() -> None:
        ours = TraceImport.objects.filter(pk=record.pk, lines=record.lines)
        # First, so that a concurrent run of the same import waits here and then stops.
        if not ours.update(lines=line_number):
            raise ImportInterrupted(
                "Another run is importing this trace. Wait until it has finished."
            )
        inserted = load(rows)
        total = sum(len(getattr(rows, table)) for table in TABLES)
        counts = {column: F(column) + inserted[table] for table, column in COUNTED.items()}
        TraceImport.objects.filter(pk=record.pk).update(
            **counts, left_out=F("left_out") + total - sum(inserted.values())
        )

    retry_on_deadlock(change)
    record.lines = line_number
