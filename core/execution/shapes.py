"""What the type of a field asks of its values, and how leaves are written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from operator import methodcaller
from types import GeneratorType, NoneType
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.pyutils import Undefined, inspect

from core.execution.hints import TextAsItIs, iso_texts


class Shape:
    """A type without its outermost "not null"."""

    __slots__ = ("nonnull",)

    def __init__(self, *, nonnull: bool) -> None:
        self.nonnull = nonnull


class LeafShape(Shape):
    """A scalar or an enum."""

    __slots__ = ("as_is", "coerce", "graphql_type", "many", "names", "whole_numbers")

    def __init__(self, graphql_type: GraphQLLeafType, *, nonnull: bool) -> None:
        super().__init__(nonnull=nonnull)
        self.graphql_type = graphql_type
        self.as_is = _types_written_as_they_are(graphql_type, nonnull=nonnull)
        """The Python types all of whose values are written as they are: for Int, if they are in range."""
        self.whole_numbers = graphql_type is GraphQLInt
        self.coerce = graphql_type.coerce_output_value
        """Makes of a value what the response has. Errors: whatever the scalar raises."""
        self.many = _many(self.coerce)
        """Does that for all values at once, or gives None; None if there is no such way."""
        self.names = _names_of_members(graphql_type)
        """The names of an enum's members, by the identity of the member."""

    def nothing(self, value: Any, coerced: Any) -> TypeError:
        """The error of a value of which the scalar makes nothing."""
        return TypeError(
            f"Expected `{inspect(self.graphql_type)}.coerce_output_value({inspect(value)})`"
            f" to return non-nullable value, returned: {inspect(coerced)}"
        )


def _types_written_as_they_are(graphql_type: GraphQLLeafType, *, nonnull: bool) -> frozenset[type]:
    types: set[type] = set()
    if (
        graphql_type is GraphQLString
        or graphql_type is GraphQLID
        or isinstance(graphql_type.coerce_output_value, TextAsItIs)
    ):
        types.add(str)
    elif graphql_type is GraphQLBoolean:
        types.add(bool)
    elif graphql_type is GraphQLInt:
        types.add(int)
    if types and not nonnull:
        types.add(NoneType)
    return frozenset(types)


def _many(coerce: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any] | None] | None:
    # Strawberry's own scalars for dates and times call this method of the value.
    if type(coerce) is methodcaller and coerce.__reduce__() == (methodcaller, ("isoformat",)):
        return iso_texts
    return None


def _names_of_members(graphql_type: GraphQLLeafType) -> dict[int, str]:
    """The name of each value of an enum that is not to be looked for again."""
    if not isinstance(graphql_type, GraphQLEnumType):
        return {}
    values: list[Any] = [value.value for value in graphql_type.values.values()]
    # Strawberry's enum types go by the values of members, but take members too.
    members: Any = getattr(graphql_type, "wrapped_cls", ())
    names: dict[int, str] = {}
    for value in (*values, *members):
        with suppress(Exception):
            names[id(value)] = graphql_type.coerce_output_value(value)
    return names


@lru_cache(maxsize=4096)
def is_plain(kind: type) -> bool:
    """Whether all values of a Python type are there, and no failures."""
    return not (
        kind is NoneType
        or kind is type(Undefined)
        or kind is GeneratorType
        or hasattr(kind, "__await__")
        or issubclass(kind, Exception)
    )


class ListShape(Shape):
    """A list; its items may be null or not."""

    __slots__ = ("item",)

    def __init__(self, item: Shape, *, nonnull: bool) -> None:
        super().__init__(nonnull=nonnull)
        self.item = item


class ObjectShape(Shape):
    """An object of one type."""

    __slots__ = ("graphql_type",)

    def __init__(self, graphql_type: GraphQLObjectType, *, nonnull: bool) -> None:
        super().__init__(nonnull=nonnull)
        self.graphql_type = graphql_type


class AbstractShape(Shape):
    """An object whose type shows at run time."""

    __slots__ = ("graphql_type",)

    def __init__(self, graphql_type: GraphQLAbstractType, *, nonnull: bool) -> None:
        super().__init__(nonnull=nonnull)
        self.graphql_type = graphql_type


def shape_of(output_type: GraphQLOutputType) -> Shape:
    """The shape of a field's or an item's type."""
    nonnull = is_non_null_type(output_type)
    bare: Any = output_type.of_type if is_non_null_type(output_type) else output_type
    if is_list_type(bare):
        return ListShape(shape_of(bare.of_type), nonnull=nonnull)
    if is_leaf_type(bare):
        return LeafShape(bare, nonnull=nonnull)
    if is_abstract_type(bare):
        return AbstractShape(bare, nonnull=nonnull)
    if is_object_type(bare):
        return ObjectShape(bare, nonnull=nonnull)
    raise TypeError(f"Cannot complete value of unexpected output type: '{inspect(bare)}'.")
