"""How values of each output type are completed: leaves, lists, objects and abstract types.

`nonnull` says whether the type's outermost "not null" is there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from operator import methodcaller
from types import GeneratorType, NoneType
from typing import Any, NamedTuple

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

from core.execution.schema.hints import PassthroughText, iso_texts


class LeafType:
    """A scalar or an enum."""

    def __init__(self, graphql_type: GraphQLLeafType, *, nonnull: bool) -> None:
        self.graphql_type = graphql_type
        self.nonnull = nonnull
        self.passthrough = _passthrough_types(graphql_type, nonnull=nonnull)
        """Python types whose values go into the result as they are; for Int, if they are in range."""
        self.is_int = graphql_type is GraphQLInt
        self.coerce = graphql_type.coerce_output_value
        """Coerces one value. Errors: whatever the scalar raises."""
        self.coerce_all = _coerce_all(self.coerce)
        """Coerces all values at once, or returns None; None for scalars without such a function."""
        self.enum_names = _enum_names(graphql_type)
        """The names of an enum's members, by the id of the member."""

    def no_value_error(self, value: Any, coerced: Any) -> TypeError:
        """The error for a value that the scalar coerces to null."""
        return TypeError(
            f"Expected `{inspect(self.graphql_type)}.coerce_output_value({inspect(value)})`"
            f" to return non-nullable value, returned: {inspect(coerced)}"
        )


def _passthrough_types(graphql_type: GraphQLLeafType, *, nonnull: bool) -> frozenset[type]:
    types: set[type] = set()
    if (
        graphql_type is GraphQLString
        or graphql_type is GraphQLID
        or isinstance(graphql_type.coerce_output_value, PassthroughText)
    ):
        types.add(str)
    elif graphql_type is GraphQLBoolean:
        types.add(bool)
    elif graphql_type is GraphQLInt:
        types.add(int)
    if types and not nonnull:
        types.add(NoneType)
    return frozenset(types)


def _coerce_all(coerce: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any] | None] | None:
    # Strawberry's own scalars for dates and times call this method of the value.
    if type(coerce) is methodcaller and coerce.__reduce__() == (methodcaller, ("isoformat",)):
        return iso_texts
    return None


def _enum_names(graphql_type: GraphQLLeafType) -> dict[int, str]:
    """The names of all values of an enum, so that none is looked up twice."""
    if not isinstance(graphql_type, GraphQLEnumType):
        return {}
    values: list[Any] = [value.value for value in graphql_type.values.values()]
    # Strawberry's enum types list the members' values, but coerce members too.
    members: Any = getattr(graphql_type, "wrapped_cls", ())
    enum_names: dict[int, str] = {}
    for value in (*values, *members):
        with suppress(Exception):
            enum_names[id(value)] = graphql_type.coerce_output_value(value)
    return enum_names


@lru_cache(maxsize=4096)
def is_plain(kind: type) -> bool:
    """Whether no value of a Python type is null, a failure, or awaitable."""
    return not (
        kind is NoneType
        or kind is type(Undefined)
        or kind is GeneratorType
        or hasattr(kind, "__await__")
        or issubclass(kind, Exception)
    )


class ListType(NamedTuple):
    """A list; its items may be null or not."""

    item: OutputType
    nonnull: bool


class ObjectType(NamedTuple):
    """An object of one type."""

    graphql_type: GraphQLObjectType
    nonnull: bool


class AbstractType(NamedTuple):
    """An interface or a union: the object type is resolved at run time."""

    graphql_type: GraphQLAbstractType
    nonnull: bool


OutputType = LeafType | ListType | ObjectType | AbstractType


def output_type_of(output_type: GraphQLOutputType) -> OutputType:
    """The output type of a field or of a list's items. Errors: TypeError."""
    nonnull = is_non_null_type(output_type)
    bare: Any = output_type.of_type if is_non_null_type(output_type) else output_type
    if is_list_type(bare):
        return ListType(output_type_of(bare.of_type), nonnull=nonnull)
    if is_leaf_type(bare):
        return LeafType(bare, nonnull=nonnull)
    if is_abstract_type(bare):
        return AbstractType(bare, nonnull=nonnull)
    if is_object_type(bare):
        return ObjectType(bare, nonnull=nonnull)
    raise TypeError(f"Cannot complete value of unexpected output type: '{inspect(bare)}'.")
