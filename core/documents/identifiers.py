"""Identifiers of GraphQL documents: `sha256:` and the SHA-256 of the text, or any other name.

Source: GraphQL over HTTP, the appendix on persisted documents (draft of July 2026).
"""

from __future__ import annotations

import re
from hashlib import sha256

MAX_LENGTH = 200
FORM = re.compile(r"[A-Za-z0-9._~:-]{1,200}")
PREFIX = "sha256:"
HASH = re.compile(r"[0-9a-f]{64}")
FORM_IN_WORDS = f"1 to {MAX_LENGTH} of the characters A-Z, a-z, 0-9, -, ., _, ~ and :"


class IdentifierMalformed(ValueError):
    """The identifier has characters that none may have, or its hash has another form than SHA-256."""


def identifier_of(text: str) -> str:
    """The identifier that a text has by itself. Units: 71 characters."""
    return PREFIX + sha256(text.encode()).hexdigest()


def read_identifier(given: str) -> str:
    """The identifier in its one form: a bare SHA-256, as tools write it, gets its prefix.

    Errors: IdentifierMalformed, whose text says what is expected.
    """
    if HASH.fullmatch(given):
        return PREFIX + given
    if not FORM.fullmatch(given):
        raise IdentifierMalformed(f"must be {FORM_IN_WORDS}")
    if given.startswith(PREFIX) and not HASH.fullmatch(given, len(PREFIX)):
        raise IdentifierMalformed(
            f"must have 64 digits of lower-case hexadecimal after `{PREFIX}`, the document's SHA-256"
        )
    return given


def is_hash(identifier: str) -> bool:
    """Whether the identifier, as `read_identifier` returns it, is the hash of its text."""
    return identifier.startswith(PREFIX)
