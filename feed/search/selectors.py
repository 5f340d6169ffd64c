"""Reads of searches."""

from __future__ import annotations

from typing import Any

from core.accounts.selectors import USER_EDGE
from core.context import Context
from core.database.database import Row
from core.database.statements import variant_for
from core.errors import ClientError
from core.paging import ForwardPage, decode_position, page_limit
from core.text import CONTROLS, has_visible_character
from feed.search.statements import SQL

MAX_NAME_QUERY = 100
FIRST = (0, "", 0)
"""The position before all users: the part (0 those whom the viewer follows, 1 others), the name, the user."""


def invalid_query(message: str, position: int = 1) -> ClientError:
    """The error of a search text. `position`: that of the first character to change, counted in code points from 1."""
    return ClientError(message, "INVALID_QUERY", position=position)


async def users_by_name(
    context: Context, query: str, first: int | None, after: str | None
) -> ForwardPage:
    """A page of the users one of whose names begins with the query, those whom the viewer follows first, by name.

    Errors: INVALID_QUERY, BAD_PAGE, INVALID_CURSOR. Cost: one statement.
    """
    query = _clean_name_query(query)
    viewer_id = context.viewer_id
    limit = page_limit(first)
    codec = context.services.cursors.text_codec(f"users {query}", viewer_id or 0)
    begin = FIRST if after is None else _position(decode_position(codec, after))

    async def read(count: int, *begin: Any) -> list[Row]:
        statement = SQL.users_by_name[variant_for(viewer_id)]
        return await context.database.fetch(statement, viewer_id, query, count, *begin)

    async def precedes(position: str | None) -> bool:
        rows = await read(1, *FIRST)
        return bool(rows) and (position is None or _position(rows[0][1]) < _position(position))

    rows = await read(limit + 1, *begin)
    return ForwardPage(USER_EDGE, rows, limit, codec, None if after is None else precedes)


def _position(text: str) -> tuple[int, str, int]:
    part, user, name = text.split(":", 2)
    return int(part), name, int(user)


def _clean_name_query(query: str) -> str:
    query = query.strip()
    if len(query) > MAX_NAME_QUERY:
        raise invalid_query(
            f"The query has {len(query)} characters; {MAX_NAME_QUERY} are allowed. Send fewer.",
            MAX_NAME_QUERY + 1,
        )
    control = CONTROLS.search(query)
    if control is not None:
        raise invalid_query(
            f"Character {control.start() + 1} is a control character. Remove it.",
            control.start() + 1,
        )
    if not has_visible_character(query):
        raise invalid_query("The query is empty. Send the beginning of a name.")
    return query
