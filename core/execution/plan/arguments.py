"""Coerces the arguments of a field: what is constant once, the rest in each execution (specification 6.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputType,
    Node,
    NullValueNode,
    VariableNode,
    get_argument_values,
    get_nullable_type,
    is_enum_type,
    is_non_null_type,
    is_required_argument,
    specified_scalar_types,
)
from graphql.execution.values import VariableValues
from strawberry.relay.types import GlobalID
from strawberry.schema import Schema as StrawberrySchema
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

SCALARS = frozenset(specified_scalar_types.values())
UNCHANGING = (str, int, float, bool, type(None), Enum, datetime, date, time, UUID, Decimal)


class ArgumentValues(NamedTuple):
    """Arguments as a resolver takes them, by name."""

    by_name: dict[str, Any]
    shared: bool
    """Whether all objects of a batch may get the same values: they are immutable."""


class _Argument(NamedTuple):
    name: str
    variable: str | None
    """The variable that is the value; None if `value` is."""
    value: Any
    """For a variable, the default for one that is not provided."""
    has_value: bool
    nonnull: bool
    is_scalar: bool
    """Whether a variable gives a value of a built-in scalar, which is immutable."""


class Arguments:
    """The arguments of a field."""

    def __init__(
        self, definition: GraphQLField, node: FieldNode, *, hide_suggestions: bool
    ) -> None:
        self._definition = definition
        self._node = node
        self._hide_suggestions = hide_suggestions
        simple = self._analyse()
        self._is_simple = simple is not None
        self._known = {
            part.name: part.value if part.has_value else MISSING
            for part in simple or ()
            if part.has_value or part.variable is not None
        }
        """What the arguments are where no variable says otherwise, in the order of the schema."""
        varying = [part for part in simple or () if part.variable is not None]
        self._varying = [(part.name, part.variable, part.nonnull) for part in varying]
        self._are_scalars = all(part.is_scalar for part in varying)
        self._fixed: ArgumentValues | None = None
        if self._is_simple and not self._varying:
            self._fixed = ArgumentValues(self._known, True)

    def values(self, variables: VariableValues) -> ArgumentValues:
        """The values, for all objects alike. Errors: GraphQLError."""
        if self._fixed is not None:
            return self._fixed
        if self._is_simple:
            found = self._from_variables(variables.coerced)
            if found is not None:
                return found
        by_name = get_argument_values(
            self._definition, self._node, variables, None, self._hide_suggestions
        )
        return ArgumentValues(by_name, all(map(_unchanging, by_name.values())))

    def _from_variables(self, coerced: dict[str, Any]) -> ArgumentValues | None:
        by_name = {**self._known}
        for name, variable, nonnull in self._varying:
            if variable in coerced:
                given = coerced[variable]
                if given is None and nonnull:
                    return None
                by_name[name] = given
            elif by_name[name] is MISSING:
                if nonnull:
                    return None
                del by_name[name]
        shared = self._are_scalars or all(map(_unchanging, by_name.values()))
        return ArgumentValues(by_name, shared)

    def _analyse(self) -> list[_Argument] | None:
        """Each argument, if every one is a variable or a value that can be shared."""
        given = {node.name.value: node.value for node in self._node.arguments or ()}
        parts: list[_Argument] = []
        for name, argument in self._definition.args.items():
            part = self._part(name, argument, given.get(name))
            if part is None:
                return None
            parts.append(part)
        return parts

    def _part(self, name: str, argument: GraphQLArgument, value: Node | None) -> _Argument | None:
        out_name = argument.out_name or name
        required = is_required_argument(argument)
        if isinstance(value, VariableNode):
            default = None if required else self._constant(name, argument, None)
            if not required and default is None:
                return None
            known = default or ()
            return _Argument(
                out_name,
                value.name.value,
                known[0] if known else None,
                bool(known),
                is_non_null_type(argument.type),
                get_nullable_type(argument.type) in SCALARS,
            )
        constant = (
            self._constant(name, argument, value)
            if value is None or _is_constant(argument.type, value)
            else None
        )
        if constant is None:
            return None
        value = constant[0] if constant else None
        return _Argument(out_name, None, value, bool(constant), nonnull=False, is_scalar=False)

    def _constant(
        self, name: str, argument: GraphQLArgument, value: Node | None
    ) -> tuple[Any, ...] | None:
        """The one value; empty if the argument is left out; None if it can't be shared."""
        field = GraphQLField(self._definition.type, args={name: argument})
        nodes = tuple(node for node in self._node.arguments or () if node.value is value)
        try:
            found = get_argument_values(field, FieldNode(name=self._node.name, arguments=nodes))
        except Exception:  # noqa: BLE001  # an error of the field whenever it is executed
            return None
        values = tuple(found.values())
        return values if all(map(_unchanging, values)) else None


