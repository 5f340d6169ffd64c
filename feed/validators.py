"""Rules for fields of posts. Each returns the cleaned value. Errors: ValueError, with a message for the user."""

from __future__ import annotations

import re

from core.text import LINE_SEPARATORS, WHITE_SPACE, clean_text
from feed.models import LANGUAGE_LENGTH, WARNING_LENGTH

LANGUAGE = re.compile(
    r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?((?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)"
)
"""Language, script, region and variants of RFC 5646, section 2.1, without extensions and private use."""


def clean_language(tag: str | None) -> str | None:
    """The tag in the case that RFC 5646 recommends, such as `zh-Hant-TW`."""
    if tag is None:
        return None
    match = LANGUAGE.fullmatch(tag) if len(tag) <= LANGUAGE_LENGTH else None
    if match is None:
        raise ValueError(
            f"This must be a BCP 47 language tag of at most {LANGUAGE_LENGTH} characters, such as de, pt-BR or zh-Hant."
        )
    language, script, region, variants = match.groups()
    parts = [language.lower(), script and script.title(), region and region.upper()]
    return "-".join(filter(None, parts)) + variants.lower()


def clean_content_warning(text: str | None) -> str | None:
    """The warning, trimmed and of one line; None for one without visible characters."""
    if text is None:
        return None
    cleaned = clean_text(text.strip(WHITE_SPACE), at_most=WARNING_LENGTH, at_least=0)
    if LINE_SEPARATORS.search(cleaned):
        raise ValueError("A content warning must have one line and no tabs.")
    return cleaned or None
