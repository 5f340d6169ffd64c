"""Schemas of every kind, made up by hypothesis, with resolvers that succeed and fail in every way."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from types import ModuleType
from typing import Any
from zlib import crc32

import strawberry
from hypothesis import strategies as st

from core.execution.schema.dataloaders import Loader

ROOTS = ("Query", "Mutation")
SCALARS = ("int", "str", "float", "bool", "strawberry.ID", "datetime", "Colour")
KINDS = ("attribute", "method", "parent", "info", "async", "slow", "guarded", "extended", "loaded")
ARGUMENTS = (
    "",
    "times: int = 1",
    "colours: list[Colour] | None = None",
    "wish: Wish | None = None",
)

PRELUDE = """
from __future__ import annotations
import enum, typing
from datetime import datetime
import strawberry
from core.execution.schema.dataloaders import loaded

@strawberry.enum
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"

@strawberry.input
class Wish:
    times: int = 2
    colour: Colour = Colour.BLUE

@strawberry.interface
class Thing:
    name: str | None
    other: Thing | None
"""


@dataclass(frozen=True)
class Kind:
    """The type of a field: the name of what is at its bottom, and what is around it."""

    name: str
    nullable: bool
    inside: Kind | None = None

    @property
    def text(self) -> str:
        text = self.name if self.inside is None else f"list[{self.inside.text}]"
        return f"{text} | None" if self.nullable else text

    @property
    def bottom(self) -> str:
        return self.name if self.inside is None else self.inside.bottom


@dataclass(frozen=True)
class FieldSpec:
    """A field, how it is resolved, and how often that fails, in percent."""

    name: str
    kind: Kind
    how: str
    argument: str
    trouble: int


@dataclass(frozen=True)
class World:
    """Object types by name. All of them are Things and members of the union Any."""

    types: dict[str, tuple[FieldSpec, ...]]

    def fields(self, type_name: str) -> tuple[FieldSpec, ...]:
        return (*self.types.get(type_name, ()), *THING)

    @property
    def things(self) -> list[str]:
        """The types but for the roots."""
        return [name for name in self.types if name not in ROOTS]

    def all(self) -> Iterator[FieldSpec]:
        for fields in self.types.values():
            yield from fields


THING = (
    FieldSpec("name", Kind("str", nullable=True), "attribute", "", 0),
    FieldSpec("other", Kind("Thing", nullable=True), "attribute", "", 5),
)


@st.composite
def kinds(draw: st.DrawFn, bottoms: Sequence[str], depth: int = 2) -> Kind:
    """A type of a field."""
    nullable = draw(st.booleans())
    if depth and draw(st.integers(0, 2)) == 0:
        return Kind("list", nullable, draw(kinds(bottoms, depth - 1)))
    return Kind(draw(st.sampled_from(bottoms)), nullable)


@st.composite
def worlds(draw: st.DrawFn, *, hows: Sequence[str] = KINDS) -> World:
    """A schema, and how its resolvers behave."""
    names = [f"T{number}" for number in range(draw(st.integers(1, 3)))]
    bottoms = (*SCALARS, *names, *names, "Thing", "Any")
    trouble = draw(st.sampled_from((0, 1, 5, 20)))
    types: dict[str, tuple[FieldSpec, ...]] = {}
    for name in (*ROOTS, *names):
        fields: list[FieldSpec] = []
        for number in range(draw(st.integers(2, 6))):
            how = draw(st.sampled_from(hows))
            plain = how in ("attribute", "loaded")
            argument = "" if plain else draw(st.sampled_from(ARGUMENTS))
            kind = draw(kinds(bottoms))
            if name in ROOTS and draw(st.integers(0, 5)):
                kind = replace(kind, nullable=True)
            fields.append(FieldSpec(f"{name}_{number}".lower(), kind, how, argument, trouble))
        types[name] = tuple(fields)
    return World(types)


class Giver:
    """Makes up values: the same for the same object, field and arguments."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._specs = {field.name: field for field in (*world.all(), *THING)}
        self.module: Any = None
        self.calls = 0

    def give(self, source: Any, name: str, *arguments: Any) -> Any:
        """The value of a field, or its failure."""
        self.calls += 1
        spec = self._specs[name]
        given = crc32(repr((self._seed, source.seed, name, arguments)).encode())
        value = self._value(spec.kind, random.Random(given), spec.trouble)
        # A DataLoader gives the same value again, and an iterator only serves once.
        once = spec.how != "loaded" and isinstance(value, list) and given % 3 == 0
        return iter(value) if once else value

    def _value(self, kind: Kind, chance: random.Random, trouble: int, depth: int = 0) -> Any:
        if chance.randrange(100) < trouble:
            return self._trouble(chance, depth)
        if kind.nullable and chance.randrange(8) == 0:
            return None
        if kind.inside is not None:
            length = chance.choice((0, 1, 2, 3, 5))
            items = [self._value(kind.inside, chance, trouble, depth + 1) for _ in range(length)]
            return chance.choice((list, tuple))(items)
        return self._bottom(kind.name, chance)

    def _trouble(self, chance: random.Random, depth: int) -> Any:
        what = chance.randrange(4)
        if what == 0:
            return None
        if what == 1:
            return ValueError(f"returned {chance.randrange(100)}")
        if what == 2 and depth == 0:
            raise ValueError(f"raised {chance.randrange(100)}")
        return object

    def _bottom(self, name: str, chance: random.Random) -> Any:
        number = chance.randrange(1, 1000)
        simple: dict[str, Callable[[], Any]] = {
            "int": lambda: chance.choice((number, True, float(number), str(number), 2**40)),
            "str": lambda: chance.choice((f"text {number}", number, 1.5, True)),
            "float": lambda: chance.choice((number / 8, number, float("nan"))),
            "bool": lambda: chance.choice((True, False, 1, 0)),
            "strawberry.ID": lambda: chance.choice((f"id {number}", number)),
            "datetime": lambda: datetime.fromtimestamp(number * 1.5, UTC),
            "Colour": lambda: chance.choice((*self.module.Colour, "red", "no colour")),
        }
        if name in simple:
            return simple[name]()
        chosen = chance.choice(self._world.things) if name in ("Thing", "Any") else name
        return self.thing(chosen, number)

    def thing(self, name: str, seed: int) -> Any:
        """An object of that type."""
        kind = getattr(self.module, name)
        made = kind.__new__(kind)
        made.seed = seed
        return made


