"""A field of a selection, and all that is known of it before it runs."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    TypeNameMetaFieldDef,
    default_field_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList
from strawberry.schema import Schema as StrawberrySchema
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from core.execution.arguments import Arguments, PythonArguments, Values, python_arguments
from core.execution.information import information
from core.execution.loading import Loaded
from core.execution.positions import Level
from core.execution.readers import Call, Read, Resolve, read_by_name
from core.execution.shapes import shape_of

if TYPE_CHECKING:
    from core.execution.plans import Plan
    from core.execution.run import Run
    from core.execution.selections import Selection


class Field:
    """A field of a selection."""

    __slots__ = (
        "arguments",
        "attribute",
        "by_class",
        "call",
        "constant",
        "definition",
        "depth",
        "details",
        "key",
        "loaded",
        "name",
        "nodes",
        "order",
        "parent_type",
        "python_arguments",
        "read",
        "selections",
        "shape",
        "strawberry_field",
    )

    def __init__(
        self,
        plan: Plan,
        parent_type: GraphQLObjectType,
        definition: GraphQLField,
        details: FieldDetailsList,
        *,
        key: str,
        order: int,
        depth: int,
    ) -> None:
        self.parent_type = parent_type
        self.definition = definition
        self.key = key
        self.order = order
        self.depth = depth
        self.details = details
        self.nodes = [detail.node for detail in details]
        self.name = self.nodes[0].name.value
        self.shape = shape_of(definition.type)
        self.selections: dict[GraphQLObjectType, Selection] = {}
        self.arguments = (
            Arguments(definition, self.nodes[0], hide_suggestions=plan.hide_suggestions)
            if definition.args
            else None
        )
        self.attribute: str | None = None
        """The attribute that is the value, if that is all."""
        self.call: Callable[[Any], Any] | None = None
        """The function of the object alone that gives the value, if that is all."""
        self.constant: str | None = None
        self.by_class: dict[type, Selection] = {}
        """What is selected of objects that are of the field's type by their class."""
        self.loaded: Loaded | None = None
        self.python_arguments: PythonArguments | None = None
        self.strawberry_field: StrawberryField | None = None
        self.read: Read = self._choose(plan)

    def _choose(self, plan: Plan) -> Read:
        resolve = self.definition.resolve
        if self.definition is TypeNameMetaFieldDef:
            self.constant = self.parent_type.name
        if resolve is None:
            by_name = plan.field_resolver is default_field_resolver
            return read_by_name if by_name else Resolve(plan.field_resolver)
        field = plain_strawberry_field(plan.strawberry_schema, self.definition)
        if field is None or plan.strawberry_schema is None:
            return Resolve(resolve)
        self.strawberry_field = field
        self.python_arguments = python_arguments(plan.strawberry_schema, field)
        if field.base_resolver is not None:
            return self._call_resolver(field.base_resolver)
        return self._read_attribute(field, plan.strawberry_schema.config.default_resolver)

    def _call_resolver(self, resolver: StrawberryResolver[Any]) -> Read:
        function: Any = resolver.wrapped_func
        self.loaded = getattr(function, "__loaded__", None)
        call = Call.of_resolver(resolver)
        if call.takes_source_only and not self.arguments:
            self.call = function
        return call

    def _read_attribute(self, field: StrawberryField, read: Callable[[Any, str], Any]) -> Read:
        name = field.python_name
        if read is getattr and name.isidentifier() and not iskeyword(name):
            self.attribute = name
        self.call = lambda source: read(source, name)
        return Call(self.call)

    def values(self, run: Run) -> Values:
        """The arguments by their GraphQL names. Errors: GraphQLError."""
        return NO_ARGUMENTS if self.arguments is None else self.arguments.values(run)

    def python_values(self, run: Run, level: Level, index: int) -> Values:
        """The arguments as the resolver of an object takes them. Errors: whatever conversion raises."""
        if self.arguments is None:
            return NO_ARGUMENTS
        by_name, shared = self.arguments.values(run)
        if self.python_arguments is None:
            return Values(by_name, shared)
        names, convert = self.python_arguments
        if names is None:
            return Values(convert(by_name, self.info(run, level, index)), False)
        return Values({names[name]: value for name, value in by_name.items()}, shared)

    def info(self, run: Run, level: Level, index: int) -> Any:
        """Strawberry's info, for one object of a level."""
        raw = information(run, self, level, index)
        schema = run.plan.strawberry_schema
        if schema is None or self.strawberry_field is None:
            return raw
        return schema.config.info_class(_raw_info=raw, _field=self.strawberry_field)


NO_ARGUMENTS = Values({}, True)


def plain_strawberry_field(
    schema: StrawberrySchema | None, definition: GraphQLField
) -> StrawberryField | None:
    """The Strawberry field, if nothing but its resolver or attribute decides about its value.

    A class of fields that reads an attribute in a `get_result` of its own may say so by
    `reads_attribute = True`.
    """
    field = definition.extensions.get("strawberry-definition")
    resolve = definition.resolve
    if (
        schema is None
        or schema.exception_handlers
        or not isinstance(field, StrawberryField)
        or field.is_subscription
        or field.extensions
        or field.permission_classes
        or getattr(resolve, "__module__", None) != "strawberry.schema.schema_converter"
    ):
        return None
    if type(field).get_result is StrawberryField.get_result:
        return field
    reads_attribute = getattr(field, "reads_attribute", False)
    return field if field.base_resolver is None and reads_attribute else None
