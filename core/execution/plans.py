"""An operation, made ready to run: what of it is the same in every run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
)
from graphql.execution.collect_fields import (
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

from core.execution.cache import RecentlyUsed
from core.execution.fields import Field
from core.execution.selections import Selection, selection_of
from core.execution.variables import Variables
from core.execution.ways import ways_of

BRANCHES = 32
"""How many combinations of the conditions of `@skip` and `@include` a plan keeps."""

DEEPEST = 200
"""How deep selections may be nested: execution would go on, but what writes JSON would not."""


class NotCompiled(Exception):
    """The operation is one for the standard executor. Its text says why."""


class Branch:
    """The plan for one combination of conditions."""

    __slots__ = ("_plan", "root_type", "roots")

    def __init__(self, plan: Plan, root_type: GraphQLObjectType, variables: VariableValues) -> None:
        self._plan = plan
        self.root_type = root_type
        grouped = collect_fields(
            plan.schema,
            plan.fragments,
            variables,
            root_type,
            plan.operation,
            plan.hide_suggestions,
        ).grouped_field_set
        whole = selection_of(plan, root_type, grouped, 1)
        self.roots = [whole]
        """What is selected of the root, in parts that run one after the other."""
        if plan.operation.operation is OperationType.MUTATION:
            self.roots = [Selection(root_type, [field]) for field in whole.fields]

    def selection(
        self, field: Field, graphql_type: GraphQLObjectType, variables: VariableValues
    ) -> Selection:
        """What is selected of a field's object of that type. Errors: GraphQLError."""
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
            found = selection_of(plan, graphql_type, grouped, field.depth + 1)
            field.selections[graphql_type] = found
        return found


class Plan:
    """One operation of a document for one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        *,
        field_resolver: GraphQLFieldResolver,
        type_resolver: GraphQLTypeResolver,
        hide_suggestions: bool,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = fragments
        self.fragment_definitions = {name: used.definition for name, used in fragments.items()}
        self.field_resolver = field_resolver
        self.type_resolver = type_resolver
        self.hide_suggestions = hide_suggestions
        self.variables = Variables(
            schema, operation.variable_definitions or (), hide_suggestions=hide_suggestions
        )
        self.ways = ways_of(schema)
        self.strawberry_schema = self.ways.strawberry_schema
        self.propagates = not any(
            directive.name.value == GraphQLDisableErrorPropagationDirective.name
            for directive in operation.directives or ()
        )
        self._conditions = _conditions(operation.selection_set, self.fragment_definitions)
        self._branches: RecentlyUsed[tuple[Any, ...], Branch] = RecentlyUsed(BRANCHES)
        self._only_branch: Branch | None = None
        """The branch of a plan without conditions."""

    def is_for(
        self, operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
    ) -> bool:
        """Whether it is the plan of this operation, or of another that says the same."""
        if self.operation is operation:
            own = self.fragment_definitions
            return len(own) == len(fragments) and all(
                own.get(name) is fragment for name, fragment in fragments.items()
            )
        return self.operation == operation and self.fragment_definitions == fragments

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


def _conditions(
    selection_set: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]
) -> list[str]:
    """The variables on which it depends what is selected. Errors: NotCompiled."""
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
    """Every selection that the operation reaches, those of a fragment once."""
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
    """The operation to run, and the fragments of its document. Errors: NotCompiled."""
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
