"""Adds new posts and shares to the kept home feeds of followers."""

from __future__ import annotations

from collections.abc import Sequence

from core.database.database import Transaction
from core.events.event_log import EventRow
from core.events.event_types import REASON_KINDS
from core.jobs.registry import consumer
from feed.statements import SQL

FOLLOWERS_AT_ONCE = 20_000
"""Whose feeds are looked up in one transaction: it holds back the events of others as long as it is open."""
EVENTS_AT_ONCE = 200
FEEDS_AT_ONCE = 5_000
START = (0, 0)
"""The position before all events: transaction, event."""


@consumer("feed.home_feeds", from_end=False, events_at_once=EVENTS_AT_ONCE)
async def add_to_home_feeds(transaction: Transaction, events: Sequence[EventRow]) -> int:
    """Adds the reasons of the first events; returns of how many, which may be 0 if only some followers have the first.

    The statements read the log from the position that is stored with the feeds, so that they miss no event that was
    skipped as a dead job, and repeat none.
    """
    progress = await transaction.fetch_row(SQL.home_feed_progress_lock)
    done, follow, is_in_log = (tuple(progress[:2]), *progress[2:]) if progress else (START, 0, True)
    if not is_in_log:
        # The log may have lost events that feeds lack.
        [(retired,)] = await transaction.fetch(SQL.home_feeds_retire, FEEDS_AT_ONCE)
        if retired == FEEDS_AT_ONCE:
            return 0
        done, follow = START, 0
    await transaction.fetch(SQL.home_feeds_adopt, *done)
    count = await _count_of_first(transaction, events, done)
    if count:
        last = max(done, _position(events[count - 1]))
        await transaction.fetch(SQL.home_feeds_add, *done, *last)
        await transaction.fetch(SQL.home_feed_progress_set, *last, 0)
        return count
    event = events[0]
    before = max(done, (event.transaction, event.id - 1))
    await transaction.fetch(SQL.home_feeds_add, *done, *before)
    row = await transaction.fetch_row(
        SQL.home_feeds_add_some,
        *(*before, *_position(event), event.actor_id, follow, FOLLOWERS_AT_ONCE),
    )
    follow, is_more = row or (0, False)
    if is_more:
        await transaction.fetch(SQL.home_feed_progress_set, *done, follow)
        return 0
    await transaction.fetch(SQL.home_feed_progress_set, *_position(event), 0)
    return 1


async def _count_of_first(
    transaction: Transaction, events: Sequence[EventRow], done: tuple[int, int]
) -> int:
    """How many of the first events have at most FOLLOWERS_AT_ONCE followers together; 0 if the first has more."""
    adding = [event for event in events if event.kind in REASON_KINDS and _position(event) > done]
    actors = list({event.actor_id for event in adding})
    rows = await transaction.fetch(SQL.follower_counts, actors) if actors else []
    followers: dict[int, int] = {row[0]: row[1] for row in rows}
    total = 0
    for index, event in enumerate(events):
        if event.kind in REASON_KINDS and _position(event) > done:
            total += followers.get(event.actor_id, 0)
            if total > FOLLOWERS_AT_ONCE:
                return index
    return len(events)


def _position(event: EventRow) -> tuple[int, int]:
    return event.transaction, event.id
