"""Errors of documents that can't be parsed or are not valid, as entries of a response."""

from __future__ import annotations

from graphql import GraphQLError, GraphQLSyntaxError
from graphql.validation.validate import ValidationAbortedError

from core.errors import ClientError, JSONObject
from core.graphql.errors import document_error_entries, error_entry
from core.graphql.limits.limits import Limits, over_limit

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"


def syntax_entry(error: GraphQLSyntaxError, limits: Limits) -> JSONObject:
    """The entry for a document that can't be parsed, or has more than the limits allow."""
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


def validation_entries(errors: list[GraphQLError], limits: Limits) -> list[JSONObject]:
    """The entries for a document that is not valid, or takes more steps than the limits allow."""
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
