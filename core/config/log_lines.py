"""The format of log lines: no values from the database, and one short line for a refused request."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

import orjson

from core.database.error_text import chained, text_without_details, text_without_values
from core.jobs.causes import current_cause

BAD_REQUESTS = "django.security"
MAX_QUOTED_LENGTH = 200
MAX_LENGTH = 16_000
"""Characters of a record with its traceback. What is longer loses its middle: an error's message is at the end."""


class LineFormatter(logging.Formatter):
    """Time, level, logger, message and traceback, bounded, and without the values that PostgreSQL's errors quote."""

    def __init__(self, form: str = "{asctime} {levelname} {name}: {message}") -> None:
        super().__init__(form, style="{")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.exc_info:
            for error in chained(record.exc_info[1]):
                original, safe = str(error).strip(), text_without_values(error)
                if original != safe:
                    # The traceback of an ExceptionGroup indents each line with a margin.
                    pattern = r"\n[ |]*".join(map(re.escape, original.split("\n")))
                    text = re.sub(pattern, safe.replace("\\", r"\\"), text)
        return _bounded(text_without_details(text))


def _bounded(text: str) -> str:
    if len(text) <= MAX_LENGTH:
        return text
    half = MAX_LENGTH // 2
    return f"{text[:half]} … {len(text) - 2 * half:,} characters … {text[-half:]}"


class JSONFormatter(LineFormatter):
    """The same as a JSON object in one line, with the request or event that caused it."""

    def __init__(self) -> None:
        super().__init__("{message}")

    def format(self, record: logging.LogRecord) -> str:
        # A surrogate, as of a header's bytes, has no UTF-8.
        text = super().format(record).encode(errors="replace").decode()
        message, _, traceback = text.partition("\n") if record.exc_info else (text, "", "")
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        cause = current_cause()
        if cause is not None:
            kind, _, id = cause.partition(" ")
            fields[kind] = id
        if traceback:
            fields["traceback"] = traceback
        return orjson.dumps(fields, option=orjson.OPT_UTC_Z).decode()


def tidy_arguments(record: logging.LogRecord) -> bool:
    """A logging filter that passes every record, and removes values from errors among its arguments.

    Django's records of refused requests lose their traceback and get one common message, so that
    RepetitionHandler counts them together.
    """
    if record.name.startswith(BAD_REQUESTS):
        line = " ".join(record.getMessage().split())
        shown = line if len(line) <= MAX_QUOTED_LENGTH else f"{line[:MAX_QUOTED_LENGTH]}…"
        record.msg, record.args = "Request refused: %s", (shown,)
        record.exc_info = record.exc_text = None
    elif isinstance(record.args, tuple):
        record.args = tuple(
            # A timeout has no text.
            (text_without_values(one) or type(one).__name__)
            if isinstance(one, BaseException)
            else one
            for one in record.args
        )
    return True
