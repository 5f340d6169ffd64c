"""Objects that are made of rows: things on shelves, with their owners."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

import strawberry

from core.execution.api import Executor
from core.execution.schema.dataloaders import Loader, loaded
from core.execution.schema.hints import InstancesOf, batch_resolver
from core.execution.schema.row_layout import NOTHING, SHARED, Fixed, Layout, RowLists, Rows

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = 13
"""A key of which no id can be made, and that the loader refuses."""


class PersonRow(NamedTuple):
    id: int
    name: str
    joined: datetime | None
    title: str | None

    @property
    def shout(self) -> str:
        return self.name.upper()


@strawberry.enum
class Shape(Enum):
    ROUND = 1


class ThingRow(NamedTuple):
    id: int
    made: datetime
    is_new: bool
    shape: Shape
    size: int
    owner: PersonRow
    critic: PersonRow | None


class EntryRow(NamedTuple):
    thing: ThingRow
    position: int
    shelf: str
    sender: PersonRow | None
    missing: PersonRow | None


PERSON = Layout(PersonRow)
ENTRY = Layout(
    EntryRow,
    thing=Layout(
        ThingRow,
        2,
        is_new=Fixed(False),
        shape=Fixed(Shape.ROUND),
        owner=Layout(PersonRow, 5),
        critic=Layout(PersonRow, 9, optional=True),
    ),
    position=0,
    shelf=SHARED,
    sender=Layout(PersonRow, inside=1, optional=True),
    missing=NOTHING,
)


class CircleRow(NamedTuple):
    entries: Rows[EntryRow]
    size: int


class CirclesLoader(Loader[int, CircleRow]):
    async def fetch(self, keys: list[int]) -> Sequence[CircleRow | BaseException]:
        lists = [entries(key) for key in keys]

        def circles() -> list[CircleRow]:
            return [
                CircleRow(Rows(ENTRY, rows, f"circle {key}"), len(rows))
                for key, rows in zip(keys, lists, strict=True)
            ]

        if BROKEN in keys:
            return [
                ValueError("no circle") if key == BROKEN else circle
                for key, circle in zip(keys, circles(), strict=True)
            ]
        return RowLists(CircleRow, "entries", ENTRY, lists, circles)


class FriendsLoader(Loader[int, Any]):
    def __init__(self) -> None:
        self.circles = CirclesLoader()

    async def fetch(self, keys: list[int]) -> Sequence[Any]:
        return [
            ValueError("no friends") if key == BROKEN else Rows(PERSON, persons(key))
            for key in keys
        ]


def persons(key: int) -> list[tuple[Any, ...]]:
    return [person(key * 7 + number) for number in range(key % 4)]


def entries(key: int) -> list[tuple[Any, ...]]:
    made = EPOCH + timedelta(days=key)
    return [
        (number, None, key, made, key % 5, *person(key + number), *person(key))
        for number in range(key % 3)
    ]


def person(key: int) -> tuple[Any, ...]:
    return key, f"person {key}", EPOCH + timedelta(hours=key), "Dr"


@batch_resolver("id")
def ids(keys: list[int]) -> list[str]:
    if BROKEN in keys:
        raise ValueError("no id")
    return [f"#{key}" for key in keys]


@batch_resolver("position", "shelf")
def marks(positions: list[int], shelves: list[str]) -> list[str]:
    return [f"{shelf}/{place}" for place, shelf in zip(positions, shelves, strict=True)]


@batch_resolver("id")
def odd_texts(keys: list[int]) -> list[Any]:
    return [key if key % 2 else str(key) for key in keys]


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Person(Named):
    name: str
    joined: datetime | None
    title: str
    shout: str
    code: str = strawberry.field(resolver=ids, graphql_type=str)
    half: str = strawberry.field(resolver=odd_texts, graphql_type=str)

    @strawberry.field
    @staticmethod
    def letters(root: strawberry.Parent[PersonRow], first: int = 1) -> list[str]:
        return list(root.name)[:first]

    @strawberry.field(graphql_type=list["Person"])
    @loaded("id")
    @staticmethod
    def friends(info: strawberry.Info) -> FriendsLoader:
        kept: FriendsLoader = info.context
        return kept

    @strawberry.field(graphql_type="Circle")
    @loaded("id")
    @staticmethod
    def circle(info: strawberry.Info) -> CirclesLoader:
        kept: FriendsLoader = info.context
        return kept.circles

    is_type_of = InstancesOf(PersonRow, exact=("name",))


@strawberry.type
class Thing:
    made: datetime
    is_new: bool
    shape: Shape
    size: int
    owner: Person
    critic: Person | None

    is_type_of = InstancesOf(ThingRow, exact=("size", "is_new"))


@strawberry.type
class Entry:
    thing: Thing
    position: int
    sender: Person | None
    missing: Person | None
    mark: str = strawberry.field(resolver=marks, graphql_type=str)


@strawberry.type
class Circle:
    entries: list[Entry]
    size: int


@strawberry.type
class Shelf:
    entries: list[Entry]
    named: list[Named]
    maybe: list[Person | None] | None


class ShelfRow(NamedTuple):
    entries: Any
    named: Any
    maybe: Any


class Root(NamedTuple):
    shelves: list[ShelfRow]


@strawberry.type
class Query:
    shelves: list[Shelf]


SCHEMA = strawberry.Schema(query=Query, types=[Person])._schema
EXECUTOR = Executor(SCHEMA)

PERSON_FIELDS = (
    "name",
    "title",
    "joined",
    "shout",
    "code",
    "half",
    "letters",
    "letters(first: 3)",
    "__typename",
)


def world(chance: random.Random, trouble: float) -> Root:
    """Shelves with things on them, in rows; `trouble`: how often a value is invalid."""

    def some_person() -> tuple[Any, ...]:
        key = BROKEN if chance.random() < trouble else chance.randrange(20, 99)
        title = None if chance.random() < trouble else "Mx"
        joined = None if chance.random() < 0.3 else EPOCH + timedelta(seconds=key)
        return key, f"p{key}", joined, title

    def entry() -> tuple[Any, ...]:
        sender = some_person() if chance.random() < 0.5 else None
        critic = some_person() if chance.random() < 0.5 else (None,) * 4
        made = None if chance.random() < trouble else EPOCH + timedelta(days=chance.random())
        thing = (chance.randrange(99), made, chance.randrange(99))
        return (chance.randrange(9), sender, *thing, *some_person(), *critic)

    def shelf(number: int) -> ShelfRow:
        entries: Any = Rows(ENTRY, [entry() for _ in range(chance.randrange(4))], f"shelf {number}")
        if chance.random() < 0.2:
            entries = list(entries)
        return ShelfRow(
            entries,
            Rows(PERSON, [some_person() for _ in range(chance.randrange(3))]),
            Rows(PERSON, [some_person() for _ in range(chance.randrange(3))]),
        )

    return Root([shelf(number) for number in range(chance.randrange(1, 4))])
