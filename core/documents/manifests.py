"""Reads the manifests that build tools of clients write: which documents the client sends, and their identifiers.

Apollo's (`generate-persisted-query-manifest`) is an object with a list of operations. Those of Relay
(`persistConfig`), graphql-codegen (`persistedDocuments`) and gql.tada map identifiers to texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.documents.identifiers import (
    IdentifierMalformed,
    identifier_of,
    is_hash,
    read_identifier,
)

APOLLO_FORMAT = "apollo-persisted-query-manifest"
MAX_BYTES = 32 * 1024 * 1024
MAX_DOCUMENTS = 10_000
EXPECTED = (
    f'an object of identifiers and texts (Relay, graphql-codegen), or `"format": "{APOLLO_FORMAT}"`'
)


class ManifestUnreadable(Exception):
    """A file is no manifest, or too large. The text says why, and names the file."""


class ListedDocument(NamedTuple):
    """A document of a manifest."""

    identifier: str
    """As `read_identifier` returns it."""
    text: str
    file: Path


class Manifests(NamedTuple):
    """What some manifests contain."""

    documents: list[ListedDocument]
    """Each identifier once."""
    problems: list[str]
    """A line for each document that can't be trusted."""


class _Repeated(Exception):
    """An object of JSON has the same key twice."""


def read_manifests(files: Sequence[Path]) -> Manifests:
    """The documents of these files together. Errors: ManifestUnreadable."""
    found: dict[str, ListedDocument] = {}
    problems: list[str] = []
    for file in files:
        for given, text in _entries(file):
            try:
                document = _checked(given, text, file)
                first = found.setdefault(document.identifier, document)
            except ValueError as problem:
                problems.append(f"{file}: {str(given)[:100]}: {problem}")
                continue
            if first.text != document.text:
                problems.append(
                    f"{file}: {given}: {first.file} has another text under this identifier. "
                    "Give each document an identifier of its own."
                )
    return Manifests(list(found.values()), problems)


def _checked(given: Any, text: Any, file: Path) -> ListedDocument:
    """Errors: ValueError, with the problem."""
    if type(given) is not str or type(text) is not str:
        raise ValueError("The identifier and the document must be strings.")
    try:
        identifier = read_identifier(given)
    except IdentifierMalformed as malformed:
        raise ValueError(f"The identifier {malformed}.") from malformed
    if "\0" in text:
        raise ValueError("The document has a null character.")
    try:
        own = identifier_of(text)
    except UnicodeEncodeError as error:
        raise ValueError("The document is not valid Unicode.") from error
    if is_hash(identifier) and identifier != own:
        raise ValueError(
            f"The SHA-256 of the document is {own.partition(':')[2]}. Let the tool write the manifest again."
        )
    return ListedDocument(identifier, text, file)


def _entries(file: Path) -> Iterator[tuple[Any, Any]]:
    """Identifiers and texts, as the file has them. Errors: ManifestUnreadable."""
    sent = _loaded(file)
    if type(sent) is not dict:
        raise ManifestUnreadable(f"{file} is no manifest: expected {EXPECTED}.")
    entries: list[tuple[Any, Any]] = list(sent.items())
    if "format" in sent:
        operations = sent.get("operations")
        if (
            sent["format"] != APOLLO_FORMAT
            or sent.get("version") != 1
            or type(operations) is not list
        ):
            raise ManifestUnreadable(
                f'{file} is no manifest of Apollo: expected `"format": "{APOLLO_FORMAT}"`, `"version": 1` and a '
                "list `operations`."
            )
        entries = [
            (each.get("id"), each.get("body")) if type(each) is dict else (each, None)
            for each in operations
        ]
    if not entries:
        raise ManifestUnreadable(f"{file} has no documents. Was it written by the client's build?")
    if len(entries) > MAX_DOCUMENTS:
        raise ManifestUnreadable(
            f"{file} has {len(entries):,} documents; a manifest may have {MAX_DOCUMENTS:,}."
        )
    return iter(entries)


def _loaded(file: Path) -> Any:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ManifestUnreadable(f"{file} can't be read: {error.strerror or error}.") from error
    if len(content) > MAX_BYTES:
        raise ManifestUnreadable(f"{file} is larger than {MAX_BYTES:,} bytes.")
    try:
        return json.loads(content, object_pairs_hook=_object)
    except _Repeated as repeated:
        raise ManifestUnreadable(f"{file} has the key {repeated} twice in one object.") from None
    except RecursionError:
        raise ManifestUnreadable(f"{file} is nested too deeply.") from None
    except ValueError as error:
        raise ManifestUnreadable(f"{file} is not JSON: {error}.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object. Without this check, the second of two equal identifiers would win silently."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _Repeated(key[:100])
        made[key] = value
    return made
