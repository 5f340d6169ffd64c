"""What is selected of one object type, and the code that reads it from a whole level at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from core.execution.fields import Field
from core.execution.positions import Level
from core.execution.shapes import LeafShape

if TYPE_CHECKING:
    from core.execution.plans import Plan
    from core.execution.run import Run

ReadLevel = Callable[["Run", Level], list[dict[str, Any]]]


class Selection:
    """The fields of one object type that are selected at one place of a document."""

    __slots__ = ("fields", "graphql_type", "read")

    def __init__(self, graphql_type: GraphQLObjectType, fields: list[Field]) -> None:
        self.graphql_type = graphql_type
        self.fields = fields
        self.read = _read_level(fields)
        """The answers for the objects of a level, with nulls where values are still to come."""


def selection_of(
    plan: Plan, graphql_type: GraphQLObjectType, grouped_fields: GroupedFieldSet, depth: int
) -> Selection:
    """The selection; fields that the type does not have are left out."""
    fields: list[Field] = []
    for order, (key, details) in enumerate(grouped_fields.items()):
        definition = plan.schema.get_field(graphql_type, details[0].node.name.value)
        if definition is not None:
            fields.append(Field(plan, graphql_type, definition, key, order, details, depth))
    return Selection(graphql_type, fields)


def _read_level(fields: list[Field]) -> ReadLevel:
    """Reads leaves into answers, and hands the values of other fields on.

    Made as the text of a function, so that it is one loop over the objects for each field and one for the
    answers, with nothing in them that depends on the field.
    """
    names: dict[str, Any] = {}
    for number, field in enumerate(fields):
        names[f"field{number}"] = field
        names[f"read{number}"] = field.read
        if isinstance(field.shape, LeafShape):
            names[f"as_is{number}"] = field.shape.as_is
    exec(_compiled("\n".join(_lines(fields))), names)  # noqa: S102  # text made of checked names only
    read: ReadLevel = names["read_level"]
    return read


@lru_cache(maxsize=1024)
def _compiled(text: str) -> CodeType:
    return compile(text, "<selection>", "exec")


def _lines(fields: list[Field]) -> Iterator[str]:
    """The text. Only attributes that are identifiers get into it bare, and keys only quoted."""
    yield "def read_level(run, level):"
    yield "    objects = level.objects"
    pairs: list[str] = []
    leaves: list[str] = []
    for number, field in enumerate(fields):
        if field.constant is not None:
            pairs.append(f"{field.key!r}: {field.constant!r}")
        elif isinstance(field.shape, LeafShape) and field.loaded is None:
            leaves.append(f"{number}")
            pairs.append(f"{field.key!r}: value{number}")
            yield from _values(number, field)
            yield from _leaf_check(number, field.shape)
        else:
            pairs.append(f"{field.key!r}: None")
            if field.loaded is None:
                yield from _values(number, field)
    yield f"    level.answers = [{{{', '.join(pairs)}}} {_loop(leaves)}]"
    for number, field in enumerate(fields):
        if field.loaded is not None:
            yield f"    run.load(level, field{number})"
        elif field.constant is None and not isinstance(field.shape, LeafShape):
            yield f"    run.later(level, field{number}, column{number})"
    yield "    return level.answers"


def _values(number: int, field: Field) -> Iterator[str]:
    if field.attribute is None:
        yield f"    column{number} = read{number}(run, field{number}, level)"
        return
    yield "    try:"
    yield f"        column{number} = [source.{field.attribute} for source in objects]"
    yield "    except Exception:"
    yield f"        column{number} = read{number}(run, field{number}, level)"


def _leaf_check(number: int, shape: LeafShape) -> Iterator[str]:
    column = f"column{number}"
    odd = f"not {{*map(type, {column})}} <= as_is{number}"
    if shape.whole_numbers and shape.nonnull:
        odd += f" or min({column}) < {GRAPHQL_MIN_INT} or max({column}) > {GRAPHQL_MAX_INT}"
    elif not shape.as_is or shape.whole_numbers:
        odd = "True"
    if odd == "True":
        yield f"    {column} = run.leaves(level, field{number}, {column})"
    else:
        yield f"    if {odd}:"
        yield f"        {column} = run.leaves(level, field{number}, {column})"


def _loop(leaves: list[str]) -> str:
    if not leaves:
        return "for source in objects"
    if len(leaves) == 1:
        return f"for value{leaves[0]} in column{leaves[0]}"
    values = ", ".join(f"value{leaf}" for leaf in leaves)
    columns = ", ".join(f"column{leaf}" for leaf in leaves)
    return f"for {values} in zip({columns})"
