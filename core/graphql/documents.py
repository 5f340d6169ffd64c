"""Documents, parsed, counted and validated once, found again by their text or by its hash."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
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
from core.graphql.limits.counting import check_limits, root_field_names
from core.graphql.limits.limits import Limits, over_limit

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
WEIGHT_OF_CHARACTER = 130
"""Bytes of memory that a character of a parsed document takes, with its tokens; as measured."""


class Document:
    """A text that a client sent: ready to execute, or known to be wrong."""

    __slots__ = ("ast", "digest", "errors", "operations", "text", "weight")

    def __init__(self, text: str, ast: DocumentNode | None, errors: list[JSONObject]) -> None:
        self.text = text
        self.ast = ast
        self.errors = errors
        """What is wrong with it, as it stands in the answer; then there are no operations."""
        self.digest: str | None = None
        """The hash under which a client has registered it."""
        self.weight = 2_000 + len(text) * (1 if ast is None else WEIGHT_OF_CHARACTER)
        """About how many bytes of memory it takes."""
        self.operations: dict[str | None, DocumentOperation] = {}
        if ast is not None and not errors:
            for node in ast.definitions:
                if isinstance(node, OperationDefinitionNode):
                    operation = DocumentOperation(ast, node)
                    self.operations[operation.name] = operation
            if len(self.operations) == 1:
                self.operations[None] = operation

    def operation(self, name: str | None) -> DocumentOperation:
        """The operation that is to be executed. Errors: OPERATION_NOT_FOUND."""
        found = self.operations.get(name)
        if found is not None:
            return found
        names = ", ".join(str(known) for known in self.operations if known is not None)
        if name is None:
            said = f"The document has several operations ({names}): name one in `operationName`."
        elif names:
            said = f"The document has no operation of that name. It has: {names}."
        else:
            said = "The document's operation has no name: leave `operationName` out."
        raise ClientError(said, "OPERATION_NOT_FOUND")


class DocumentOperation:
    """An operation of a valid document."""

    __slots__ = ("document", "kind", "name", "node", "root_fields")

    def __init__(self, document: DocumentNode, node: OperationDefinitionNode) -> None:
        self.document = document
        self.node = node
        self.name = node.name.value if node.name else None
        self.kind = node.operation.value
        """query, mutation or subscription."""
        self.root_fields = frozenset(root_field_names(document, node))


class DocumentStore:
    """The documents that clients have sent of late. Bounded; what falls out is read anew."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        count_at_most: int = 1_000,
        bytes_at_most: int = 32 * 1024 * 1024,
        suggestions: bool = False,
    ) -> None:
        """`suggestions`: whether errors may name fields that the client did not write."""
        self.limits = limits
        self._schema = schema
        self._suggestions = suggestions
        self._count_at_most = count_at_most
        self._bytes_at_most = bytes_at_most
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0
        self._by_hash: dict[str, Document] = {}
        self._rules = [_replaced(rule, _merge_rule(limits)) for rule in specified_rules]

    def __len__(self) -> int:
        return len(self._documents)

    @property
    def weight(self) -> int:
        """About how many bytes of memory the documents take."""
        return self._bytes

    def by_text(self, text: str) -> Document:
        """The document, which may be one that is known to be wrong.

        Cost: a look-up, or, the first time, parsing and validation, both bounded by the limits.
        """
        known = self._documents.get(text)
        if known is not None:
            self._documents.move_to_end(text)
            return known
        document = self._read(text)
        self._keep(document)
        return document

    def by_hash(self, digest: str, text: str | None) -> Document:
        """The document of that SHA-256, which is remembered under it if the text is sent along.

        Errors: PERSISTED_QUERY_NOT_FOUND, after which a client sends the text along.
        """
        known = self._by_hash.get(digest)
        if known is not None and (text is None or text == known.text):
            self._documents.move_to_end(known.text)
            return known
        if text is None:
            # Clients know this error by its very words.
            raise ClientError("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        if sha256(text.encode()).hexdigest() != digest:
            said = "`sha256Hash` is not the SHA-256 of `query`, in lower-case hexadecimal."
            raise ClientError(said, "PERSISTED_QUERY_HASH_MISMATCH")
        document = self.by_text(text)
        if not document.errors and text in self._documents:
            document.digest = digest
            self._by_hash[digest] = document
        return document

    def _keep(self, document: Document) -> None:
        if document.weight > self._bytes_at_most // 4:
            return
        self._documents[document.text] = document
        self._bytes += document.weight
        while len(self._documents) > self._count_at_most or self._bytes > self._bytes_at_most:
            _, dropped = self._documents.popitem(last=False)
            self._bytes -= dropped.weight
            if dropped.digest is not None:
                del self._by_hash[dropped.digest]

    def _read(self, text: str) -> Document:
        limits = self.limits
        if len(text) > limits.document_characters:
            advice = "Send fewer fields at once, and values as variables."
            error = over_limit("characters", len(text), limits.document_characters, advice)
            return Document(text, None, [error_entry(error)])
        try:
            ast = parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            return Document(text, None, [_syntax_entry(error, limits)])
        over = check_limits(ast, limits)
        if over:
            return Document(text, None, [error_entry(each) for each in over])
        errors = validate(
            self._schema,
            ast,
            self._rules,
            max_errors=limits.validation_errors,
            hide_suggestions=not self._suggestions,
        )
        if errors:
            return Document(text, None, _validation_entries(errors, limits))
        return Document(text, ast, [])


def _syntax_entry(error: GraphQLSyntaxError, limits: Limits) -> JSONObject:
    said = error.description
    if said.endswith(" tokens. Parsing aborted."):
        advice = "Ask for less at once, and send values as variables."
        return error_entry(
            over_limit("tokens", f"more than {limits.tokens:,}", limits.tokens, advice)
        )
    if said.endswith(" comments. Parsing aborted."):
        advice = "Leave comments out of what is sent."
        found = f"more than {limits.comments:,}"
        return error_entry(over_limit("comments", found, limits.comments, advice))
    return document_error_entries([error], PARSE_FAILED)[0]


def _validation_entries(errors: list[GraphQLError], limits: Limits) -> list[JSONObject]:
    entries = []
    for error in errors:
        if not isinstance(error, ValidationAbortedError):
            entries += document_error_entries([error], VALIDATION_FAILED)
        elif len(errors) > limits.validation_errors:
            said = f"More errors are left out: only the first {limits.validation_errors} are told."
            entries.append({"message": said, "extensions": {"code": VALIDATION_FAILED}})
        else:
            advice = "Select each field once, and nest fewer fragments that select the same fields."
            found = f"more than {limits.merge_steps:,}"
            error_over = over_limit(
                "steps to merge fields of the same name", found, limits.merge_steps, advice
            )
            entries.append(error_entry(error_over))
    return entries


def _merge_rule(limits: Limits) -> type[OverlappingFieldsCanBeMergedRule]:
    """The rule of the specification that can take long, with a budget of our own."""

    class BudgetedMergeRule(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.merge_steps

    return BudgetedMergeRule


def _replaced(rule: Any, merge_rule: type[OverlappingFieldsCanBeMergedRule]) -> Any:
    return merge_rule if rule is OverlappingFieldsCanBeMergedRule else rule
