"""What an exception of a PostgreSQL driver says, without any value of a column or parameter.

PostgreSQL quotes the values that it refuses: whole rows in DETAIL and CONTEXT, text in the message of a
data exception. asyncpg quotes arguments. A log must hold none of them.
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
    """The error's own words. Those of other exceptions than a PostgreSQL driver's stay as they are."""
    text = str(error)
    of_driver = next((one for one in (error, error.__cause__) if _is_of_driver(one)), None)
    if of_driver is None:
        return text
    text = ARGUMENT.sub(r"\1", text_without_details(text))
    if (sqlstate(of_driver) or "").startswith(DATA_EXCEPTION):
        text = QUOTED.sub('"…"', text)
    return text.strip()


def text_without_details(text: str) -> str:
    """The text without what PostgreSQL adds to a message to quote values, and drivers to quote statements."""
    kept: list[str] = []
    while found := DETAIL.search(text):
        kept.append(text[: found.start()])
        end = END_OF_DETAIL.search(text, found.end())
        text = text[end.start() :] if end else ""
    return UNREADABLE.sub(r"\1", "".join([*kept, text]))


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code of the error; None where the server did not send it."""
    code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return code if isinstance(code, str) else None


def chained(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and all that its traceback shows: causes, contexts, members of groups."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__context__, one.__cause__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _is_of_driver(error: BaseException | None) -> bool:
    return type(error).__module__.partition(".")[0] in DRIVERS
