"""Coerces the variables of an operation: simple ones here, all others by graphql-core (specification 6.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    VariableDefinitionNode,
    is_input_object_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.pyutils import Undefined
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT
from graphql.utilities.coerce_input_value import coerce_default_value

ERRORS = 50
"""How many errors are reported at most."""
_TYPES: dict[Any, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLInt: int,
    GraphQLBoolean: bool,
    GraphQLFloat: float,
}


Coerce = Callable[[Any], Any]
"""Returns the value for resolvers, or UNSURE where graphql-core has to find out what is wrong."""
UNSURE = object()


class _Simple(NamedTuple):
    name: str
    coerce: Coerce
    missing: VariableValueSource
    required: bool
    default: tuple[Any, ...]
    """The default value, if there is one."""


class Variables:
    """The variables of one operation."""

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
        self._simple = {found.name: found for found in simple if found is not None}
        self._all_simple = None not in simple
        known = self._simple.values()
        self._missing = {each.name: each.missing for each in known}
        self._defaults = {each.name: each.default[0] if each.default else UNSURE for each in known}
        self._without_default = {each.name for each in known if not each.default}
        self._required = {each.name for each in known if each.required and not each.default}

    def values(self, sent: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values for resolvers, or the errors of what was sent."""
        return self._coerce(sent) or coerce_variable_values(
            self._schema, self._definitions, sent, hide_suggestions=self._hide_suggestions
        )

    def _coerce(self, sent: dict[str, Any]) -> VariableValues | None:
        if not self._all_simple or not self._required <= sent.keys():
            return None
        # In the order of the definitions, whatever that of what was sent.
        sources, coerced = {**self._missing}, {**self._defaults}
        for name, given in sent.items():
            simple = self._simple.get(name)
            if simple is None:
                continue
            try:
                value = simple.coerce(given)
            except Exception:  # noqa: BLE001  # raised by an input type; graphql-core finds out where
                return None
            if value is UNSURE:
                return None
            coerced[name] = value
            sources[name] = VariableValueSource(simple.missing.signature, given)
        for name in self._without_default - sent.keys():
            del coerced[name]
        return VariableValues(sources, coerced)

    def _simplified(self, definition: VariableDefinitionNode) -> _Simple | None:
        signature = get_variable_signature(self._schema, definition)
        if isinstance(signature, GraphQLError):
            return None
        coerce = _coercer(signature.type)
        if coerce is None:
            return None
        default: tuple[Any, ...] = ()
        if definition.default_value is not None:
            found = coerce_variable_values(self._schema, [definition], {})
            if isinstance(found, list) or not all(map(_is_unchanging, found.coerced.values())):
                return None
            default = tuple(found.coerced.values())
        missing = VariableValueSource(signature)
        return _Simple(signature.name, coerce, missing, is_non_null_type(signature.type), default)


def coerce_variable_values(
    schema: GraphQLSchema,
    definitions: Sequence[VariableDefinitionNode],
    sent: dict[str, Any],
    *,
    hide_suggestions: bool = False,
    errors_at_most: int = ERRORS,
) -> VariableValues | list[GraphQLError]:
    """The values as graphql-core coerces them, or the errors of what was sent.

    An exception of an input type's `out_type` is an error of its variable, too.
    """
    try:
        return get_variable_values(schema, definitions, sent, errors_at_most, hide_suggestions)
    except Exception as error:  # noqa: BLE001  # an input type may raise anything
        refused = error
    for definition in definitions:
        name = definition.variable.name.value
        try:
            get_variable_values(schema, [definition], sent, errors_at_most, hide_suggestions)
        except Exception as error:  # noqa: BLE001  # as above
            message = f"Variable '${name}' has invalid value."
            return [GraphQLError(message, definition, original_error=error)]
    return [GraphQLError("Variables have invalid values.", [*definitions], original_error=refused)]


def _coercer(type_: GraphQLInputType) -> Coerce | None:
    """For scalars, and for input objects that have nothing but scalars."""
    bare: Any = type_.of_type if is_non_null_type(type_) else type_
    coerce = _object_coercer(bare) if is_input_object_type(bare) else _scalar_coercer(bare)
    if coerce is None:
        return None
    given, null = coerce, UNSURE if is_non_null_type(type_) else None
    return lambda value: null if value is None else given(value)


def _scalar_coercer(scalar: Any) -> Coerce | None:
    kind = _TYPES.get(scalar)
    if kind is None:
        return None
    return lambda value: value if type(value) is kind and _in_range(value) else UNSURE


class _Part(NamedTuple):
    name: str
    out_name: str
    coerce: Coerce
    required: bool
    default: tuple[Any, ...]


def _object_coercer(input_object: GraphQLInputObjectType) -> Coerce | None:
    parts: list[_Part] = []
    for name, field in input_object.fields.items():
        bare = field.type.of_type if is_non_null_type(field.type) else field.type
        coerce = None if is_input_object_type(bare) else _coercer(field.type)
        try:
            default = coerce_default_value(field)
        except Exception:  # noqa: BLE001  # raised by an input type, in each request
            return None
        if coerce is None or not (default is Undefined or _is_unchanging(default)):
            return None
        known = () if default is Undefined else (default,)
        out_name = field.out_name or name
        parts.append(_Part(name, out_name, coerce, is_required_input_field(field), known))
    if input_object.is_one_of:
        return None
    out_type = input_object.out_type

    def coerce_object(value: Any) -> Any:
        if type(value) is not dict:
            return UNSURE
        coerced: dict[str, Any] = {}
        known = 0
        for name, out_name, coerce, required, default in parts:
            if name in value:
                known += 1
                found = coerced[out_name] = coerce(value[name])
                if found is UNSURE:
                    return UNSURE
            elif required:
                return UNSURE
            elif default:
                coerced[out_name] = default[0]
        return out_type(coerced) if known == len(value) else UNSURE

    return coerce_object


def _is_unchanging(value: Any) -> bool:
    return value is None or type(value) in {str, int, float, bool}


def _in_range(value: Any) -> bool:
    if type(value) is int:
        return GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT
    return type(value) is not float or isfinite(value)
