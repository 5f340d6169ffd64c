"""Finds mentions, hashtags and links in texts.

Characters are classified by the Unicode version of `core.text`, so a text has the same entities on every Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

import unicodedata2  # type: ignore[import-not-found]  # it has no types

from core.accounts.validators import USERNAME_LENGTH
from core.text import JOINERS, WHITE_SPACE, category, fold_case, nfkc

MAX_MENTIONS = 20
MAX_HASHTAGS = 20
HASHTAG_LENGTH = 100
"""Code points of a hashtag's name, after folding."""

STARTS = re.compile(r"[@＠#＃]|https?://", re.IGNORECASE | re.ASCII)  # noqa: RUF001  # fullwidth forms, on purpose
USERNAME_RUN = re.compile(r"[A-Za-z0-9_]+")
NOT_AFTER = "/&=@＠#＃_"  # noqa: RUF001  # as above
"""Characters after which no entity begins. Letters and digits are others: see `_continues_word`."""
WRITTEN_WITHOUT_SPACES = re.compile(
    # Thai, Lao, Burmese, Khmer; Chinese, Japanese and Korean.
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
    r"\U00020000-\U0003ffff]"
)
VARIATION_SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
WITHIN_WORDS = JOINERS + "\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u30fb"
"""Joiners, and punctuation within words: of Catalan, Hebrew, Tibetan and Japanese."""

NOT_IN_LINKS = (
    rf"{WHITE_SPACE}<>\"`\u00ab\u00bb\u2014\u2015\u2018\u2019\u201c\u201d\u2026"
    # Armenian, Arabic, Devanagari, Burmese, Ethiopic, Khmer, Chinese and Japanese.
    r"\u0589\u060c\u061b\u061f\u06d4\u0964\u0965\u104a\u104b\u1361-\u1368\u17d4\u17d5"
    r"\u3001\u3002\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff61"
    r"\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
)
"""White space, quotation marks, long dashes, punctuation of other scripts, and invisible characters."""
NOT_IN_HOSTS = r"/?#@:\\()\[\]{}!$&'*+,;=^|~\u2010-\u2027\u2030-\u205e"
"""Punctuation that ends a host, such as the comma before the next link, or a dash."""
AUTHORITY = re.compile(r"[^\s/?#]*")
LINK = re.compile(
    rf"https?://(?:\[[0-9A-Fa-f:.]+\]|[^{NOT_IN_LINKS}{NOT_IN_HOSTS}]+)(?::[0-9]{{1,5}})?(?:[/?#][^{NOT_IN_LINKS}]*)?",
    re.IGNORECASE | re.ASCII,
)
ENDS_SENTENCE = ".,;:!?'*~"
"""What is not the last character of a link. An underscore may be: ids end with them, and no link begins after one."""
BRACKETS = {")": "(", "]": "[", "}": "{"}


class EntityKind(Enum):
    """What a part of a text is."""

    MENTION = "mention"
    HASHTAG = "hashtag"
    LINK = "link"


class FoundEntity(NamedTuple):
    """A part of a text that is a mention if the user exists, a hashtag or a link."""

    start: int
    end: int
    kind: EntityKind
    name: str
    """The folded username or hashtag; empty for a link."""


def find_entities(text: str) -> Iterator[FoundEntity]:
    """The possible mentions, the hashtags and the links of a text, in order. They do not overlap."""
    position = 0
    while match := STARTS.search(text, position):
        start, position = match.start(), match.end()
        if start and _continues_word(text[start - 1]):
            continue
        first = match[0][0]
        if first in "@＠":  # noqa: RUF001  # as above
            found = _mention(text, start)
        elif first in "#＃":  # noqa: RUF001  # as above
            found = _hashtag(text, start)
        else:
            found = _link(text, start)
        if found is not None:
            yield found
            position = found.end


def hashtag_name(tag: str) -> str | None:
    """The form in which hashtags are compared, of a tag without its sign; None if it is no hashtag."""
    run = _hashtag_run(tag, 0)
    return _folded_hashtag(tag) if run and run == len(tag) else None


def folded_tag(text: str) -> str:
    """A part of a tag without its sign, in the form in which hashtags are compared."""
    folded = VARIATION_SELECTORS.sub("", text)
    # Folding the case may give what NFKC changes, and the other way round; twice is enough for every character.
    for _ in range(2):
        folded = nfkc(folded).casefold()
    return nfkc(folded)


def _mention(text: str, start: int) -> FoundEntity | None:
    match = USERNAME_RUN.match(text, start + 1)
    if match is None or len(match[0]) > USERNAME_LENGTH:
        return None
    following = text[match.end() : match.end() + 2]
    if following[:1] in {"@", "＠"} or (following and _is_accented(following[0])):  # noqa: RUF001  # as above
        return None
    # An address whose first part is in a script without spaces.
    if start and category(text[start - 1])[0] == "L" and re.match(r"\.[A-Za-z0-9]", following):
        return None
    return FoundEntity(start, match.end(), EntityKind.MENTION, fold_case(match[0]))


def _hashtag(text: str, start: int) -> FoundEntity | None:
    end = _hashtag_run(text, start + 1)
    name = _folded_hashtag(text[start + 1 : end])
    return None if name is None else FoundEntity(start, end, EntityKind.HASHTAG, name)


def _hashtag_run(text: str, start: int) -> int:
    """Where the letters, marks and digits end that begin at `start`."""
    end = start
    while end < len(text) and (_is_word(text[end]) or (end > start and text[end] in WITHIN_WORDS)):
        end += 1
    while end > start and text[end - 1] in WITHIN_WORDS:
        end -= 1
    return end


def _folded_hashtag(run: str) -> str | None:
    if not run or _is_mark(run[0]) or not any(category(each)[0] == "L" for each in run):
        return None
    name = folded_tag(run).rstrip(WITHIN_WORDS)
    # A few letters become words with spaces, or a mark and a letter.
    is_word = _hashtag_run(name, 0) == len(name) and not _is_mark(name[0])
    return name if is_word and len(name) <= HASHTAG_LENGTH else None


def _link(text: str, start: int) -> FoundEntity | None:
    scheme_end = text.index("//", start) + 2
    authority = AUTHORITY.match(text, scheme_end)
    match = LINK.match(text, start)
    # A name before the host makes a link look as if it led elsewhere.
    if match is None or authority is None or "@" in authority[0]:
        return None
    link = match[0]
    while link[-1] in ENDS_SENTENCE or (
        link[-1] in BRACKETS and link.count(link[-1]) > link.count(BRACKETS[link[-1]])
    ):
        link = link[:-1]
    end = start + len(link)
    return FoundEntity(start, end, EntityKind.LINK, "") if end > scheme_end else None


def _continues_word(character: str) -> bool:
    """Whether what follows the character is no beginning of an entity."""
    if character in NOT_AFTER:
        return True
    return _is_word(character) and WRITTEN_WITHOUT_SPACES.match(character) is None


def _is_word(character: str) -> bool:
    found = category(character)
    return found[0] in "LM" or found == "Nd" or character == "_"


def _is_mark(character: str) -> bool:
    return category(character)[0] == "M"


def _is_accented(character: str) -> bool:
    """Whether the character continues a Latin word."""
    found = category(character)[0]
    return found == "M" or (found == "L" and unicodedata2.name(character, "").startswith("LATIN"))
