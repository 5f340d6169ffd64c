"""A cache of documents, parsed, checked against the limits and validated once.

Documents are looked up by their text or by its hash (automatic persisted queries).
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from operator import attrgetter
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError

from core.errors import ClientError, JSONObject
from core.graphql.errors import document_error_entries, error_entry
from core.graphql.limits.cost import OperationCost
from core.graphql.limits.counting import check_limits, root_field_names
from core.graphql.limits.limits import Limits, over_limit
from core.recently_used import RecentlyUsed

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
INTROSPECTION = ("__schema", "__type")
BYTES_PER_CHARACTER = 130
"""Memory of a parsed document per character, tokens included; as measured."""


class Document:
    """A document that a client sent: valid and ready to execute, or invalid with its errors."""

    __slots__ = ("ast", "digest", "errors", "operations", "text", "weight")

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
        self.digest: str | None = None
        """The hash with which a client registered it."""
        self.weight = 2_000 + len(text) * (1 if ast is None else BYTES_PER_CHARACTER)
        """Estimated memory. Units: bytes."""
        self.operations: dict[str | None, DocumentOperation] = {}
        if ast is not None and schema is not None:
            for node in ast.definitions:
                if isinstance(node, OperationDefinitionNode):
                    operation = DocumentOperation(ast, node, schema)
                    self.operations[operation.name] = operation
            if len(self.operations) == 1:
                self.operations[None] = operation

    def operation(self, name: str | None) -> DocumentOperation:
        """The operation to execute. Errors: OPERATION_NOT_FOUND."""
        found = self.operations.get(name)
        if found is not None:
            return found
        names = ", ".join(str(known) for known in self.operations if known is not None)
        if name is None:
            message = f"The document has several operations ({names}): name one in `operationName`."
        elif names:
            message = f"The document has no operation with this name. It has: {names}."
        else:
            message = "The document's operation has no name: omit `operationName`."
        raise ClientError(message, "OPERATION_NOT_FOUND")


class DocumentOperation:
    """An operation of a valid document."""

    __slots__ = ("cost", "document", "introspects", "kind", "name", "node", "root_fields")

    def __init__(
        self, document: DocumentNode, node: OperationDefinitionNode, schema: GraphQLSchema
    ) -> None:
        self.document = document
        self.node = node
        self.name = node.name.value if node.name else None
        self.kind = node.operation.value
        """query, mutation or subscription."""
        self.root_fields = frozenset(root_field_names(document, node))
        self.introspects = not self.root_fields.isdisjoint(INTROSPECTION)
        """Whether it reads the schema."""
        self.cost = OperationCost(schema, node, document)


class DocumentStore:
    """An LRU cache of documents, bounded in number and memory."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        count_at_most: int = 1_000,
        bytes_at_most: int = 32 * 1024 * 1024,
        suggestions: bool = False,
    ) -> None:
        """`suggestions`: whether errors may suggest names from the schema ("Did you mean …?")."""
        self.limits = limits
        self._schema = schema
        self._suggestions = suggestions
        self._bytes_at_most = bytes_at_most
        self._documents: RecentlyUsed[str, Document] = RecentlyUsed(
            count_at_most, weight_limit=bytes_at_most, weigh=attrgetter("weight")
        )
        self._by_hash: dict[str, Document] = {}
        self._parsing = asyncio.Lock()
        self._rules = [_replaced(rule, _merge_rule(limits)) for rule in specified_rules]

    def __len__(self) -> int:
        return len(self._documents)

    @property
    def weight(self) -> int:
        """Estimated memory of all documents. Units: bytes."""
        return self._documents.weight

    async def of_request(self, digest: str | None, text: str | None) -> Document:
        """The document that a client sent by its hash, its text or both.

        Unknown documents are parsed one in each turn of the event loop, so that many of them don't delay known ones.
        Errors: those of `by_hash`.
        """
        if digest is None:
            known = self._documents.get(text or "")
            if known is not None:
                return known
        elif digest in self._by_hash:
            return self.by_hash(digest, text)
        async with self._parsing:
            document = self.by_text(text or "") if digest is None else self.by_hash(digest, text)
            await asyncio.sleep(0)  # Whatever else is ready runs before the next one is parsed.
            return document

    def by_text(self, text: str) -> Document:
        """The document, which may be invalid.

        Cost: a look-up; on a miss, parsing and validation, both bounded by the limits.
        """
        known = self._documents.get(text)
        if known is not None:
            return known
        document = self._parse(text)
        self._store(document)
        return document

    def by_hash(self, digest: str, text: str | None) -> Document:
        """The document with this SHA-256. Registers the hash if the text is given.

        Errors: PERSISTED_QUERY_NOT_FOUND, after which a client sends hash and text;
        PERSISTED_QUERY_HASH_MISMATCH.
        """
        known = self._by_hash.get(digest)
        if known is not None and (text is None or text == known.text):
            self._documents.get(known.text)
            return known
        if text is None:
            # Clients recognise the error by this exact message.
            raise ClientError("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        if sha256(text.encode()).hexdigest() != digest:
            message = "`sha256Hash` is not the SHA-256 of `query`, in lower-case hexadecimal."
            raise ClientError(message, "PERSISTED_QUERY_HASH_MISMATCH")
        document = self.by_text(text)
        if not document.errors and self._documents.get(text) is document:
            document.digest = digest
            self._by_hash[digest] = document
        return document

    def _store(self, document: Document) -> None:
        if document.weight > self._bytes_at_most // 4:
            return
        for dropped in self._documents.put(document.text, document):
            if dropped.digest is not None:
                del self._by_hash[dropped.digest]

    def _parse(self, text: str) -> Document:
        limits = self.limits
        if len(text) > limits.document_characters:
            advice = "Select fewer fields, and send values as variables."
            error = over_limit("characters", len(text), limits.document_characters, advice)
            return Document(text, [error_entry(error)])
        try:
            ast = parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            return Document(text, [_syntax_entry(error, limits)])
        over = check_limits(ast, limits)
        if over:
            return Document(text, [error_entry(each) for each in over])
        errors = validate(
            self._schema,
            ast,
            self._rules,
            max_errors=limits.validation_errors,
            hide_suggestions=not self._suggestions,
        )
        if errors:
            return Document(text, _validation_entries(errors, limits))
        return Document(text, [], ast, self._schema)


def _syntax_entry(error: GraphQLSyntaxError, limits: Limits) -> JSONObject:
    description = error.description
    if description.endswith(" tokens. Parsing aborted."):
        advice = "Select fewer fields, and send values as variables."
        return error_entry(
            over_limit("tokens", f"more than {limits.tokens:,}", limits.tokens, advice)
        )
    if description.endswith(" comments. Parsing aborted."):
        advice = "Remove comments from the document."
        found = f"more than {limits.comments:,}"
        return error_entry(over_limit("comments", found, limits.comments, advice))
    return document_error_entries([error], PARSE_FAILED)[0]


def _validation_entries(errors: list[GraphQLError], limits: Limits) -> list[JSONObject]:
    entries = []
    for error in errors:
        if not isinstance(error, ValidationAbortedError):
            entries += document_error_entries([error], VALIDATION_FAILED)
        elif len(errors) > limits.validation_errors:
            message = f"Only the first {limits.validation_errors} errors are reported."
            entries.append(error_entry(ClientError(message, VALIDATION_FAILED)))
        else:
            advice = "Select each field once, and nest fewer fragments that select the same fields."
            found = f"more than {limits.merge_steps:,}"
            error_over = over_limit(
                "steps to merge fields of the same name", found, limits.merge_steps, advice
            )
            entries.append(error_entry(error_over))
    return entries


def _merge_rule(limits: Limits) -> type[OverlappingFieldsCanBeMergedRule]:
    """The validation rule of superlinear cost, with its work bounded by `merge_steps`."""

    class BudgetedMergeRule(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.merge_steps

    return BudgetedMergeRule


def _replaced(rule: Any, merge_rule: type[OverlappingFieldsCanBeMergedRule]) -> Any:
    return merge_rule if rule is OverlappingFieldsCanBeMergedRule else rule
