"""Validation as graphql-core does it, in two thirds of the time.

No rule looks at names, which are half of a document's nodes, so they are not visited. A node is shown only to the rules
that look at its kind, and where variables are used is looked for only in what has a `$`.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    SKIP,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    Visitor,
    VisitorAction,
    visit,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation.validate import FragmentNestingVisitor, ValidationAbortedError
from graphql.validation.validation_context import (
    NodeWithSelectionSet,
    VariableUsage,
    VariableUsageVisitor,
)

from core.graphql.validation_rules import Rules

NAMES = {"name", "alias", "description"}
VISITED = {
    kind: tuple(key for key in keys if key not in NAMES)
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}
"""The parts of each kind of node that are visited."""


def errors_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    rules: Rules,
    *,
    max_errors: int,
    hide_suggestions: bool,
) -> list[GraphQLError]:
    """The errors that `graphql.validate` finds, in the same order."""
    errors: list[GraphQLError] = []

    def on_error(error: GraphQLError) -> None:
        if len(errors) >= max_errors:
            raise ValidationAbortedError(
                "Too many validation errors, error limit reached. Validation aborted."
            )
        errors.append(error)

    type_info = TypeInfo(schema)
    context = _Context(schema, document, type_info, on_error, hide_suggestions)
    visitors: list[Visitor] = [rule(context) for rule in rules]
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    if fragments:
        visitors.insert(0, FragmentNestingVisitor(fragments))
    try:
        visit(document, TypeInfoVisitor(type_info, _Visitors(visitors)), VISITED)
    except ValidationAbortedError as aborted:
        errors.append(aborted)
    except RecursionError:
        errors.append(ValidationAbortedError("Validation aborted."))
    return errors


class _Visitors(ParallelVisitor):
    """Calls only those visitors for a node that look at its kind. They change no node and never end the visit."""

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        known = self.enter_leave_map.get(kind)
        if known is not None:
            return known
        found = [each.get_enter_leave_for_kind(kind) for each in self.visitors]
        entering = [(place, each.enter) for place, each in enumerate(found) if each.enter]
        leaving = [(place, each.leave) for place, each in enumerate(found) if any(each)]
        skipping = self.skipping

        def enter(node: Node, *place_of_node: Any) -> None:
            for place, call in entering:
                if not skipping[place] and call(node, *place_of_node) is SKIP:
                    skipping[place] = node

        def leave(node: Node, *place_of_node: Any) -> None:
            for place, call in leaving:
                if skipping[place] is node:
                    skipping[place] = None
                elif call is not None and not skipping[place]:
                    call(node, *place_of_node)

        made = EnterLeaveVisitor(enter if entering else None, leave if leaving else None)
        self.enter_leave_map[kind] = made
        return made


class _Context(ValidationContext):
    def get_variable_usages(self, node: NodeWithSelectionSet) -> list[VariableUsage]:
        usages = self._variable_usages.get(node)
        if usages is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            visitor = _UsagesVisitor(self._type_info, fragment)
            visit(node, TypeInfoVisitor(self._type_info, visitor), VISITED)
            usages = self._variable_usages[node] = visitor.usages
        return usages


class _UsagesVisitor(VariableUsageVisitor):
    def enter_field(self, node: FieldNode, *_: Any) -> VisitorAction:
        place = node.loc
        if place is None or "$" in place.source.body[place.start : place.end]:
            return None
        return SKIP
