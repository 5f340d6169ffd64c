"""How each field of a schema is resolved and completed; worked out once for all documents."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from keyword import iskeyword
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLOutputType, GraphQLSchema, default_field_resolver
from strawberry.schema import Schema as StrawberrySchema
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from core.execution.plan.arguments import PythonArguments, python_arguments
from core.execution.plan.output_types import OutputType, output_type_of
from core.execution.schema.dataloaders import UseLoader
from core.execution.schema.hints import BatchResolver

KEY = "compiled execution"


class ReadAttribute(NamedTuple):
    """The value is an attribute of the parent."""

    name: str

    def resolve(self, parent: Any) -> Any:
        """The value for one parent. Errors: whatever reading it raises."""
        return getattr(parent, self.name)


class CallWithParent(NamedTuple):
    """The value is what a function of the parent alone returns."""

    resolve: Callable[[Any], Any]
    is_async: bool = False


def call_each(function: Callable[[Any], Any], parents: list[Any]) -> list[Any]:
    """What a function returns for each parent; an exception stands for a failure."""
    values: list[Any] = []
    for parent in parents:
        try:
            values.append(function(parent))
        except Exception as error:  # noqa: BLE001  # a resolver's exception is its field's error
            values.append(error)
    return values


class CallResolver(NamedTuple):
    """The value is what a Strawberry resolver returns; it is called without Strawberry's wrappers."""

    function: Callable[..., Any]
    parent_first: bool
    """Whether the parent is the first positional argument."""
    parent_name: str | None
    """The keyword that takes the parent, if there is one."""
    info_name: str | None
    """The keyword that takes Strawberry's info, if there is one."""
    is_async: bool


class CallGraphQLResolver(NamedTuple):
    """The value is what a resolver with graphql-core's signature returns."""

    resolve: Callable[..., Any]


FieldResolution = (
    ReadAttribute | CallWithParent | CallResolver | BatchResolver | UseLoader | CallGraphQLResolver
)
"""The kinds of field resolution. `codegen.py` writes code for each, `resolver_calls.py` calls each."""


class SchemaField:
    """What is known of a field of the schema, whatever the document."""

    __slots__ = ("python_arguments", "resolution", "resolve", "strawberry_field")

    def __init__(self, schema: StrawberrySchema | None, definition: GraphQLField) -> None:
        self.resolve = definition.resolve
        """The resolver from which all this was worked out."""
        self.python_arguments: PythonArguments | None = None
        self.strawberry_field = _plain_strawberry_field(schema, definition)
        self.resolution: FieldResolution
        if self.strawberry_field is not None and schema is not None:
            self.python_arguments = python_arguments(schema, self.strawberry_field)
            self.resolution = _strawberry_resolution(schema, self.strawberry_field, definition)
        else:
            self.resolution = CallGraphQLResolver(self.resolve or default_field_resolver)


def _strawberry_resolution(
    schema: StrawberrySchema, field: StrawberryField, definition: GraphQLField
) -> FieldResolution:
    if field.base_resolver is None:
        read, name = schema.config.default_resolver, field.python_name
        if read is getattr and name.isidentifier() and not iskeyword(name):
            return ReadAttribute(name)
        return CallWithParent(lambda source: read(source, name))
    function: Any = field.base_resolver.wrapped_func
    declared = getattr(function, "__resolution__", None)
    if isinstance(declared, UseLoader | BatchResolver):
        return declared
    call = _call_of(field.base_resolver)
    if call.parent_first and not (call.parent_name or call.info_name or definition.args):
        return CallWithParent(function, call.is_async)
    return call


def _call_of(resolver: StrawberryResolver[Any]) -> CallResolver:
    function: Any = resolver.wrapped_func
    first = resolver.self_parameter is not None
    named = {
        parameter.name
        for parameter in (resolver.parent_parameter, resolver.root_parameter)
        if parameter is not None
    }
    if len(named) == 1 and not first and _first_parameter(function) in named:
        first, named = True, set()
    info = resolver.info_parameter
    return CallResolver(
        function,
        first,
        next(iter(named), None),
        None if info is None else info.name,
        inspect.iscoroutinefunction(function),
    )


def _first_parameter(function: Callable[..., Any]) -> str | None:
    """The name of the first parameter, if it can be passed by position."""
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    with suppress(TypeError, ValueError):
        for parameter in inspect.signature(function).parameters.values():
            return parameter.name if parameter.kind in by_position else None
    return None


class SchemaFields:
    """The fields and output types of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.strawberry_schema: StrawberrySchema | None = getattr(
            schema, "_strawberry_schema", None
        )
        self.plans: Any = None
        """The schema's plans; see `plan_cache.py`."""
        self._fields: dict[int, tuple[GraphQLField, SchemaField]] = {}
        self._output_types: dict[int, tuple[GraphQLOutputType, OutputType]] = {}

    def __reduce__(self) -> Any:
        # A copied or pickled schema does not take it along.
        return type(None), ()

    def field(self, definition: GraphQLField) -> SchemaField:
        known = self._fields.get(id(definition))
        if known is None or known[1].resolve is not definition.resolve:
            known = definition, SchemaField(self.strawberry_schema, definition)
            self._fields[id(definition)] = known
        return known[1]

    def output_type(self, definition: GraphQLField) -> OutputType:
        known = self._output_types.get(id(definition.type))
        if known is None:
            known = definition.type, output_type_of(definition.type)
            self._output_types[id(definition.type)] = known
        return known[1]


def fields_of(schema: GraphQLSchema) -> SchemaFields:
    """What is known of the schema's fields; kept in its extensions."""
    found = schema.extensions.get(KEY)
    # A schema made from another one inherits its extensions.
    if not isinstance(found, SchemaFields) or found.schema is not schema:
        found = schema.extensions[KEY] = SchemaFields(schema)
    return found


def _plain_strawberry_field(
    schema: StrawberrySchema | None, definition: GraphQLField
) -> StrawberryField | None:
    """The Strawberry field, if nothing but its resolver or attribute determines its value."""
    field = definition.extensions.get("strawberry-definition")
    plain = (
        schema is not None
        and not schema.exception_handlers
        and isinstance(field, StrawberryField)
        and type(field).get_result is StrawberryField.get_result
        and (
            field.base_resolver is None
            or type(field.base_resolver).__call__ is StrawberryResolver.__call__
        )
        and not field.is_subscription
        and not field.extensions
        and not field.permission_classes
        # The resolver is Strawberry's own, not one that was set afterwards.
        and getattr(definition.resolve, "__module__", "") == "strawberry.schema.schema_converter"
    )
    return field if plain else None
