"""The words of texts, by which posts are found.

A word is a run of letters and digits, without accents and case. Scripts that put no spaces between words, and Korean,
whose words have endings, are cut into pieces of one and of two characters: what is searched for is found as a part
of a run. A symbol, such as an emoji, is a word. A post's words are a `tsvector` with their places, a query is a
`tsquery`; PostgreSQL gets both as text, so that no dictionary or locale of the server matters.

PostgreSQL's index has no places. So that a phrase does not look at each post with its words, two words that follow each
other make one of 4,096 further words, by a hash of both: a pair. Where a run begins or ends beside a word, a symbol or
another run, the character there and what is beside it make another: a joint. A query may have less of the run than the
text, but always that character.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple
from zlib import crc32

import unicodedata2  # type: ignore[import-not-found]  # it has no types

from core.text import category, nfkc
from feed.text_entities import MAX_HASHTAGS, VARIATION_SELECTORS, EntityKind, find_entities

WORD_LENGTH = 60
"""Of longer words only the beginning counts, in texts and in queries."""
ACCENTS = re.compile(r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670]+")
"""Combining marks of Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic."""
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ø": "o", "ł": "l", "đ": "d", "ð": "d"}
    | {"\u0131": "i", "ħ": "h", "ŧ": "t"}
    | dict.fromkeys("\u02bb\u02bc\u02bd\u02be\u02bf", "'")
)
"""Letters that Unicode does not decompose, as written without accents, and apostrophes that it counts as letters."""
APART = {code: f"\u200c{chr(code)}\u200c" for code in range(0x3131, 0x318F)} | {
    ord(sign): f" {sign} " for sign in "№℠℡™℻"
}
"""What NFKC would join to its neighbours, as it stands apart: Korean letters that are no syllable, such as ㅠ after ㅋ,
and signs that stand for letters."""
UNSPACED = (
    # Thai, Lao, Tibetan, Burmese, Khmer; Hangul; kana, bopomofo; ideographs.
    r"\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u3041-\u30ff\u3105-\u318f"
    r"\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    r"\U0001b000-\U0001b16f\U00020000-\U000323af"
)
PIECE = re.compile(rf"[{UNSPACED}]")
"""A character of a run, which is found in a text without being a word there by itself."""
PAIR = "~"
"""Begins the words of pairs."""
JOINT = "^"
"""Begins the words of joints."""
HASH_LETTERS = string.ascii_letters + string.digits + "-_"
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
    decomposed = unicodedata2.normalize("NFKD", text.translate(APART)).casefold()
    return nfkc(ACCENTS.sub("", decomposed).translate(LETTERS))


class Part(NamedTuple):
    """A run without spaces, a symbol or a word; the others are empty."""

    run: str
    symbol: str
    word: str

    @property
    def first(self) -> str:
        """What begins it: a character of a run, or the whole."""
        return self.run[:1] or self.symbol or self.word[:WORD_LENGTH]

    @property
    def last(self) -> str:
        return self.run[-1:] or self.symbol or self.word[:WORD_LENGTH]


def parts_of(text: str) -> list[Part]:
    """The parts of a text, in order."""
    return list(map(Part._make, PART.findall(folded(text).translate(SEPARATED))))


def words_of(parts: Iterable[Part]) -> list[Word]:
    """The words of a text, in order."""
    found: list[Word] = []
    place = 1
    for run, symbol, word in parts:
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
            yield _hashed(PAIR, left.text, right.text)


def _joint(left: Part, right: Part) -> str:
    """The word of the joint of two parts that follow each other; empty if neither is a run."""
    return _hashed(JOINT, left.last, right.first) if left.run or right.run else ""


def _joints_asked(parts: list[Part]) -> Iterator[list[str]]:
    """For the joints of a query, words of which each post with the phrase has one.

    Two runs of the query may be one in the post. Then it has the piece of both characters, and with a third one the
    pair of the two pieces.
    """
    signs: list[str] = []
    joints: list[str] = []
    """Of each sign and the next."""
    for number, part in enumerate(parts):
        if number:
            joints.append(_joint(parts[number - 1], part))
        signs.extend(part.run or [part.first])
        joints.extend([""] * (len(part.run) - 1))
    for number, joint in enumerate(joints):
        left, right, *further = signs[number : number + 3]
        are_pieces = PIECE.match(left) and PIECE.match(right)
        if joint:
            yield [left + right, joint] if are_pieces else [joint]
        near = [each for each in joints[number : number + 2] if each]
        if near and are_pieces and further and PIECE.match(further[0]):
            yield [_hashed(PAIR, left + right, right + further[0]), *near]


def _hashed(kind: str, left: str, right: str) -> str:
    number = crc32(f"{left} {right}".encode())
    return f"{kind}{HASH_LETTERS[number & 63]}{HASH_LETTERS[number >> 6 & 63]}"


def tsvector(text: str, *further: str) -> str:
    """The words of a post with their places, and without places its pairs, joints and further ones, as the text of a
    `tsvector`."""
    parts = parts_of(text)
    words = words_of(parts)
    joints = {_joint(left, right) for left, right in pairwise(parts)} - {""}
    unplaced = {*_pairs(words), *joints, *further}
    placed = [f"'{word.text}':{word.place}" for word in words]
    return " ".join([*placed, *(f"'{word}'" for word in unplaced)])


def words_of_post(author_id: int, text: str) -> str:
    """What a post is found by, as the text of a `tsvector`: its words, its author and its hashtags."""
    found = (each.name for each in find_entities(text) if each.kind is EntityKind.HASHTAG)
    hashtags = {f"#{name}" for name in islice(found, MAX_HASHTAGS)}
    return tsvector(text, author_word(author_id), *hashtags)


def author_word(author_id: int) -> str:
    """The word that all posts of an author have."""
    return f"@{author_id}"


def phrase(text: str) -> str:
    """The text's words one after the other, with their pairs and joints, as the text of a `tsquery`; empty if there are
    none."""
    parts = parts_of(text)
    if not parts:
        return ""
    words = words_of(parts)
    wanted = [word for word in words if not word.is_covered]
    order = f"'{wanted[0].text}'"
    for before, word in pairwise(wanted):
        order += f" <{word.place - before.place}> '{word.text}'"
    pairs = [f"'{pair}'" for pair in _pairs(words)]
    joints = ["('" + "' | '".join(either) + "')" for either in _joints_asked(parts)]
    return " & ".join([order, *pairs, *joints])
