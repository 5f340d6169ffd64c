"""The plan of an operation: everything that is the same in each execution of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLFieldResolver,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLTypeResolver,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import (
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

from core.execution.plan import codegen
from core.execution.plan.arguments import Arguments
from core.execution.plan.field_resolution import CallGraphQLResolver, fields_of
from core.execution.plan.selection import Field, Selection
from core.execution.plan.variables import Variables
from core.recently_used import RecentlyUsed

BRANCHES = 32
"""How many combinations of conditions of `@skip` and `@include` a plan keeps."""

DEEPEST = 200
"""How deep selections may be nested: deeper ones could be executed, but not written as JSON."""


class NotCompiled(Exception):
    """The standard executor has to execute the operation. The message says why."""


class PlanOptions(NamedTuple):
    """What determines a plan besides schema and operation."""

    field_resolver: GraphQLFieldResolver = default_field_resolver
    type_resolver: GraphQLTypeResolver = default_type_resolver
    hide_suggestions: bool = False


class Branch:
    """The plan for one combination of conditions."""

    __slots__ = ("_plan", "root_type", "roots")

    def __init__(self, plan: Plan, root_type: GraphQLObjectType, variables: VariableValues) -> None:
        self._plan = plan
        self.root_type = root_type
        grouped = collect_fields(
            plan.schema, plan.fragments, variables, root_type, plan.operation, plan.hide_suggestions
        ).grouped_field_set
        whole = _selection(plan, root_type, grouped, 1)
        self.roots = [whole]
        """What is selected of the root, in parts that are executed one after the other."""
        if plan.operation.operation is OperationType.MUTATION:
            self.roots = [
                Selection(root_type, [field], codegen.selection_reader([field]))
                for field in whole.fields
            ]

    def selection(
        self, field: Field, graphql_type: GraphQLObjectType, variables: VariableValues
    ) -> Selection:
        """What is selected of a field's objects of that type. Errors: GraphQLError."""
        found = field.selections.get(graphql_type)
        if found is None:
            if field.depth >= DEEPEST:
                raise GraphQLError(f"Selections are nested more than {DEEPEST} levels deep.")
            plan = self._plan
            grouped = collect_subfields(
                plan.schema,
                plan.fragments,
                variables,
                plan.operation,
                graphql_type,
                field.details,
                plan.hide_suggestions,
            ).grouped_field_set
            found = _selection(plan, graphql_type, grouped, field.depth + 1)
            field.selections[graphql_type] = found
        return found


class Plan:
    """One operation of a document for one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        options: PlanOptions,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = fragments
        self.fragment_definitions = _definitions(fragments)
        self.field_resolver, self.type_resolver, self.hide_suggestions = options
        self.variables = Variables(
            schema, operation.variable_definitions or (), hide_suggestions=self.hide_suggestions
        )
        self.schema_fields = fields_of(schema)
        self.strawberry_schema = self.schema_fields.strawberry_schema
        self.propagates = not any(
            directive.name.value == GraphQLDisableErrorPropagationDirective.name
            for directive in operation.directives or ()
        )
        self._conditions = _conditions(operation.selection_set, self.fragment_definitions)
        self._branches: RecentlyUsed[tuple[Any, ...], Branch] = RecentlyUsed(BRANCHES)
        self._only_branch: Branch | None = None
        """The branch, if there are no conditions."""

    def is_for(
        self, operation: OperationDefinitionNode, fragments: dict[str, FragmentDetails]
    ) -> bool:
        """Whether it is the plan of this operation, or of an equal one."""
        own, definitions = self.fragment_definitions, _definitions(fragments)
        if self.operation is operation:
            return len(own) == len(definitions) and all(
                own.get(name) is definition for name, definition in definitions.items()
            )
        return self.operation == operation and own == definitions

    def branch(self, variables: VariableValues) -> Branch:
        """The plan under these variables. Errors: NotCompiled, GraphQLError, RecursionError."""
        if self._only_branch is not None:
            return self._only_branch
        coerced = variables.coerced
        key = tuple([coerced.get(name) for name in self._conditions])
        try:
            found = self._branches.get(key)
        except TypeError:
            raise NotCompiled("condition") from None
        if found is None:
            root_type = self.schema.get_root_type(self.operation.operation)
            if root_type is None:
                raise NotCompiled("root type")
            found = Branch(self, root_type, variables)
            self._branches.put(key, found)
            if not self._conditions:
                self._only_branch = found
        return found


def _definitions(fragments: dict[str, FragmentDetails]) -> dict[str, FragmentDefinitionNode]:
    return {name: used.definition for name, used in fragments.items()}


def _selection(
    plan: Plan, graphql_type: GraphQLObjectType, grouped_fields: GroupedFieldSet, depth: int
) -> Selection:
    """The selection, without fields that the type does not have."""
    fields: list[Field] = []
    for order, (key, details) in enumerate(grouped_fields.items()):
        node = details[0].node
        definition = plan.schema.get_field(graphql_type, node.name.value)
        if definition is None:
            continue
        schema_field = plan.schema_fields.field(definition)
        resolution = schema_field.resolution
        if definition.resolve is None and plan.field_resolver is not default_field_resolver:
            resolution = CallGraphQLResolver(plan.field_resolver)
        field = Field(
            graphql_type,
            definition,
            details,
            schema_field=schema_field,
            resolution=resolution,
            output_type=plan.schema_fields.output_type(definition),
            arguments=Arguments(definition, node, hide_suggestions=plan.hide_suggestions)
            if definition.args
            else None,
            key=key,
            order=order,
            depth=depth,
        )
        fields.append(field)
    return Selection(graphql_type, fields, codegen.selection_reader(fields))


def _conditions(
    selection_set: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]
) -> list[str]:
    """The variables that determine what is selected. Errors: NotCompiled."""
    names: dict[str, None] = {}
    for node in _selections(selection_set, fragments):
        for directive in node.directives or ():
            if directive.name.value in {"defer", "stream"}:
                raise NotCompiled(f"@{directive.name.value}")
            if directive.name.value in {"skip", "include"}:
                for argument in directive.arguments or ():
                    if isinstance(argument.value, VariableNode):
                        names[argument.value.name.value] = None
    return list(names)


def _selections(
    selection_set: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[SelectionNode]:
    """All selections of the operation; those of a fragment once."""
    seen: set[str] = set()
    remaining = [selection_set]
    while remaining:
        for node in remaining.pop().selections:
            yield node
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name in fragments and name not in seen:
                    seen.add(name)
                    if fragments[name].variable_definitions:
                        raise NotCompiled("fragment variables")
                    remaining.append(fragments[name].selection_set)
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                remaining.append(node.selection_set)


def operation_of(
    document: DocumentNode, name: str | None
) -> tuple[OperationDefinitionNode, dict[str, FragmentDetails]]:
    """The operation to execute, and the fragments of its document. Errors: NotCompiled."""
    operations: list[OperationDefinitionNode] = []
    fragments: dict[str, FragmentDetails] = {}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            if name is None or (definition.name and definition.name.value == name):
                operations.append(definition)
        elif isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = FragmentDetails(definition)
    if len(operations) != 1:
        raise NotCompiled("no such operation")
    return operations[0], fragments
