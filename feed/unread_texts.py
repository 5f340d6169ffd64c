"""Finds the entities of texts that were written without them: by an earlier version, or by a bulk load."""

from __future__ import annotations

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from feed.entities import Entities, entities_of_texts

TEXTS_AT_ONCE = 200


async def entities_fill(transaction: Transaction, missing: str, fill: str) -> dict[int, Entities]:
    """The entities that were stored, by post or comment. Locks: new hashtags, then the posts or comments, by key.

    `missing`, `fill`: the statements that give some texts without entities, and store them.
    """
    rows = await transaction.fetch(missing, TEXTS_AT_ONCE)
    if not rows:
        return {}
    keys, authors, texts = zip(*rows, strict=True)
    found = await entities_of_texts(transaction, zip(authors, texts, strict=True))
    by_key = dict(zip(keys, found, strict=True))
    stored = await transaction.fetch(
        fill, key_array(keys), list(texts), [key_array(entities) for entities in found]
    )
    return {row[0]: by_key[row[0]] for row in stored}
