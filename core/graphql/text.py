"""Rules for text that people write."""

from __future__ import annotations

import unicodedata

CLIENT_MUTATION_ID_LENGTH = 100
ALLOWED_CONTROLS = "\n\t"


def clean_text(text: str, *, at_most: int, at_least: int = 1) -> str:
    """The text in NFC, trimmed. Lengths are in code points, after that.

    Errors: ValueError, in words for a person.
    """
    cleaned = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if any(
        unicodedata.category(character) in {"Cc", "Cs"} and character not in ALLOWED_CONTROLS
        for character in cleaned
    ):
        raise ValueError("Control characters are not allowed. Line breaks and tabs are.")
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
