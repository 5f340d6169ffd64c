"""How the fields of one schema are had, worked out once for all documents."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from keyword import iskeyword
from typing import Any

from graphql import GraphQLField, GraphQLOutputType, GraphQLSchema
from strawberry.schema import Schema as StrawberrySchema
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from core.execution.arguments import PythonArguments, python_arguments
from core.execution.hints import OfColumns
from core.execution.loading import Loaded
from core.execution.readers import Call, Read, Resolve, read_by_name
from core.execution.shapes import Shape, shape_of

KEY = "compiled execution"


class Way:
    """How the values of a field are had."""

    __slots__ = (
        "attribute",
        "call",
        "gives_text",
        "loaded",
        "of_columns",
        "python_arguments",
        "read",
        "resolve",
        "strawberry_field",
        "waits",
    )

    def __init__(self, schema: StrawberrySchema | None, definition: GraphQLField) -> None:
        self.resolve = definition.resolve
        """What all this was worked out from."""
        self.attribute: str | None = None
        """The attribute that is the value, if that is all."""
        self.call: Callable[[Any], Any] | None = None
        """The function of the object alone that gives the value, if that is all."""
        self.waits = False
        """Whether the function gives coroutines."""
        self.loaded: Loaded | None = None
        self.of_columns: OfColumns | None = None
        """How the values of many objects are computed at once, if there is such a way."""
        self.gives_text = False
        """Whether those values are text."""
        self.python_arguments: PythonArguments | None = None
        self.strawberry_field = _plain_strawberry_field(schema, definition)
        self.read: Read = read_by_name
        if self.strawberry_field is not None and schema is not None:
            self._bypass(schema, self.strawberry_field, definition)
        elif self.resolve is not None:
            self.read = Resolve(self.resolve)

    def _bypass(
        self, schema: StrawberrySchema, field: StrawberryField, definition: GraphQLField
    ) -> None:
        """Calls the resolver, or reads the attribute, without Strawberry's layers around it."""
        self.python_arguments = python_arguments(schema, field)
        if field.base_resolver is not None:
            function: Any = field.base_resolver.wrapped_func
            self.waits = iscoroutinefunction(function)
            self.loaded = getattr(function, "__loaded__", None)
            self.of_columns = getattr(function, "__of_columns__", None)
            self.gives_text = self.of_columns is not None and self.of_columns.gives_text
            call = Call.of_resolver(field.base_resolver)
            if call.takes_source_only and not definition.args:
                self.call = function
            self.read = call
            return
        read, name = schema.config.default_resolver, field.python_name
        if read is getattr and name.isidentifier() and not iskeyword(name):
            self.attribute = name
        self.call = lambda source: read(source, name)
        self.read = Call(self.call)


class Ways:
    """The ways and shapes of one schema's fields."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.strawberry_schema: StrawberrySchema | None = getattr(
            schema, "_strawberry_schema", None
        )
        self.plans: Any = None
        """What an executor keeps with the schema."""
        self._ways: dict[int, tuple[GraphQLField, Way]] = {}
        self._shapes: dict[int, tuple[GraphQLOutputType, Shape]] = {}

    def __reduce__(self) -> Any:
        # A copied or pickled schema leaves it behind.
        return type(None), ()

    def way(self, definition: GraphQLField) -> Way:
        known = self._ways.get(id(definition))
        if known is None or known[1].resolve is not definition.resolve:
            known = definition, Way(self.strawberry_schema, definition)
            self._ways[id(definition)] = known
        return known[1]

    def shape(self, definition: GraphQLField) -> Shape:
        known = self._shapes.get(id(definition.type))
        if known is None:
            known = definition.type, shape_of(definition.type)
            self._shapes[id(definition.type)] = known
        return known[1]


def ways_of(schema: GraphQLSchema) -> Ways:
    """What is known of the schema; kept with it."""
    found = schema.extensions.get(KEY)
    # A schema made from another takes over what that one had kept.
    if not isinstance(found, Ways) or found.schema is not schema:
        found = schema.extensions[KEY] = Ways(schema)
    return found


def _plain_strawberry_field(
    schema: StrawberrySchema | None, definition: GraphQLField
) -> StrawberryField | None:
    """The Strawberry field, if nothing but its resolver or attribute decides about its value."""
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
        # Nobody has put a resolver of his own in the place of Strawberry's.
        and getattr(definition.resolve, "__module__", "") == "strawberry.schema.schema_converter"
    )
    return field if plain else None
