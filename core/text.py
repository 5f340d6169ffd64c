"""Rules for users' text: what is stored of it, and what is refused.

The properties of characters are those of the Unicode version of `unicodedata2`, which is the same for every Python.
"""

from __future__ import annotations

import re

import unicodedata2  # type: ignore[import-not-found]  # it has no types

UNICODE_VERSION: str = unicodedata2.unidata_version
WHITE_SPACE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Characters with Unicode's property White_Space."""
MAX_COMPOSED_OF = 4
"""The largest number of code points that NFC or NFKC composes to one."""
MAX_MARKS = 4
"""The largest number of consecutive combining marks and joiners in a name. No language needs more."""
CLIENT_MUTATION_ID_LENGTH = 100

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except line feeds and tabs, and surrogates."""
DIRECTION_OVERRIDES = re.compile(r"[\u202d\u202e]")
"""Left-to-right and right-to-left override: they reverse the order in which the following text is displayed."""
DIRECTION_CONTROLS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LINE_SEPARATORS = re.compile(r"[\t-\r\x85\u2028\u2029]")
INVISIBLE = re.compile(
    # Default_Ignorable_Code_Point, except those in INVISIBLE_CATEGORIES.
    r"[\u115f\u1160\u2065\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff"
    # Blank characters in the categories of letters and symbols, and the object replacement character.
    r"\u2800\ufffc\U00013441\U00013442\U0001d159"
    # Noncharacters.
    r"\ufdd0-\ufdef" + "".join(rf"\U{plane:04x}fffe-\U{plane:04x}ffff" for plane in range(17)) + "]"
)
VISIBLE_FORMATS = re.compile(r"[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")
"""Prepended_Concatenation_Mark: the visible format characters."""
JOINERS = "\u200c\u200d"
"""Zero width non-joiner and joiner: Persian, languages of India and emoji need them."""
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
"""The flag of a region, such as Scotland: a black flag and tags."""
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"})
"""Categories: controls, formats, surrogates, combining marks and white space."""
LOWER_CASE = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def clean_text(text: str, *, at_most: int, at_least: int = 1) -> str:
    """The text in NFC, with line feeds as line breaks and without blank lines at its ends.

    A text without visible characters is empty. Units: lengths are in code points of the result.
    Errors: ValueError, with a message for the user.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if CONTROLS.search(text):
        raise ValueError("Control characters are not allowed. Line breaks and tabs are.")
    if DIRECTION_OVERRIDES.search(text):
        raise ValueError("U+202D and U+202E, which reverse the order of text, are not allowed.")
    cleaned = _without_blank_ends(text)
    # The time of composing is quadratic, so a text that is too long in any case is not composed.
    if len(cleaned) <= at_most * MAX_COMPOSED_OF:
        cleaned = nfc(cleaned)
    if len(cleaned) <= at_most and not has_visible_character(cleaned):
        if at_least == 0:
            return ""
        raise ValueError(
            f"This has no visible character. It must have {at_least} to {at_most} characters, at least one visible."
        )
    if not at_least <= len(cleaned) <= at_most:
        raise ValueError(
            f"This must have {at_least} to {at_most} characters after trimming; it has {len(cleaned)}."
        )
    return cleaned


def clean_name(name: str, *, at_most: int) -> str:
    """The name in NFC, trimmed. It has one line, and no characters that set the direction of text or are not seen, by
    which it could be taken for another name.

    Errors: ValueError, with a message for the user.
    """
    if LINE_SEPARATORS.search(name):
        raise ValueError("A name must have one line and no tabs.")
    if DIRECTION_CONTROLS.search(name):
        raise ValueError("Characters that set the direction of text are not allowed in a name.")
    cleaned = clean_text(name.strip(WHITE_SPACE), at_most=at_most)
    if _longest_run_of_marks(cleaned) > MAX_MARKS:
        raise ValueError(f"A name may have at most {MAX_MARKS} consecutive combining marks.")
    if any(map(_is_hidden, FLAG.sub("", cleaned))):
        raise ValueError("Invisible characters are not allowed in a name.")
    return cleaned


def clean_key(key: str | None) -> str | None:
    """The idempotency key, validated. Errors: ValueError."""
    if key is not None and not (
        1 <= len(key) <= CLIENT_MUTATION_ID_LENGTH and all(map(_is_printable, key))
    ):
        raise ValueError(
            f"A clientMutationId must have 1 to {CLIENT_MUTATION_ID_LENGTH} printable characters."
        )
    return key


def has_visible_character(text: str) -> bool:
    """Whether the text has a character that is displayed."""
    if text.isascii():
        return bool(text.strip(WHITE_SPACE))
    return any(map(_is_visible, text))


def nfc(text: str) -> str:
    """The text in Normalization Form C."""
    form: str = unicodedata2.normalize("NFC", text)
    return form


def nfkc(text: str) -> str:
    """The text in Normalization Form KC."""
    form: str = unicodedata2.normalize("NFKC", text)
    return form


def category(character: str) -> str:
    """Unicode's General_Category of a character."""
    found: str = unicodedata2.category(character)
    return found


def fold_case(text: str) -> str:
    """The text with A to Z in lower case, otherwise unchanged: names and addresses are compared in this form."""
    return text.translate(LOWER_CASE)


def _without_blank_ends(text: str) -> str:
    first = len(text) - len(text.lstrip(WHITE_SPACE))
    last = len(text.rstrip(WHITE_SPACE))
    begin = text.rfind("\n", 0, first) + 1
    end = text.find("\n", last)
    return text[begin:] if end < 0 else text[begin:end]


def _is_visible(character: str) -> bool:
    if category(character) in INVISIBLE_CATEGORIES:
        return VISIBLE_FORMATS.match(character) is not None
    return INVISIBLE.match(character) is None


def _is_hidden(character: str) -> bool:
    """Whether the character is neither displayed, nor white space, a combining mark or a joiner."""
    return (
        character not in JOINERS
        and category(character)[0] not in "MZ"
        and not _is_visible(character)
    )


def _is_printable(character: str) -> bool:
    return character == " " or category(character)[0] not in "CZ"


def _longest_run_of_marks(text: str) -> int:
    """The length of the longest run of combining marks and joiners in NFD."""
    longest = run = 0
    for character in unicodedata2.normalize("NFD", text):
        if category(character)[0] == "M" or character in JOINERS:
            run += 1
            longest = max(longest, run)
        else:
            run = 0
    return longest
