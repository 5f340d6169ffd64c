"""Documents of the API, parsed and validated once a run."""

from __future__ import annotations

from functools import cache

from graphql import DocumentNode, parse, validate

from core.config.schema import graphql_schema
from tests.paths import OPERATIONS


@cache
def valid_document(text: str) -> DocumentNode:
    """An operation of the contract, given by its name, or the document with this text."""
    found = parse(text if "{" in text else (OPERATIONS / f"{text}.graphql").read_text())
    assert validate(graphql_schema, found) == []
    return found
