"""Validation as graphql-core does it, in half of the time.

No rule looks at names, which are half of a document's nodes, so they are not visited. A node is shown only to the rules
that look at its kind, and where variables are used is looked for only in what has a `$`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    SKIP,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    TypeInfo,
    ValidationContext,
    VariableNode,
    Visitor,
    VisitorAction,
    is_non_null_type,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.language.visitor import VisitorKeyMap
from graphql.pyutils import RefMap
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
DEFINITIONS = {"document": QUERY_DOCUMENT_KEYS["document"]}
"""The same for rules that look at definitions as a whole."""


def errors_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    rules: Rules,
    *,
    max_errors: int,
    hide_suggestions: bool,
    visited: VisitorKeyMap = VISITED,
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
        _Visit(type_info, visitors, visited).node(document)
    except ValidationAbortedError as aborted:
        errors.append(aborted)
    except RecursionError:
        errors.append(ValidationAbortedError("Validation aborted."))
    return errors


class _Visit:
    """Visits nodes depth first as `graphql.visit` does, for visitors that change no node and never end the visit.

    Each is called only for the kinds of node that it looks at.
    """

    def __init__(
        self, type_info: TypeInfo, visitors: Sequence[Visitor], visited: VisitorKeyMap
    ) -> None:
        self._type_info = type_info
        self._visitors = visitors
        self._visited = visited
        self._skipping: list[Node | None] = [None] * len(visitors)
        """The node whose parts each visitor skips."""
        self._active = len(visitors)
        """How many skip nothing."""
        self._ancestors: list[Any] = []
        """The nodes and tuples around the parent of the node that is visited."""
        self._by_kind: dict[str, tuple[Any, ...]] = {}

    def node(self, node: Node, key: str | int | None = None, parent: Any = None) -> None:
        """Visits the node and its parts. `key`: its place in the `parent`, which is a node or a tuple of nodes."""
        kind = node.kind
        begin, entering, keys, leaving, end = self._by_kind.get(kind) or self._prepare(kind)
        skipping, ancestors = self._skipping, self._ancestors
        if begin is not None:
            begin(node)
        for place, call in entering:
            if skipping[place] is None and call(node, key, parent, (), ancestors) is SKIP:
                skipping[place] = node
                self._active -= 1
        if keys and self._active:
            if parent is not None:
                ancestors.append(parent)
            self._parts(node, keys)
            if parent is not None:
                ancestors.pop()
        for place, call in leaving:
            if skipping[place] is node:
                skipping[place] = None
                self._active += 1
            elif call is not None and skipping[place] is None:
                call(node, key, parent, (), ancestors)
        if end is not None:
            end()

    def _parts(self, node: Node, keys: Sequence[str]) -> None:
        for key in keys:
            part = getattr(node, key, None)
            if type(part) is tuple:
                self._ancestors.append(node)
                for place, each in enumerate(part):
                    self.node(each, place, part)
                self._ancestors.pop()
            elif part is not None:
                self.node(part, key, node)

    def _prepare(self, kind: str) -> tuple[Any, ...]:
        found = [each.get_enter_leave_for_kind(kind) for each in self._visitors]
        prepared = self._by_kind[kind] = (
            getattr(self._type_info, f"enter_{kind}", None),
            [(place, each.enter) for place, each in enumerate(found) if each.enter],
            self._visited.get(kind),
            [(place, each.leave) for place, each in enumerate(found) if any(each)],
            getattr(self._type_info, f"leave_{kind}", None),
        )
        return prepared


class _Context(ValidationContext):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # By identity: to hash a node is to hash all that is in it.
        self._fragment_spreads = RefMap()  # type: ignore[assignment]  # it is used as a dict
        self._variable_usages = RefMap()  # type: ignore[assignment]
        self._recursive_variable_usages = RefMap()  # type: ignore[assignment]

    def get_variable_usages(self, node: NodeWithSelectionSet) -> list[VariableUsage]:
        usages = self._variable_usages.get(node)
        if usages is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            visitor = _UsagesVisitor(self._type_info, fragment)
            _Visit(self._type_info, [visitor], VISITED).node(node)
            usages = self._variable_usages[node] = visitor.usages
        return usages


class _UsagesVisitor(VariableUsageVisitor):
    def enter_variable(self, node: VariableNode, *path: Any) -> VisitorAction:
        action = super().enter_variable(node, *path)
        usage = self.usages[-1]
        if is_non_null_type(usage.parent_type):
            # Where an input object is required, graphql-core does not see that it is a OneOf type.
            self.usages[-1] = usage._replace(parent_type=usage.parent_type.of_type)
        return action

    def enter_field(self, node: FieldNode, *_: Any) -> VisitorAction:
        place = node.loc
        if place is None or "$" in place.source.body[place.start : place.end]:
            return None
        return SKIP
