"""What a log line may hold: no value of the database, and of a request that is refused one short line."""

from __future__ import annotations

import logging
import re

from core.database.error_text import chained, text_without_details, text_without_values

BAD_REQUESTS = "django.security"
QUOTED_LENGTH_AT_MOST = 200


class LineFormatter(logging.Formatter):
    """Time, level, logger, message and traceback, without what PostgreSQL's errors quote."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.exc_info:
            for error in chained(record.exc_info[1]):
                said, safe = str(error).strip(), text_without_values(error)
                if said != safe:
                    # Within a group each line stands behind a margin.
                    shown = r"\n[ |]*".join(map(re.escape, said.split("\n")))
                    text = re.sub(shown, safe.replace("\\", r"\\"), text)
        return text_without_details(text)


def tidy_arguments(record: logging.LogRecord) -> bool:
    """A filter that lets every record pass: errors among its arguments lose their values, and what Django
    says of a request that it refuses has no traceback and counts as one kind, whatever the client sent.
    """
    if record.name.startswith(BAD_REQUESTS):
        line = " ".join(record.getMessage().split())
        shown = line if len(line) <= QUOTED_LENGTH_AT_MOST else f"{line[:QUOTED_LENGTH_AT_MOST]}…"
        record.msg, record.args = "Request refused: %s", (shown,)
        record.exc_info = record.exc_text = None
    elif isinstance(record.args, tuple):
        record.args = tuple(
            text_without_values(one) if isinstance(one, BaseException) else one
            for one in record.args
        )
    return True
