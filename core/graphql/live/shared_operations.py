"""Finds subscriptions with the same selection, so that one payload serves all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

import orjson
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    Node,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    visit,
)

from core.errors import JSONObject
from core.graphql.document import DocumentOperation

PublicFields = Mapping[str, frozenset[str]]
"""Names of the fields that are the same for every viewer, by type. Others may differ."""


class LiveOperation:
    """A subscription's selection with its variables: one object for all equal ones."""

    __slots__ = ("__weakref__", "is_shared", "operation", "variables", "waits")

    def __init__(
        self, operation: DocumentOperation, variables: JSONObject, is_shared: bool
    ) -> None:
        self.operation = operation
        self.variables = variables
        self.is_shared = is_shared
        """Whether every viewer gets the same payload."""
        self.waits: bool | None = None
        """Whether its execution over an event has had to wait, as for a statement of its own. None: not known yet."""


class SubscriptionShape(NamedTuple):
    """The properties of a subscription operation that do not depend on the variables' values."""

    root: FieldNode
    payload_variables: frozenset[str]
    """The variables that affect the payload, not only the selection of events."""
    is_shared: bool


class LiveOperations:
    """The operations of open subscriptions. Weak references: each is freed with its last subscriber."""

    def __init__(self, schema: GraphQLSchema, public_fields: PublicFields) -> None:
        self._schema = schema
        self._public_fields = public_fields
        self._shapes: WeakKeyDictionary[DocumentOperation, SubscriptionShape] = WeakKeyDictionary()
        self._known: WeakValueDictionary[tuple[DocumentOperation, bytes], LiveOperation] = (
            WeakValueDictionary()
        )

    def __len__(self) -> int:
        return len(self._known)

    def shape(self, operation: DocumentOperation) -> SubscriptionShape:
        """The shape of the operation, found once."""
        found = self._shapes.get(operation)
        if found is None:
            root = root_field(operation)
            is_shared = self._is_public(operation, root)
            found = SubscriptionShape(root, used_variables(operation, root), is_shared)
            self._shapes[operation] = found
        return found

    def find(self, operation: DocumentOperation, variables: JSONObject) -> LiveOperation:
        """The operation, shared by subscribers with the same payload variables.

        The other variables, in arguments of the root field, only select the events.
        """
        shape = self.shape(operation)
        used = {name: value for name, value in variables.items() if name in shape.payload_variables}
        key = (operation, orjson.dumps(used, option=orjson.OPT_SORT_KEYS))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = LiveOperation(operation, variables, shape.is_shared)
        return found

    def _is_public(self, operation: DocumentOperation, root: FieldNode) -> bool:
        type_info = TypeInfo(self._schema)
        visitor = _PublicFieldsVisitor(type_info, self._public_fields, root)
        for node in (operation.node, *reached_fragments(operation)):
            visit(node, TypeInfoVisitor(type_info, visitor))
        return visitor.is_public


class _PublicFieldsVisitor(Visitor):
    """Checks whether all fields of a document except the root field are public."""

    def __init__(self, type_info: TypeInfo, public_fields: PublicFields, root: FieldNode) -> None:
        super().__init__()
        self.type_info = type_info
        self.is_public = True
        self._public_fields = public_fields
        self._root = root

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.type_info.get_parent_type()
        name = node.name.value
        if node is not self._root and name != "__typename":
            known = self._public_fields.get(parent.name, ()) if parent else ()
            self.is_public = self.is_public and name in known


def root_field(operation: DocumentOperation) -> FieldNode:
    """The single root field of a valid subscription, also if it is in a fragment."""
    parts: tuple[Node, ...] = (operation.node.selection_set, *reached_fragments(operation))
    return next(node for part in parts for node in nodes_in(part) if isinstance(node, FieldNode))


def reached_fragments(operation: DocumentOperation) -> list[FragmentDefinitionNode]:
    """The fragments that the operation uses, directly or through others."""
    defined = {
        node.name.value: node
        for node in operation.document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    reached: dict[str, FragmentDefinitionNode] = {}
    pending: list[Node] = [operation.node]
    while pending:
        for node in nodes_in(pending.pop()):
            if isinstance(node, FragmentSpreadNode) and node.name.value not in reached:
                reached[node.name.value] = defined[node.name.value]
                pending.append(defined[node.name.value])
    return list(reached.values())


def used_variables(operation: DocumentOperation, root: FieldNode) -> frozenset[str]:
    """The variables that are used outside of the root field's arguments."""
    beside = (operation.node.selection_set, *(operation.node.directives or ()))
    return frozenset(
        node.name.value
        for part in (*beside, *reached_fragments(operation))
        for node in nodes_in(part, without=root.arguments or ())
        if isinstance(node, VariableNode)
    )


def nodes_in(node: Node, *, without: Collection[Node] = ()) -> Iterator[Node]:
    """The node and all its descendants, except the nodes in `without` and their descendants."""
    level: list[Any] = [node]
    while level:
        each = level.pop()
        if isinstance(each, (list, tuple)):
            level += each
        elif isinstance(each, Node) and not any(each is excluded for excluded in without):
            yield each
            level += (getattr(each, key) for key in each.keys if key != "loc")
