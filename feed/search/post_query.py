"""The query language of searches for posts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import NamedTuple

from core.accounts.validators import USERNAME_FORM, folded_username
from core.database.time_ordered_keys import HIGHEST_KEY, key_at
from core.errors import ClientError
from core.text import CONTROLS
from feed.search.words import phrase
from feed.text_entities import find_entities

QUERY_LENGTH = 200
SYNTAX = (
    "A query is words, all of which must occur; phrases in quotes; #hashtag; from:username; since:2026-01-31 for posts "
    "of that day (UTC) or later; until:2026-01-31 for posts before that day. Accents and case are ignored."
)
OPERATOR = re.compile(r"(from|since|until):(.*)", re.IGNORECASE | re.DOTALL)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Phones write the curly ones.
QUOTES = '"\u201c\u201d'
TERM = re.compile(rf"[{QUOTES}]([^{QUOTES}]*)([{QUOTES}]?)|[^\s{QUOTES}]+")
SIGNS = "#\uff03"


class PostQuery(NamedTuple):
    """What posts are searched for."""

    words: tuple[str, ...]
    """Parts of a `tsquery`; a post has all of them."""
    author: str | None
    """The folded username of the author."""
    below: int
    """Only posts with lower keys."""
    above: int
    """Only posts with higher keys."""


def invalid_query(message: str, position: int = 1) -> ClientError:
    """The error of a search text. `position`: that of the first character to change, counted in code points from 1."""
    return ClientError(message, "INVALID_QUERY", position=position)


def checked_query(query: str, at_most: int) -> str:
    """The query, which has no control characters and is not too long. Errors: INVALID_QUERY."""
    if len(query) > at_most:
        raise invalid_query(
            f"The query has {len(query)} characters; {at_most} are allowed. Send fewer.",
            at_most + 1,
        )
    control = CONTROLS.search(query)
    if control is not None:
        position = control.start() + 1
        raise invalid_query(f"Character {position} is a control character. Remove it.", position)
    return query


class _Reader:
    """Reads the terms of one query."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.author: str | None = None
        self.days: dict[str, date] = {}

    def read(self, query: str) -> PostQuery:
        for match in TERM.finditer(checked_query(query, QUERY_LENGTH)):
            term, position = match[0], match.start() + 1
            if term[0] in QUOTES:
                self._phrase(match[1], bool(match[2]), position)
            elif operator := OPERATOR.fullmatch(term):
                self._operator(operator[1].lower(), operator[2], position)
            elif term[0] in SIGNS:
                self._hashtag(term, position)
            else:
                self._add(phrase(term))
        if not self.words and self.author is None:
            raise invalid_query(
                "There is nothing to search for. Add a word, a phrase, a hashtag or from:username."
            )
        return PostQuery(
            tuple(self.words),
            self.author,
            _key(self.days.get("until"), HIGHEST_KEY),
            max(_key(self.days.get("since"), 1) - 1, 0),
        )

    def _phrase(self, text: str, is_closed: bool, position: int) -> None:
        if not is_closed:
            raise invalid_query(
                f"The quote at character {position} is not closed. Add one at its end.", position
            )
        found = phrase(text)
        if not found:
            raise invalid_query(f"The phrase at character {position} has no word.", position)
        self._add(found)

    def _hashtag(self, term: str, position: int) -> None:
        found = next(find_entities(term), None)
        if found is None or found.start > 0:
            raise invalid_query(
                f"Character {position} begins no hashtag: # is followed by letters and digits.",
                position,
            )
        self._add(f"'#{found.name}'")
        # As in a text, a hashtag ends at a comma.
        self._add(phrase(term[found.end :]))

    def _operator(self, name: str, value: str, position: int) -> None:
        after = position + len(name) + 1
        if name == "from":
            author = folded_username(value.removeprefix("@"))
            if author is None:
                raise invalid_query(f"`from:` needs a username. {USERNAME_FORM}", after)
            if self.author not in {None, author}:
                raise invalid_query("A post has one author. Remove one `from:`.", position)
            self.author = author
            return
        if name in self.days:
            raise invalid_query(f"`{name}:` is there twice. Remove one.", position)
        try:
            day = date.fromisoformat(value) if DAY.fullmatch(value) else None
        except ValueError:
            day = None
        if day is None:
            raise invalid_query(f"`{name}:` needs a day, such as 2026-01-31.", after)
        self.days[name] = day
        if len(self.days) == 2 and self.days["since"] >= self.days["until"]:
            raise invalid_query("`until:` must be a later day than `since:`.", after)

    def _add(self, words: str) -> None:
        if words and words not in self.words:
            self.words.append(words)


def _key(day: date | None, default: int) -> int:
    """The lowest key of a day."""
    if day is None:
        return default
    key = key_at(datetime(day.year, day.month, day.day, tzinfo=UTC), 0)
    return min(max(key, 0), HIGHEST_KEY)


def read_query(query: str) -> PostQuery:
    """What the query says. Errors: INVALID_QUERY, with the position of what is wrong."""
    return _Reader().read(query)