def _unchanging(value: Any) -> bool:
    return isinstance(value, UNCHANGING)


def _is_constant(input_type: GraphQLInputType, node: Node) -> bool:
    """Whether a literal always has the same value. Who wrote a scalar says what its literals are, at each execution."""
    bare = get_nullable_type(input_type)
    return isinstance(node, NullValueNode) or bare in SCALARS or is_enum_type(bare)


class PythonArguments(NamedTuple):
    """How Strawberry names and converts the values before it calls a resolver."""

    parts: dict[str, tuple[str, Callable[[Any], Any] | None]] | None
    """By GraphQL name: the resolver's name, and how it wants the value if not as it is. None if that takes
    more than the value.
    """
    convert: Callable[[dict[str, Any], Any], dict[str, Any]]
    """From the values by GraphQL name and Strawberry's info."""
    same: bool
    """Whether the resolver takes all values as they are, by the same names."""

    def values(self, given: ArgumentValues, info: Callable[[], Any]) -> ArgumentValues:
        """The values as the resolver takes them. Errors: whatever conversion raises."""
        by_name, shared = given
        if self.parts is None:
            return ArgumentValues(self.convert(by_name, info()), False)
        named: dict[str, Any] = {}
        for name, value in by_name.items():
            python_name, convert = self.parts[name]
            if convert is None:
                named[python_name] = value
            else:
                named[python_name] = convert(value)
                shared = False
        return ArgumentValues(named, shared)


def python_arguments(schema: StrawberrySchema, field: StrawberryField) -> PythonArguments:
    """How a field's arguments reach its resolver."""
    config, converter = schema.config, schema.schema_converter
    arguments = field.arguments
    registry = converter.scalar_registry

    def convert(by_name: dict[str, Any], info: Any) -> dict[str, Any]:
        return convert_arguments(by_name, arguments, registry, config, info)

    parts: dict[str, tuple[str, Callable[[Any], Any] | None]] = {}
    for argument in arguments:
        name = config.name_converter.from_argument(argument)
        made = None
        if not _is_plain(argument.type, registry):
            made = _input_maker(argument.type, schema)
            if made is None:
                return PythonArguments(None, convert, False)
        parts[name] = (argument.python_name, made)
    same = all(part == (name, None) for name, part in parts.items())
    return PythonArguments(parts, convert, same)


def _is_plain(annotation: Any, registry: Any) -> bool:
    """Whether values of the type reach the resolver as they are."""
    if type(annotation) is StrawberryOptional:
        return _is_plain(annotation.of_type, registry)
    if isinstance(annotation, StrawberryEnumDefinition):
        return True
    try:
        return annotation in registry and annotation is not GlobalID
    except TypeError:
        return False


def _input_maker(annotation: Any, schema: StrawberrySchema) -> Callable[[Any], Any] | None:
    """Makes an input object of a dict of plain values, as `convert_argument` does; None for other types."""
    kind = annotation.of_type if type(annotation) is StrawberryOptional else annotation
    if not has_object_definition(kind):
        return None
    definition = kind.__strawberry_definition__
    registry = schema.schema_converter.scalar_registry
    if (
        not definition.is_input
        or definition.from_input is not None
        or not all(
            _is_plain(part.resolve_type(type_definition=definition), registry)
            for part in definition.fields
        )
    ):
        return None
    naming = schema.config.name_converter.from_field
    names = [(naming(part), part.python_name) for part in definition.fields]
    missing = {
        part.python_name: None
        for part in definition.fields
        if part.default_value is MISSING and part.default_factory is MISSING
    }

    def make(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        given = {python: value[name] for name, python in names if name in value}
        return kind(**{**missing, **given})

    return make
