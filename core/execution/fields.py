"""A field of a selection, and all that is known of it before it runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    TypeNameMetaFieldDef,
    default_field_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList

from core.execution.arguments import Arguments, Values
from core.execution.hints import InstancesOf
from core.execution.information import information
from core.execution.positions import Level
from core.execution.readers import Resolve
from core.execution.shapes import LeafShape

if TYPE_CHECKING:
    from core.execution.plans import Plan
    from core.execution.run import Run
    from core.execution.selections import Selection


class Field:
    """A field of a selection."""

    __slots__ = (
        "arguments",
        "by_class",
        "constant",
        "decided",
        "definition",
        "depth",
        "details",
        "key",
        "name",
        "nodes",
        "order",
        "parent_type",
        "read",
        "selections",
        "shape",
        "way",
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
        self.shape = plan.ways.shape(definition)
        way = self.way = plan.ways.way(definition)
        self.read = way.read
        if definition.resolve is None and plan.field_resolver is not default_field_resolver:
            self.read = Resolve(plan.field_resolver)
        self.constant = parent_type.name if definition is TypeNameMetaFieldDef else None
        self.arguments = (
            Arguments(definition, self.nodes[0], hide_suggestions=plan.hide_suggestions)
            if definition.args
            else None
        )
        self.selections: dict[GraphQLObjectType, Selection] = {}
        self.by_class: dict[type, Selection] = {}
        """What is selected of objects that are of the field's type by their class."""
        self.decided: dict[Callable[..., bool], bool] = {}
        """What resolvers have decided by nothing but the field's place in the document."""

    @property
    def is_exact(self) -> bool:
        """Whether the values are written as they are, unseen."""
        hint, shape = self.parent_type.is_type_of, self.shape
        return (
            isinstance(hint, InstancesOf)
            and self.way.attribute in hint.exact
            and isinstance(shape, LeafShape)
            and bool(shape.as_is)
        )

    def values(self, run: Run) -> Values:
        """The arguments by their GraphQL names. Errors: GraphQLError."""
        return NO_ARGUMENTS if self.arguments is None else self.arguments.values(run)

    def python_values(self, run: Run, level: Level, index: int) -> Values:
        """The arguments as the resolver of an object takes them. Errors: whatever conversion raises."""
        if self.arguments is None:
            return NO_ARGUMENTS
        values = self.arguments.values(run)
        python = self.way.python_arguments
        if python is None or python.same:
            return values
        return python.values(values, partial(self.info, run, level, index))

    def info(self, run: Run, level: Level, index: int) -> Any:
        """Strawberry's info, for one object of a level."""
        raw = information(run, self, level, index)
        schema = run.plan.strawberry_schema
        if schema is None or self.way.strawberry_field is None:
            return raw
        return schema.config.info_class(_raw_info=raw, _field=self.way.strawberry_field)


NO_ARGUMENTS = Values({}, True)
