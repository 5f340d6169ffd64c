"""Selections and their fields, and the runtime that code generated for them calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from graphql import GraphQLField, GraphQLObjectType, TypeNameMetaFieldDef
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues

from core.execution.plan.arguments import Arguments, ArgumentValues
from core.execution.plan.field_resolution import FieldResolution, ReadAttribute, SchemaField
from core.execution.plan.output_types import LeafType, OutputType
from core.execution.schema.hints import InstancesOf
from core.execution.schema.row_layout import Layout

B_contra = TypeVar("B_contra", contravariant=True)


class Field:
    """A field of a selection: everything about it that is the same in every execution."""

    def __init__(
        self,
        parent_type: GraphQLObjectType,
        definition: GraphQLField,
        details: FieldDetailsList,
        *,
        schema_field: SchemaField,
        resolution: FieldResolution,
        output_type: OutputType,
        arguments: Arguments | None,
        key: str,
        order: int,
        depth: int,
    ) -> None:
        self.parent_type = parent_type
        self.definition = definition
        self.details = details
        self.nodes = [detail.node for detail in details]
        self.name = self.nodes[0].name.value
        self.key = key
        """The response key."""
        self.order = order
        """The place among the fields of the selection."""
        self.depth = depth
        self.schema_field = schema_field
        self.resolution = resolution
        self.is_async: bool = getattr(resolution, "is_async", False)
        self.output_type = output_type
        self.arguments = arguments
        self.constant = parent_type.name if definition is TypeNameMetaFieldDef else None
        """The value of `__typename`; None for all other fields."""
        hint = parent_type.is_type_of
        self.is_exact = (
            isinstance(hint, InstancesOf)
            and isinstance(resolution, ReadAttribute)
            and resolution.name in hint.exact
            and isinstance(output_type, LeafType)
            and bool(output_type.passthrough)
        )
        """Whether the values go into the result without a look at them."""
        self.selections: dict[GraphQLObjectType, Selection] = {}
        """What is selected of the field's objects, by their type."""
        self.by_class: dict[type, Selection] = {}
        """The same by Python class, where the class determines the type."""
        self.row_writers: dict[tuple[Layout[Any], OutputType], Any] = {}
        """Write the field's lists of rows as JSON, by layout and type of the items; there is none where the rows alone
        don't suffice."""
        self.list_writers: dict[tuple[type, str, Layout[Any]], Any] = {}
        """The same for objects with a list of rows, by their class, and by its attribute and layout."""
        self.decided: dict[Callable[..., bool], bool] = {}
        """What resolvers decided from nothing but the field's place in the document."""

    def argument_values(self, variables: VariableValues) -> ArgumentValues:
        """The arguments by their GraphQL names. Errors: GraphQLError."""
        if self.arguments is None:
            return NO_ARGUMENTS
        return self.arguments.values(variables)


NO_ARGUMENTS = ArgumentValues({}, True)


class Runtime(Protocol[B_contra]):
    """What generated code calls while an operation is executed. B_contra: a batch of parent objects."""

    __slots__ = ()

    def call(self, parents: B_contra, field: Field, /) -> list[Any]:
        """The resolved value of a field for each parent; an exception stands for a failure."""

    def complete(self, parents: B_contra, field: Field, values: list[Any], /) -> list[Any]:
        """The completed values, with null for what failed or is awaited."""

    def complete_irregular(
        self, parents: B_contra, irregular: list[tuple[Field, int, Any]], /
    ) -> None:
        """Completes single values, given with the index of their parent, that can't pass as they are."""

    def complete_later(self, parents: B_contra, field: Field, values: list[Any], /) -> None:
        """Completes values when the results of their parents are in place."""

    def load(self, parents: B_contra, field: Field, /) -> None:
        """Has the field's loader fetch its values for all parents."""

    def resolve_later(self, parents: B_contra, field: Field, /) -> None:
        """Resolves a field of row objects whose results are in place."""

    def nested_rows(self, parents: B_contra, field: Field, /) -> Any:
        """The batch of the objects that a field of row objects has in the same rows."""


ReadBatch = Callable[[Runtime[Any], Any], list[dict[str, Any]]]
ReadRows = Callable[[Runtime[Any], Any], list[dict[str, Any]] | None]
Select = Callable[[Field, GraphQLObjectType], "Selection"]
"""Finds what is selected of a field's objects of one type. Errors: GraphQLError."""


class Selection:
    """The fields of one object type that are selected at one place of a document."""

    __slots__ = ("fields", "graphql_type", "read", "row_readers")

    def __init__(
        self, graphql_type: GraphQLObjectType, fields: list[Field], read: ReadBatch
    ) -> None:
        self.graphql_type = graphql_type
        self.fields = fields
        self.read = read
        """Makes the results of a batch of objects, with nulls where values are awaited."""
        self.row_readers: dict[tuple[Layout[Any], bool], ReadRows] = {}
        """The same for rows, by their layout and whether values may be JSON; None says that objects have to be made of
        the rows."""
