"""Objects in records of rows, and lists of what such records hold."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson
import pytest
import strawberry
from graphql import parse

from core.execution.api import Executor
from core.execution.schema.dataloaders import Loader, loaded
from core.execution.schema.hints import InstancesOf
from core.execution.schema.row_layout import Layout, RowLists, Rows
from tests.core.execution.test_same_as_standard import settled


class AuthorRow(NamedTuple):
    id: int
    name: str


class BookRow(NamedTuple):
    id: int
    author: AuthorRow


class ShelfRow(NamedTuple):
    books: Any


@strawberry.type
class Author:
    name: str

    @strawberry.field
    @staticmethod
    def described(root: strawberry.Parent[AuthorRow]) -> str:
        return f"{root.id} {root.name}"

    is_type_of = InstancesOf(AuthorRow, exact=("name",))


@strawberry.type
class Book:
    id: int
    author: Author

    is_type_of = InstancesOf(BookRow, exact=("id",))


@strawberry.type
class Shelf:
    books: list[Book | None]

    is_type_of = InstancesOf(ShelfRow)


@strawberry.type
class Query:
    id: strawberry.Private[int]
    books: list[Book | None]

    @strawberry.field(graphql_type=Shelf)
    @loaded("id")
    @staticmethod
    def shelf(info: strawberry.Info) -> Loader[int, ShelfRow]:
        kept: Loader[int, ShelfRow] = info.context
        return kept


SCHEMA = strawberry.Schema(query=Query)._schema


class Shelves(Loader[int, ShelfRow]):
    def __init__(self, books: Rows[Any]) -> None:
        self.books = books

    async def fetch(self, keys: list[int]) -> Sequence[ShelfRow | BaseException]:
        layout, rows = self.books.layout, self.books.rows
        return RowLists(
            ShelfRow,
            "books",
            layout,
            [rows for _ in keys],
            lambda: [ShelfRow(self.books)] * len(keys),
        )


@pytest.mark.parametrize(
    "books",
    [
        Rows(
            Layout(BookRow, author=Layout(AuthorRow, inside=1)), [(1, (5, "Ann")), (2, (6, "Bo"))]
        ),
        Rows(Layout(BookRow, inside=1, author=Layout(AuthorRow, 1)), [("x", (1, 5, "Ann"))]),
        Rows(
            Layout(BookRow, inside=0, optional=True, author=Layout(AuthorRow, 1)),
            [((1, 5, "Ann"),), (None,)],
        ),
        Rows(
            Layout(BookRow, optional=True, author=Layout(AuthorRow, 1)),
            [(1, 5, "Ann"), (None, None, None)],
        ),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "{ books { id author { name described } } }",
        "{ books { id author { name } } }",
        "{ shelf { books { id author { name described } } } }",
        "{ shelf { books { id author { name } } } }",
    ],
)
@pytest.mark.parametrize("to_json", [False, True])
async def test_records_and_absent_objects_are_as_the_standard_executor_has_them(
    books: Rows[Any], text: str, to_json: bool
) -> None:
    standard, compiled = [
        await settled(
            Executor(SCHEMA, enabled=enabled).execute(
                parse(text),
                context=Shelves(books),
                root=SimpleNamespace(id=1, books=books),
                to_json=to_json,
            )
        )
        for enabled in (False, True)
    ]
    assert standard.errors is None
    assert compiled.errors is None
    assert orjson.loads(orjson.dumps(compiled.data)) == standard.data
