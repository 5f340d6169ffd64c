"""The columns of statements are those that row types declare, in the places where layouts read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from core.accounts.selectors import USER_EDGE
from core.accounts.statements import SQL as ACCOUNTS_SQL
from core.accounts.user_rows import UserRow
from core.database.database import Database
from core.database.statements import Variants
from core.execution import Layout
from core.loaders import PageLoader
from core.row_types import row_layout
from feed.selectors import ANONYMOUS_POST_ENTRY, ENTRY, POST, POST_EDIT_EDGE, POST_ENTRY
from feed.statements import SQL as FEED_SQL
from interactions.comment_rows import COMMENT
from interactions.selectors import COMMENT_EDGE, RANKED_COMMENT_EDGE
from interactions.statements import SQL

USER = row_layout(UserRow)


def page_loaders(base: type[PageLoader]) -> Iterator[type[PageLoader]]:
    for loader in base.__subclasses__():
        if "statement" in vars(loader):
            yield loader
        yield from page_loaders(loader)


READS: dict[str, tuple[str, Layout[Any]]] = {
    "post_create": (FEED_SQL.post_create, POST),
    "post_edit": (FEED_SQL.post_edit, row_layout(POST.kind, 1)),
    "comment_create": (SQL.comment_create, COMMENT),
    "reply_create": (SQL.reply_create, COMMENT),
}
for instance, text in SQL.reaction_create.items():
    kind = COMMENT.kind if instance.startswith("comment") else POST.kind
    READS[f"reaction_create:{instance}"] = (text, row_layout(kind, 4))
    READS[f"reaction_delete:{instance}"] = (SQL.reaction_delete[instance], row_layout(kind, 4))
VARIANTS: dict[str, tuple[Variants, Layout[Any]]] = {
    "users_by_ids": (ACCOUNTS_SQL.users_by_ids, USER),
    "posts_by_ids": (FEED_SQL.posts_by_ids, POST),
    "public_feed_page": (FEED_SQL.public_feed_page, POST_ENTRY),
    "public_feed_page_with_snapshot": (FEED_SQL.public_feed_page_with_snapshot, POST_ENTRY),
    "home_feed_page": (FEED_SQL.home_feed_page, ENTRY),
    "home_feed_page_with_snapshot": (FEED_SQL.home_feed_page_with_snapshot, ENTRY),
    "comments_by_ids": (SQL.comments_by_ids, COMMENT),
    **{each.__name__: (each.statement, each.layout) for each in page_loaders(PageLoader)},
}
for name, (texts, layout) in VARIANTS.items():
    READS |= {name + variant: (text, layout) for variant, text in texts.items()}
for name, (text, layout) in READS.items():
    if layout is POST_ENTRY and ":anonymous" in name:
        READS[name] = (text, ANONYMOUS_POST_ENTRY)


def expected_names(layout: Layout[Any], prefix: str = "") -> Iterator[tuple[int, str]]:
    """The index and the name of each column that the layout reads, but for records."""
    for name, place in layout.places.items():
        if isinstance(place, int):
            yield place, prefix + name
        elif isinstance(place, Layout) and place.inside is None:
            # A row type in a row type has its name before its columns; an edge's node has none.
            yield from expected_names(place, "" if name == "node" else f"{name}_")


def mismatches(names: list[str], layout: Layout[Any]) -> list[str]:
    edges = {
        USER_EDGE,
        ENTRY,
        POST_ENTRY,
        ANONYMOUS_POST_ENTRY,
        POST_EDIT_EDGE,
        COMMENT_EDGE,
        RANKED_COMMENT_EDGE,
    }
    expected = dict(expected_names(layout))
    if layout in edges:
        expected = {index: name for index, name in expected.items() if name != "position"}
    return [
        f"column {index} is {names[index] if index < len(names) else 'missing'}, not {name}"
        for index, name in sorted(expected.items())
        if index >= len(names) or names[index] != name
    ]


@pytest.mark.parametrize("name", READS)
async def test_a_statement_has_the_columns_that_its_layout_reads(
    database: Database, name: str
) -> None:
    statement, layout = READS[name]
    async with database.connection() as connection:
        prepared = await connection.prepare(statement)
        names = [attribute.name for attribute in prepared.get_attributes()]
    assert mismatches(names, layout) == [], statement.partition("\n")[0]


async def test_an_error_names_the_statement(database: Database) -> None:
    statement = FEED_SQL.posts_by_ids[""].replace("p.text", "p.txt")
    with pytest.raises(asyncpg.UndefinedColumnError) as alone:
        await database.fetch(statement, None, [1])
    with pytest.raises(asyncpg.UndefinedColumnError) as inside:
        async with database.transaction() as transaction:
            await transaction.fetch(statement, None, [1])
    for raised in (alone, inside):
        assert raised.value.__notes__ == ["In the SQL statement posts_by_ids."]
