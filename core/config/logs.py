"""Logging of all processes: lines to standard error; repeated records become one line a second, with their count."""

from __future__ import annotations

import asyncio
import logging
import logging.config
import time
from dataclasses import dataclass
from typing import Any, TextIO

from core.config.log_lines import JSONFormatter, LineFormatter, tidy_arguments

INTERVAL_SECONDS = 1.0
MAX_KINDS = 1_000
PACKAGES = ("core", "feed", "interactions")
"""The project's own."""

Kind = tuple[object, ...]
"""The key under which repeated records are counted together: see `kind_of`."""


@dataclass(slots=True)
class Repetition:
    """The records of one kind that followed the logged one within the interval."""

    ends_at: float
    count: int = 0
    last: logging.LogRecord | None = None


class RepetitionHandler(logging.StreamHandler[TextIO]):
    """Logs one warning or error of each kind per interval, and their count.

    The first record is logged in full. The last of those that follow within the interval is logged at its end,
    with their count and without its traceback. So a fault that every request meets, such as a full disk or an
    unreachable database, does not fill the log.
    """

    def __init__(
        self, stream: TextIO | None = None, *, interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        super().__init__(stream)
        self._interval_seconds = interval_seconds
        self._repetitions: dict[Kind, Repetition] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Logs the record or counts it. Locks: `logging` holds the handler's lock."""
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        now = time.monotonic()
        kind = kind_of(record)
        repetition = self._repetitions.get(kind)
        if repetition is not None and now >= repetition.ends_at:
            # Without an event loop no timer ended it.
            repetition = self._end(kind)
        if repetition is not None:
            repetition.count += 1
            repetition.last = _line(record)
            return
        if len(self._repetitions) >= MAX_KINDS:
            self._end_all()
        self._begin(kind)
        super().emit(record)

    def close(self) -> None:
        """Logs the counts that are still open."""
        self.acquire()
        try:
            self._end_all()
        finally:
            self.release()
        super().close()

    def _begin(self, kind: Kind) -> Repetition:
        repetition = Repetition(time.monotonic() + self._interval_seconds)
        self._repetitions[kind] = repetition
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            loop.call_later(self._interval_seconds, self._interval_ends, kind, repetition)
        return repetition

    def _interval_ends(self, kind: Kind, repetition: Repetition) -> None:
        self.acquire()
        try:
            if self._repetitions.get(kind) is repetition:
                self._end(kind)
        finally:
            self.release()

    def _end(self, kind: Kind) -> Repetition | None:
        """Logs the count and begins the next interval; None if there was nothing to log."""
        repetition = self._repetitions.pop(kind)
        if repetition.last is None:
            return None
        repetition.last.msg += f" ({repetition.count} more within {self._interval_seconds:g} s)"
        super().emit(repetition.last)
        return self._begin(kind)

    def _end_all(self) -> None:
        for kind in list(self._repetitions):
            self._end(kind)
        self._repetitions.clear()


def kind_of(record: logging.LogRecord) -> Kind:
    """The record's logger and level, with its error's type and source line, or with its unformatted message."""
    error, traceback = record.exc_info[1:] if record.exc_info else (None, None)
    if error is None:
        return record.name, record.levelno, str(record.msg)
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    source_line = (traceback.tb_frame.f_code, traceback.tb_lineno) if traceback else None
    return record.name, record.levelno, type(error), source_line


def _line(record: logging.LogRecord) -> logging.LogRecord:
    """A copy of the record as one line, without references to arguments and frames."""
    fields: dict[str, Any] = {**record.__dict__, "args": None, "exc_info": None}
    fields |= {"exc_text": None, "stack_info": None, "msg": record.getMessage()}
    if record.exc_info and record.exc_info[0] is not None:
        fields["msg"] += f": {record.exc_info[0].__name__}"
    return logging.makeLogRecord(fields)


def is_for_operators(record: logging.LogRecord) -> bool:
    """A logging filter that leaves out what libraries log at DEBUG: headers, signatures and messages, with the tokens
    in them.
    """
    return record.levelno >= logging.INFO or record.name.partition(".")[0] in PACKAGES


def configure_logging(level: str, form: str) -> None:
    """Logs lines of this level and above to standard error, of libraries those of INFO and above.

    `form`: JSON or TEXT.
    """
    formatter = JSONFormatter if form == "JSON" else LineFormatter
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "filters": {
                "libraries": {"()": lambda: is_for_operators},
                "tidy": {"()": lambda: tidy_arguments},
            },
            "handlers": {
                "console": {
                    "()": RepetitionHandler,
                    "formatter": "line",
                    "filters": ["libraries", "tidy"],
                }
            },
            "root": {"handlers": ["console"], "level": level},
        }
    )
    logging.captureWarnings(capture=True)  # Else Python writes them as text among the JSON lines.
