"""Which subscriptions can be given the same bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

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
from core.graphql.documents import DocumentOperation

PublicFields = Mapping[str, frozenset[str]]
"""Names of fields by type that are the same whoever looks. What is not listed may differ."""


SHAPES_KEPT = 1_000


class LiveOperation:
    """A subscription's selection with the variables in it: one for all who sent the same."""

    __slots__ = ("__weakref__", "is_shared", "operation", "variables")

    def __init__(
        self, operation: DocumentOperation, variables: JSONObject, is_shared: bool
    ) -> None:
        self.operation = operation
        self.variables = variables
        self.is_shared = is_shared
        """Whether nothing selected depends on who looks."""


class SubscriptionShape(NamedTuple):
    """What there is to know about a subscription whatever its variables."""

    root: FieldNode
    telling: frozenset[str]
    """The variables on which what is told depends, not only of what it is told."""
    is_shared: bool


class LiveOperations:
    """The operations of those who are subscribed; forgotten with the last of them."""

    def __init__(self, schema: GraphQLSchema, public_fields: PublicFields) -> None:
        self._schema = schema
        self._public_fields = public_fields
        self._shapes: dict[DocumentOperation, SubscriptionShape] = {}
        self._known: WeakValueDictionary[tuple[DocumentOperation, bytes], LiveOperation] = (
            WeakValueDictionary()
        )

    def __len__(self) -> int:
        return len(self._known)

    def find(self, operation: DocumentOperation, variables: JSONObject) -> LiveOperation:
        """The operation, shared with those whose variables differ only in the root field's arguments.

        Those choose which events come; what is told of an event is up to the rest.
        """
        shape = self.shape(operation)
        telling = {name: value for name, value in variables.items() if name in shape.telling}
        key = (operation, orjson.dumps(telling, option=orjson.OPT_SORT_KEYS))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = LiveOperation(operation, variables, shape.is_shared)
        return found

    def shape(self, operation: DocumentOperation) -> SubscriptionShape:
        """The operation's shape, looked at once."""
        found = self._shapes.get(operation)
        if found is None:
            if len(self._shapes) >= SHAPES_KEPT:
                self._shapes.clear()
            root = root_field(operation)
            is_shared = self._same_for_all(operation, root)
            found = SubscriptionShape(root, used_variables(operation, root), is_shared)
            self._shapes[operation] = found
        return found

    def _same_for_all(self, operation: DocumentOperation, root: FieldNode) -> bool:
        type_info = TypeInfo(self._schema)
        looker = _PublicFieldsVisitor(type_info, self._public_fields, root)
        for node in (operation.node, *reached_fragments(operation)):
            visit(node, TypeInfoVisitor(type_info, looker))
        return looker.is_public


class _PublicFieldsVisitor(Visitor):
    """Looks whether all fields of a document, but the root field, are public."""

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
    """The one root field of a valid subscription, wherever fragments put it."""
    parts: tuple[Node, ...] = (operation.node.selection_set, *reached_fragments(operation))
    return next(node for part in parts for node in nodes_in(part) if isinstance(node, FieldNode))


def reached_fragments(operation: DocumentOperation) -> list[FragmentDefinitionNode]:
    """The fragments that the operation uses; a client's file may hold others beside them."""
    defined = {
        node.name.value: node
        for node in operation.document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    reached: dict[str, FragmentDefinitionNode] = {}
    left: list[Node] = [operation.node]
    while left:
        for node in nodes_in(left.pop()):
            if isinstance(node, FragmentSpreadNode) and node.name.value not in reached:
                reached[node.name.value] = defined[node.name.value]
                left.append(defined[node.name.value])
    return list(reached.values())


def used_variables(operation: DocumentOperation, root: FieldNode) -> frozenset[str]:
    """The variables that are used anywhere but in the root field's arguments."""
    beside = (operation.node.selection_set, *(operation.node.directives or ()))
    return frozenset(
        node.name.value
        for part in (*beside, *reached_fragments(operation))
        for node in nodes_in(part, without=root.arguments or ())
        if isinstance(node, VariableNode)
    )


def nodes_in(node: Node, *, without: Collection[Node] = ()) -> Iterator[Node]:
    """The node and all within it, without some of them and what is in those."""
    level: list[Any] = [node]
    while level:
        each = level.pop()
        if isinstance(each, (list, tuple)):
            level += each
        elif isinstance(each, Node) and not any(each is excluded for excluded in without):
            yield each
            level += (getattr(each, key) for key in each.keys if key != "loc")
