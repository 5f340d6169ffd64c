"""Error messages of the PostgreSQL drivers without the values that they quote, for logs.

PostgreSQL quotes the values that it rejects: whole rows in DETAIL and CONTEXT, text in the message of a data
exception. asyncpg quotes arguments. None of them may reach a log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

DRIVERS = {"asyncpg", "psycopg2"}
DATA_EXCEPTION = "22"
QUOTED = re.compile(r'".*"', re.DOTALL)
ARGUMENT = re.compile(r"(invalid input for query argument \$\d+).*", re.DOTALL)
UNREADABLE = re.compile(
    r'(invalid input syntax for type [\w ]+): ".*?"(?= *(?:\(|$))', re.DOTALL | re.MULTILINE
)
DETAIL = re.compile(r"^[ |]*(DETAIL|CONTEXT|QUERY|STATEMENT|WHERE|LINE \d+): ", re.MULTILINE)
END_OF_DETAIL = re.compile(
    r"^[ |+-]*(HINT: |Traceback |During handling |The above exception |File )", re.MULTILINE
)


def text_without_values(error: BaseException) -> str:
    """The error's message without quoted values; unchanged if no PostgreSQL driver raised it."""
    text = str(error)
    driver_error = next(filter(_is_driver_error, (error, error.__cause__)), None)
    if driver_error is None:
        return text
    text = ARGUMENT.sub(r"\1", text_without_details(text))
    if (sqlstate(driver_error) or "").startswith(DATA_EXCEPTION):
        text = QUOTED.sub('"…"', text)
    return text.strip()


def text_without_details(text: str) -> str:
    """The text without the parts of messages in which PostgreSQL quotes values and drivers quote statements."""
    parts: list[str] = []
    while detail := DETAIL.search(text):
        parts.append(text[: detail.start()])
        end = END_OF_DETAIL.search(text, detail.end())
        text = text[end.start() :] if end else ""
    return UNREADABLE.sub(r"\1", "".join([*parts, text]))


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code of the error; None if the server sent none."""
    code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return code if isinstance(code, str) else None


def chained(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and all others in its traceback: causes, contexts, members of groups."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__context__, current.__cause__]
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions


def _is_driver_error(error: BaseException | None) -> bool:
    return type(error).__module__.partition(".")[0] in DRIVERS
