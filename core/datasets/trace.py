"""Traces of interactions: lines `actor target unix_seconds kind`, as plain text or gzip."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from core.database.time_ordered_keys import EPOCH_MS

KINDS = {b"RT", b"RE", b"MT"}
HIGHEST_USER = 999_999_999_999
EARLIEST = EPOCH_MS // 1000
LINE_LENGTH = 200
GZIP_START = b"\x1f\x8b"
READ_AT_ONCE = 1 << 20
LINES_CHECKED = 1_000
EXPECTED = (
    "Name a trace, plain or gzip, with lines such as `12 34 1341100972 RT` (docs/data.md), "
    "as SNAP's higgs-activity_time.txt.gz."
)


class TraceUnreadable(Exception):
    """The file can't be read completely; the message says why."""


class TraceEvent(NamedTuple):
    """The actor shared a post of the target (RT), commented on one (RE) or mentioned the target (MT)."""

    actor: int
    target: int
    second: int
    kind: bytes


class BadLine(NamedTuple):
    """A line that is not a valid event, and the reason."""

    number: int
    reason: str


class TraceContent(NamedTuple):
    """Identifies a trace whatever its file name and compression."""

    digest: bytes
    lines: int


def check_form(path: Path) -> None:
    """Checks the first lines. Errors: TraceUnreadable for a file without an event among them."""
    start = list(islice(read_events(path, until=datetime.now(UTC)), LINES_CHECKED))
    if start and all(isinstance(line, BadLine) for line in start):
        first = cast("BadLine", start[0])
        raise TraceUnreadable(
            f"{path} is not a trace: none of its first {len(start):,} lines is an event. "
            f"Line 1: {first.reason}."
        )


def read_content(path: Path) -> TraceContent:
    """The digest and the number of lines; reads the whole file. Errors: TraceUnreadable."""
    digest = hashlib.sha256()
    lines = 0
    last = b"\n"
    with _opened(path) as file:
        while chunk := _read(file, path):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return TraceContent(digest.digest(), lines + (last != b"\n"))


def read_events(path: Path, *, until: datetime) -> Iterator[TraceEvent | BadLine]:
    """One item a line. Times after `until` are invalid. Errors: TraceUnreadable."""
    latest = int(until.timestamp())
    number = 0
    with _opened(path) as file:
        while line := _read_line(file, path):
            number += 1
            yield _parse(line, number, latest)


def _parse(line: bytes, number: int, latest: int) -> TraceEvent | BadLine:
    fields = line.split()
    if len(line) > LINE_LENGTH:
        wrong = f"longer than {LINE_LENGTH} bytes"
    elif not line.isascii():
        wrong = "not plain ASCII text"
    elif len(fields) != 4:
        wrong = f"{len(fields)} fields instead of 4: actor target unix_seconds kind"
    elif fields[3] not in KINDS:
        wrong = "unknown kind: it is RT, RE or MT"
    elif not all(map(bytes.isdigit, fields[:3])):
        wrong = "actor, target and time must be whole numbers"
    else:
        actor, target, second = map(int, fields[:3])
        if not (1 <= actor <= HIGHEST_USER and 1 <= target <= HIGHEST_USER):
            wrong = f"users have numbers from 1 to {HIGHEST_USER}"
        elif not EARLIEST <= second <= latest:
            wrong = f"the time is not between {_date(EARLIEST)} and {_date(latest)}"
        else:
            return TraceEvent(actor, target, second, fields[3])
    return BadLine(number, wrong)


def _date(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).date().isoformat()


def _opened(path: Path) -> BinaryIO:
    try:
        if not path.is_file():
            raise TraceUnreadable(f"{path} is not a file. {EXPECTED}")
        with path.open("rb") as file:
            compressed = file.read(2) == GZIP_START
        return cast("BinaryIO", gzip.open(path)) if compressed else path.open("rb")
    except (OSError, ValueError) as error:
        raise TraceUnreadable(f"{path} can't be opened: {error}") from error


def _read(file: BinaryIO, path: Path) -> bytes:
    try:
        return file.read(READ_AT_ONCE)
    except (OSError, EOFError, zlib.error) as error:
        raise TraceUnreadable(f"{path} is damaged or cut short: {error}") from error


def _read_line(file: BinaryIO, path: Path) -> bytes:
    """The next line, empty at the end; of a line that is too long only a part."""
    try:
        line = rest = file.readline(LINE_LENGTH + 2)
        while len(rest) == LINE_LENGTH + 2 and not rest.endswith(b"\n"):
            rest = file.readline(LINE_LENGTH + 2)
    except (OSError, EOFError, zlib.error) as error:
        raise TraceUnreadable(f"{path} is damaged or cut short: {error}") from error
    return line
