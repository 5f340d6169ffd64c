"""Mentions, hashtags and links of posts and comments: found when a text is written, stored beside it, read as segments.

They are stored as whole numbers, three for each entity: where it starts, where it ends, and a key: that of the
mentioned user, minus that of the hashtag, or 0 for a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from feed.statements import SQL
from feed.text_entities import (
    MAX_HASHTAGS,
    MAX_MENTIONS,
    EntityKind,
    FoundEntity,
    find_entities,
)

Entities = list[int]
LIMITS = {EntityKind.MENTION: MAX_MENTIONS, EntityKind.HASHTAG: MAX_HASHTAGS}


class Names(NamedTuple):
    """What some texts name."""

    mentions: list[tuple[int, str]]
    """Authors and the folded usernames in their texts."""
    hashtags: list[str]

    @classmethod
    def of(cls, texts: Iterable[tuple[int, Sequence[FoundEntity]]]) -> Names:
        """The names in texts, by author. Order: of hashtags, by name."""
        mentions: dict[tuple[int, str], None] = {}
        hashtags: set[str] = set()
        for author_id, found in texts:
            for entity in found:
                if entity.kind is EntityKind.MENTION:
                    mentions[author_id, entity.name] = None
                elif entity.kind is EntityKind.HASHTAG:
                    hashtags.add(entity.name)
        return cls(list(mentions), sorted(hashtags))

    @property
    def arguments(self) -> tuple[list[int], list[str], list[str]]:
        """The arguments of `entities_resolve`."""
        return (
            [pair[0] for pair in self.mentions],
            [pair[1] for pair in self.mentions],
            self.hashtags,
        )


class Keys:
    """The keys of what texts name."""

    def __init__(self) -> None:
        self.users: dict[tuple[int, str], int] = {}
        self.hashtags: dict[str, int] = {}

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Adds the rows of `entities_resolve`."""
        for author_id, name, key in rows:
            if author_id is None:
                self.hashtags[name] = key
            else:
                self.users[author_id, name] = key

    def missing(self, names: Names) -> list[str]:
        """The hashtags without a key: another transaction has added them meanwhile. The next statement sees them."""
        return [name for name in names.hashtags if name not in self.hashtags]

    def entities(self, author_id: int, found: Iterable[FoundEntity]) -> Entities:
        """The entities of a text by this author: the first ones of each kind, up to its limit."""
        numbers: Entities = []
        counted: Counter[EntityKind] = Counter()
        for start, end, kind, name in found:
            key: int | None = 0
            if kind is EntityKind.MENTION:
                key = self.users.get((author_id, name))
            elif kind is EntityKind.HASHTAG:
                key = -self.hashtags[name]
            if key is not None and (kind not in LIMITS or counted[kind] < LIMITS[kind]):
                counted[kind] += 1
                numbers += (start, end, key)
        return numbers


async def entities_of(transaction: Transaction, author_id: int, text: str) -> Entities:
    """The entities of a text by this author. Locks: hashtags that are new.

    Cost: none for a text without mentions and hashtags, else one statement; more while others add the same hashtags.
    """
    found = list(find_entities(text))
    names = Names.of([(author_id, found)])
    keys = Keys()
    if names.mentions or names.hashtags:
        keys.add(await transaction.fetch(SQL.entities_resolve, *names.arguments))
        while missing := keys.missing(names):
            keys.add(await transaction.fetch(SQL.entities_resolve, [], [], missing))
    return keys.entities(author_id, found)


def names_keys(entities: Entities) -> bool:
    """Whether users or hashtags are among the entities."""
    return any(entities[2::3])


def set_arguments(entities_by_post: Mapping[int, Entities]) -> tuple[str, list[str]]:
    """The arguments of `post_entities_set`."""
    return key_array(entities_by_post), [key_array(each) for each in entities_by_post.values()]