class GivingLoader(Loader[int, Any]):
    """Gives what a field of the object with that seed would."""

    def __init__(self, giver: Giver, name: str) -> None:
        super().__init__()
        self._giver = giver
        self._name = name
        self.batches = 0

    async def fetch(self, keys: list[int]) -> Sequence[Any]:
        self.batches += 1
        await asyncio.sleep(0)
        values: list[Any] = []
        for key in keys:
            try:
                values.append(self._giver.give(Seeded(key), self._name))
            except ValueError as error:
                values.append(error)
        return values


@dataclass
class Seeded:
    seed: int


NUMBERS = count()


def strawberry_schema(world: World, giver: Giver, **options: Any) -> strawberry.Schema:
    """The schema; its objects come from `giver`."""
    module = ModuleType(f"made_up_{next(NUMBERS)}")
    sys.modules[module.__name__] = module
    try:
        module.__dict__.update(
            give=giver.give,
            Guard=Guard,
            Marking=Marking,
            sleep=asyncio.sleep,
        )
        exec("\n".join(_lines(world)), module.__dict__)  # noqa: S102  # text made here
        giver.module = module
        types = [getattr(module, name) for name in world.things]
        return strawberry.Schema(module.Query, module.Mutation, types=types, **options)
    finally:
        del sys.modules[module.__name__]


class Guard(strawberry.BasePermission):
    message = "guarded"

    async def has_permission(self, source: Any, info: strawberry.Info, **_: Any) -> bool:
        await asyncio.sleep(0)
        return bool(source.seed % 5) and info.context is not None


class Marking(strawberry.extensions.FieldExtension):
    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        value = next_(source, info, **kwargs)
        return f"{value}!" if isinstance(value, str) else value

    async def resolve_async(
        self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any
    ) -> Any:
        return await next_(source, info, **kwargs)


def _lines(world: World) -> Iterator[str]:
    yield PRELUDE
    for name, fields in world.types.items():
        yield "@strawberry.type"
        yield f"class {name}:" if name in ROOTS else f"class {name}(Thing):"
        yield "    def __getattr__(self, name):"
        yield "        if name.startswith('_') or name == 'seed': raise AttributeError(name)"
        yield "        return give(self, name)"
        for field in fields:
            yield from _field_lines(field)
    members = " | ".join(world.things)
    yield f"Any = typing.Annotated[{members}, strawberry.union('Any')]"


def _field_lines(field: FieldSpec) -> Iterator[str]:
    name, text, argument = field.name, field.kind.text, field.argument
    taken = argument.split(":")[0]
    more = f", {argument}" if argument else ""
    call = f"give(self, {name!r}{', ' + taken if taken else ''})"
    if field.how == "attribute":
        yield f"    {name}: {text}"
    elif field.how == "loaded":
        yield f"    @strawberry.field(graphql_type={text!r})"
        yield "    @loaded('seed')"
        yield f"    def {name}(info: strawberry.Info): return info.context.loader({name!r})"
    elif field.how == "parent":
        yield "    @strawberry.field"
        yield "    @staticmethod"
        parameter = "source: strawberry.Parent[typing.Any]"
        yield f"    def {name}({parameter}{more}) -> {text}: return {call.replace('self', 'source')}"
    elif field.how == "info":
        yield "    @strawberry.field"
        yield f"    def {name}(self, info: strawberry.Info{more}) -> {text}:"
        yield "        info.context.seen.append((info.field_name, info.path.as_list()))"
        yield f"        return {call}"
    else:
        options = {"guarded": "permission_classes=[Guard]", "extended": "extensions=[Marking()]"}
        yield f"    @strawberry.field({options.get(field.how, '')})"
        waits = field.how in ("async", "slow")
        yield f"    {'async ' if waits else ''}def {name}(self{more}) -> {text}:"
        if field.how == "slow":
            yield "        await sleep(0)"
        yield f"        return {call}"
