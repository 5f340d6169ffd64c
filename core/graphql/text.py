"""Rules for text that people write."""

from __future__ import annotations

import re
import unicodedata

CLIENT_MUTATION_ID_LENGTH = 100
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but line breaks and tabs, and halves of characters."""
COMPOSED_OF_AT_MOST = 4
"""So many code points at most become one in NFC."""


def clean_text(text: str, *, at_most: int, at_least: int = 1) -> str:
    """The text in NFC, trimmed. Lengths are in code points, after that.

    Errors: ValueError, in words for a person.
    """
    text = text.replace("\r\n", "\n")
    if CONTROLS.search(text):
        raise ValueError("Control characters are not allowed. Line breaks and tabs are.")
    cleaned = text.strip()
    # Composing takes time that grows with the square of the text: not of one that can't be right.
    if len(cleaned) <= at_most * COMPOSED_OF_AT_MOST:
        cleaned = unicodedata.normalize("NFC", cleaned)
    if not at_least <= len(cleaned) <= at_most:
        raise ValueError(
            f"This must have {at_least} to {at_most} characters after trimming; it has {len(cleaned)}."
        )
    return cleaned


def clean_key(key: str | None) -> str | None:
    """The client's idempotency key. Errors: ValueError."""
    if key is not None and not (1 <= len(key) <= CLIENT_MUTATION_ID_LENGTH and key.isprintable()):
        raise ValueError(
            f"A clientMutationId has 1 to {CLIENT_MUTATION_ID_LENGTH} printable characters."
        )
    return key
