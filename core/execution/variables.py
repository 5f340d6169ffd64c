"""The variables of an operation: simple ones judged here, all others by graphql-core."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    VariableDefinitionNode,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_variable_values,
)
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

ERRORS = 50
"""How many errors are told at most."""
_TYPES: dict[Any, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLInt: int,
    GraphQLBoolean: bool,
    GraphQLFloat: float,
}


class _Simple(NamedTuple):
    name: str
    type: type
    nonnull: bool
    missing: VariableValueSource
    default: tuple[Any, ...]
    """The value that stands in, if there is one."""


class Variables:
    """How the variables of one operation are judged."""

    def __init__(
        self,
        schema: GraphQLSchema,
        definitions: Sequence[VariableDefinitionNode],
        *,
        hide_suggestions: bool,
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self._hide_suggestions = hide_suggestions
        simple = [self._simplified(definition) for definition in definitions]
        self._simple = [found for found in simple if found is not None]
        self._all_simple = len(self._simple) == len(simple)

    def values(self, sent: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values as resolvers get them, or what is wrong with what was sent."""
        if self._all_simple:
            found = self._judge(sent)
            if found is not None:
                return found
        return get_variable_values(
            self._schema, self._definitions, sent, ERRORS, self._hide_suggestions
        )

    def _judge(self, sent: dict[str, Any]) -> VariableValues | None:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, kind, nonnull, missing, default in self._simple:
            if name not in sent:
                if default:
                    coerced[name] = default[0]
                elif nonnull:
                    return None
                sources[name] = missing
                continue
            value: Any = sent[name]
            if value is None:
                if nonnull:
                    return None
            elif type(value) is not kind or not _in_range(value):
                return None
            coerced[name] = value
            sources[name] = VariableValueSource(missing.signature, value)
        return VariableValues(sources, coerced)

    def _simplified(self, definition: VariableDefinitionNode) -> _Simple | None:
        signature = get_variable_signature(self._schema, definition)
        if isinstance(signature, GraphQLError):
            return None
        nonnull = is_non_null_type(signature.type)
        named: Any = signature.type.of_type if is_non_null_type(signature.type) else signature.type
        kind = _TYPES.get(named)
        if kind is None:
            return None
        default: tuple[Any, ...] = ()
        if definition.default_value is not None:
            found = get_variable_values(self._schema, [definition], {})
            if isinstance(found, list):
                return None
            default = tuple(found.coerced.values())
        missing = VariableValueSource(signature)
        return _Simple(signature.name, kind, nonnull, missing, default)


def _in_range(value: Any) -> bool:
    if type(value) is int:
        return GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT
    return type(value) is not float or isfinite(value)
