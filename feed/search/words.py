"""The words of texts, by which posts are found.

A word is a run of letters and digits, without accents and case. Scripts that put no spaces between words, and Korean,
whose words have endings, are cut into pieces of one and of two characters: what is searched for is found as a part
of a run. A symbol, such as an emoji, is a word. A post's words are a `tsvector` with their places, a query is a
`tsquery`; PostgreSQL gets both as text, so that no dictionary or locale of the server matters.

PostgreSQL's index has no places. So that a phrase does not look at each post with its words, two words that follow each
other make one of 4,096 further words, by a hash of both.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

import unicodedata2  # type: ignore[import-not-found]  # it has no types

from core.text import category, nfkc
from feed.text_entities import VARIATION_SELECTORS, EntityKind, find_entities

WORD_LENGTH = 60
"""Of longer words only the beginning counts, in texts and in queries."""
ACCENTS = re.compile(r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670]+")
"""Combining marks of Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic."""
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ø": "o", "ł": "l", "đ": "d", "ð": "d"}
    | {"\u0131": "i", "ħ": "h", "ŧ": "t"}
)
"""Letters that Unicode does not decompose, as they are written without accents."""
UNSPACED = (
    # Thai, Lao, Tibetan, Burmese, Khmer; Hangul; kana, bopomofo; ideographs.
    r"\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u3041-\u30ff\u3105-\u318f"
    r"\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    r"\U0001b000-\U0001b16f\U00020000-\U000323af"
)
PIECE = re.compile(rf"[{UNSPACED}]")
"""A character of a run, which is found in a text without being a word there by itself."""
PAIR = "~"
"""Begins the words of pairs. Posts whose pairs have been written have it alone as well."""
PAIR_LETTERS = string.ascii_letters + string.digits + "-_"
PART = re.compile(rf"([{UNSPACED}]+)|\x00(.)|([^\s\x00{UNSPACED}]+)")
"""A run without spaces, a symbol, a word: what `_separated` leaves."""


class Word(NamedTuple):
    """A word at its place in a text: words that follow each other have places that do."""

    text: str
    place: int
    is_covered: bool = False
    """Whether longer pieces at the same place and the one before contain it."""


class _Separated(dict[int, str]):
    """What stands for each character: itself in words, a space for what separates them, nothing for what only says how
    a character is displayed."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = category(character)
        if kind == "Cf" or VARIATION_SELECTORS.match(character):
            found = ""
        elif kind[0] in "LMN":
            found = character
        else:
            found = f" \x00{character} " if kind == "So" else " "
        self[code] = found
        return found


SEPARATED = _Separated()
"""Filled as characters are met; there are fewer than a million."""


def folded(text: str) -> str:
    """The text without accents and case, in NFKC."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata2.normalize("NFKD", text).casefold()
    return nfkc(ACCENTS.sub("", decomposed).translate(LETTERS))


def words_of(text: str) -> list[Word]:
    """The words of a text, in order."""
    found: list[Word] = []
    place = 1
    for run, symbol, word in PART.findall(folded(text).translate(SEPARATED)):
        if run:
            last = len(run) - 1
            for number, character in enumerate(run):
                found.append(Word(character, place + number, last > 0))
                if number < last:
                    found.append(Word(run[number : number + 2], place + number))
            place += last
        else:
            found.append(Word(symbol or word[:WORD_LENGTH], place))
        place += 1
    return found


def _pairs(words: list[Word]) -> Iterator[str]:
    """The words of pairs: of each two words that follow each other in all texts in which a phrase finds them."""
    for left, right in pairwise(word for word in words if not word.is_covered):
        if PIECE.fullmatch(left.text) or PIECE.fullmatch(right.text):
            continue
        # The last character of a run has a place of its own.
        ends_run = PIECE.match(left.text) and not PIECE.match(right.text)
        if right.place - left.place == (2 if ends_run else 1):
            number = crc32(f"{left.text} {right.text}".encode())
            yield f"{PAIR}{PAIR_LETTERS[number & 63]}{PAIR_LETTERS[number >> 6 & 63]}"


def tsvector(text: str, *further: str) -> str:
    """The words of a post with their places, and without places its pairs and further ones, as the text of a
    `tsvector`."""
    words = words_of(text)
    placed = [f"'{word.text}':{word.place}" for word in words]
    return " ".join([*placed, *(f"'{word}'" for word in (PAIR, *set(_pairs(words)), *further))])


def words_of_post(author_id: int, text: str) -> str:
    """What a post is found by, as the text of a `tsvector`: its words, its author and its hashtags."""
    hashtags = {entity.name for entity in find_entities(text) if entity.kind is EntityKind.HASHTAG}
    return tsvector(text, author_word(author_id), *(f"#{name}" for name in hashtags))


def author_word(author_id: int) -> str:
    """The word that all posts of an author have."""
    return f"@{author_id}"


def phrase(text: str) -> str:
    """The text's words one after the other, and their pairs, as the text of a `tsquery`; empty if it has none."""
    words = words_of(text)
    wanted = [word for word in words if not word.is_covered]
    parts: list[str] = []
    for number, word in enumerate(wanted):
        if number:
            parts.append(f"<{word.place - wanted[number - 1].place}>")
        parts.append(f"'{word.text}'")
    return " & ".join([" ".join(parts), *(f"'{pair}'" for pair in _pairs(words))]) if parts else ""
