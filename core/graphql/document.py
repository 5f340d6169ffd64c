"""A document that a client sent, and its operations."""

from __future__ import annotations

import math
from sys import getsizeof

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode

from core.documents.identifiers import PREFIX, identifier_of
from core.errors import ClientError, JSONObject
from core.execution import parsed_bytes
from core.graphql.limits.cost import INTROSPECTION, OperationCost

DIGEST_LENGTH = 16
MAX_LABEL_LENGTH = 64


class Document:
    """A document that a client sent: valid and ready to execute, or invalid with its errors."""

    __slots__ = (
        "_made",
        "_nodes",
        "_schema",
        "ast",
        "errors",
        "identifier",
        "identifiers",
        "shared_at",
        "text",
        "weight",
    )

    def __init__(
        self,
        text: str,
        errors: list[JSONObject],
        ast: DocumentNode | None = None,
        schema: GraphQLSchema | None = None,
    ) -> None:
        """`ast`, `schema`: only for a valid document."""
        self.text = text
        self.ast = ast
        self.errors = errors
        """Entries for the response; an invalid document has no operations."""
        self.identifier: str | None = None
        """The hash of the text, once it was needed."""
        self.identifiers: set[str] = set()
        """Those by which the store finds it."""
        self.shared_at = -math.inf
        self.weight = 2_000 + (getsizeof(text) if ast is None else parsed_bytes(ast))
        """Estimated memory. Units: bytes."""
        self._schema = schema
        self._nodes = {
            node.name.value if node.name else None: node
            for node in (() if ast is None else ast.definitions)
            if isinstance(node, OperationDefinitionNode)
        }
        self._made: dict[str | None, DocumentOperation] = {}
        """The operations that were asked for, by the names they were asked for by."""

    @property
    def operations(self) -> list[DocumentOperation]:
        """All operations."""
        return [self.operation(name) for name in self._nodes]

    def operation(self, name: str | None) -> DocumentOperation:
        """The operation to execute; its cost is computed when it is first asked for. Errors: OPERATION_NOT_FOUND."""
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = self._make(name)
        return found

    def _make(self, name: str | None) -> DocumentOperation:
        node = self._nodes.get(name)
        if node is not None and self.ast is not None and self._schema is not None:
            digest = identifier_of(self.text).removeprefix(PREFIX)[:DIGEST_LENGTH]
            return DocumentOperation(self.ast, node, self._schema, digest)
        if name is None and len(self._nodes) == 1:
            return self.operation(*self._nodes)
        names = ", ".join(known for known in self._nodes if known is not None)
        if name is None:
            message = f"The document has several operations ({names}): name one in `operationName`."
        elif names:
            message = f"The document has no operation with this name. It has: {names}."
        else:
            message = "The document's operation has no name: omit `operationName`."
        raise ClientError(message, "OPERATION_NOT_FOUND")


class DocumentOperation:
    """An operation of a valid document."""

    __slots__ = (
        "__weakref__",
        "cost",
        "digest",
        "document",
        "introspects",
        "kind",
        "label",
        "log_fields",
        "name",
        "node",
    )

    def __init__(
        self,
        document: DocumentNode,
        node: OperationDefinitionNode,
        schema: GraphQLSchema,
        digest: str,
    ) -> None:
        self.digest = digest
        """The beginning of the SHA-256 of the document's text, for logs."""
        self.document = document
        self.node = node
        self.name = node.name.value if node.name else None
        self.kind = node.operation.value
        """query, mutation or subscription."""
        self.cost = OperationCost(schema, node, document)
        self.introspects = not self.cost.root_fields.isdisjoint(INTROSPECTION)
        """Whether it reads the schema."""
        self.label = (self.name or self.root_label)[:MAX_LABEL_LENGTH]
        """For logs and metrics."""
        self.log_fields = {"operation": self.label, "kind": self.kind, "document": digest}
        """What names it in a log line."""

    @property
    def root_label(self) -> str:
        """The operation's root field: of these names there are only so many as the schema has."""
        fields = [*self.cost.root_fields, "(no field)"]
        return "(several fields)" if len(fields) > 2 else fields[0]
