"""What is selected of one object type, and the code that reads it from a whole level at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from core.execution.fields import Field
from core.execution.json_rows import RowWriter
from core.execution.positions import Level
from core.execution.row_levels import ReadRows
from core.execution.rows import Layout
from core.execution.shapes import LeafShape

if TYPE_CHECKING:
    from core.execution.plans import Plan
    from core.execution.run import Run

NESTED = 16
"""After how many levels completion returns before it goes deeper."""

ReadLevel = Callable[["Run", Level], list[dict[str, Any]]]


class Selection:
    """The fields of one object type that are selected at one place of a document."""

    __slots__ = ("fields", "graphql_type", "read", "row_readers", "row_writers")

    def __init__(self, graphql_type: GraphQLObjectType, fields: list[Field]) -> None:
        self.graphql_type = graphql_type
        self.fields = fields
        self.read = _read_level(fields)
        """The answers for the objects of a level, with nulls where values are still to come."""
        self.row_readers: dict[Layout[Any], ReadRows] = {}
        """The same for rows."""
        self.row_writers: dict[Layout[Any], RowWriter | None] = {}
        """How rows are written as JSON; None where more than the rows is needed."""


def selection_of(
    plan: Plan, graphql_type: GraphQLObjectType, grouped_fields: GroupedFieldSet, depth: int
) -> Selection:
    """The selection; fields that the type does not have are left out."""
    fields: list[Field] = []
    for order, (key, details) in enumerate(grouped_fields.items()):
        definition = plan.schema.get_field(graphql_type, details[0].node.name.value)
        if definition is not None:
            fields.append(
                Field(plan, graphql_type, definition, details, key=key, order=order, depth=depth)
            )
    return Selection(graphql_type, fields)


def _read_level(fields: list[Field]) -> ReadLevel:
    """Reads leaves into answers, and hands the values of other fields on.

    Made as the text of a function: one loop over the objects, with nothing in it that depends on what
    the fields are.
    """
    names: dict[str, Any] = {}
    for number, field in enumerate(fields):
        names[f"field{number}"] = field
        names[f"read{number}"] = field.read
        names[f"call{number}"] = field.way.call
        names[f"loaded{number}"] = field.way.loaded
        if field.way.of_columns is not None:
            names[f"compute{number}"] = field.way.of_columns.function
    exec(_compiled(_text(fields)), names)  # noqa: S102  # text made of checked names only
    read: ReadLevel = names["read_level"]
    return read


@lru_cache(maxsize=1024)
def _compiled(text: str) -> CodeType:
    return compile(text, "<selection>", "exec")


def _text(fields: list[Field]) -> str:
    """Only attributes that are identifiers get into it bare, and keys only quoted."""
    lines = _Lines()
    for number, field in enumerate(fields):
        lines.add(number, field)
    return lines.text()


class _Lines:
    """The text of a function, as its fields are added."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._before: list[str] = []
        self._inside: list[str] = []
        self._after: list[str] = []
        self._pairs: list[str] = []
        self._ready: list[int] = []
        """The fields whose values are there before the loop."""

    def add(self, number: int, field: Field) -> None:
        value = repr(field.constant)
        if field.constant is None:
            value = "None"
            if field.way.loaded is not None:
                self._first.append(f"run.load(level, field{number}, loaded{number})")
            elif not isinstance(field.shape, LeafShape) or field.way.waits:
                if self._add_column(number, field):
                    value = f"value{number}"
            else:
                value = self._add_leaf(number, field, field.shape)
        self._pairs.append(f"{field.key!r}: {value}")

    def _add_leaf(self, number: int, field: Field, shape: LeafShape) -> str:
        """How the loop writes the answer."""
        value, column = f"value{number}", f"column{number}"
        source, odd = _expression(number, field), _is_odd(value, shape)
        if field.is_exact:
            return source or ""
        if source and odd and field.way.of_columns is None:
            self._inside += [
                f"try: {value} = {source}",
                f"except Exception as error: {value} = error",
                f"if {odd}:",
                f"    odd.append((field{number}, len(answers), {value}))",
                f"    {value} = None",
            ]
            return value
        self._add_values(number, field)
        self._before.append(f"{column} = run.complete(level, field{number}, {column})")
        self._ready.append(number)
        return value

    def _add_column(self, number: int, field: Field) -> bool:
        """Whether the answers are there before the loop."""
        column = f"column{number}"
        self._add_values(number, field)
        if field.depth % NESTED == 0:
            self._after.append(f"run.later(level, field{number}, {column})")
            return False
        self._before.append(f"{column} = run.complete(level, field{number}, {column})")
        self._ready.append(number)
        return True

    def _add_values(self, number: int, field: Field) -> None:
        """The raw values of all objects; whatever fails is read again one by one, or was so at first."""
        column, one_by_one = f"column{number}", f"read{number}(run, field{number}, level)"
        if field.way.of_columns is not None:
            columns = [
                f"[source.{name} for source in objects]" for name in field.way.of_columns.attributes
            ]
            at_once = f"compute{number}({', '.join(columns)})"
        elif field.way.attribute:
            at_once = f"[source.{field.way.attribute} for source in objects]"
        else:
            self._before.append(f"{column} = {one_by_one}")
            return
        self._before += [
            f"try: {column} = {at_once}",
            f"except Exception: {column} = {one_by_one}",
        ]

    def text(self) -> str:
        columns = "".join(f", column{number}" for number in self._ready)
        values = "".join(f", value{number}" for number in self._ready)
        loop = (
            f"for source{values} in zip(objects{columns})" if columns else "for source in objects"
        )
        answer = f"{{{', '.join(self._pairs)}}}"
        if self._inside:
            made = [
                "answers = []",
                "odd = []",
                f"{loop}:",
                *(f"    {line}" for line in self._inside),
                f"    answers.append({answer})",
                "level.answers = answers",
                "if odd: run.odd(level, odd)",
            ]
        else:
            made = [f"level.answers = answers = [{answer} {loop}]"]
        head = ["def read_level(run, level):", "    objects = level.objects"]
        body = [*self._first, *self._before, *made, *self._after, "return answers"]
        return "\n".join((*head, *(f"    {line}" for line in body)))


def _expression(number: int, field: Field) -> str | None:
    """How a value is had from the source alone."""
    if field.way.attribute:
        return f"source.{field.way.attribute}"
    return f"call{number}(source)" if field.way.call else None


def _is_odd(value: str, shape: LeafShape) -> str | None:
    """The question whether a value can't be written as it is; None if no value can."""
    if bool in shape.as_is:
        odd = f"{value} is not True and {value} is not False"
    elif str in shape.as_is:
        odd = f"type({value}) is not str"
    elif int in shape.as_is:
        odd = f"(type({value}) is not int or not {GRAPHQL_MIN_INT} <= {value} <= {GRAPHQL_MAX_INT})"
    else:
        return None
    return odd if shape.nonnull else f"{odd} and {value} is not None"
