"""Writes notifications: adds causes to groups, and removes them. The inbox of a recipient is locked first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array, key_at
from core.events.event_log import EventRow
from interactions.notifications.changes import NotificationChanges
from interactions.notifications.notification_rows import position_at
from interactions.notifications.statements import SQL

KEPT_ACTORS = 100
"""How many rows of actors a notification keeps, the newest. All are counted."""
NONE: dict[int, int] = {}
GROUP_AGE = timedelta(days=30)
"""Nothing is added to an older notification, so that one with a new actor is not removed for its age."""


class GroupKey(NamedTuple):
    """What is grouped: a recipient's notifications of a kind about a thing (a post or comment, 0 for the account)."""

    recipient_id: int
    thing_id: int
    kind: int


class Cause(NamedTuple):
    """Why a recipient may be notified."""

    group: GroupKey
    post_id: int | None
    comment_id: int | None
    actor_id: int
    subject_id: int
    """The comment or post with which the actor caused it; 0 if there is none."""


class CauseChange(NamedTuple):
    """What a batch of events has changed about a cause."""

    event: EventRow
    """The last one, which gives the time."""
    last_step: int
    """Whether the last event began it (1) or ended it (-1); 0: it does not say."""
    holds: bool
    is_wanted: bool
    """Whether the recipient is notified of such."""

    @property
    def has_begun(self) -> bool:
        """Whether it is to be in a notification. If a later event begins it anew, that one adds it."""
        return self.holds and self.is_wanted and self.last_step >= 0


class Inbox(NamedTuple):
    """How far a recipient has seen their notifications, and the highest position that one has had."""

    seen_through: int
    last_position: int


class Group:
    """What is added to a notification."""

    __slots__ = ("actors", "causes", "has_dropped", "key", "position")

    def __init__(self, key: int | None, *, has_dropped: bool = False) -> None:
        self.key = key
        """None until it is written, if it is new."""
        self.has_dropped = has_dropped
        """Whether it has actors without a row."""
        self.causes: list[Cause] = []
        self.actors: set[int] = set()
        """Those who are new in it."""
        self.position = 0

    @property
    def kept(self) -> list[Cause]:
        """The causes that get a row."""
        return self.causes[-KEPT_ACTORS:]

    @property
    def dropped(self) -> set[int]:
        """The new actors who get no row."""
        if len(self.causes) <= KEPT_ACTORS:
            return set()
        return self.actors - {cause.actor_id for cause in self.kept}


async def causes_change(
    transaction: Transaction, found: Mapping[Cause, CauseChange], changes: NotificationChanges
) -> None:
    """Removes causes that have ended and adds those that have begun, by what the tables say now, which may be ahead of
    the log. Order: of the events.

    Cost: fifteen statements at most.
    """
    if not found:
        return
    recipients = {cause.group.recipient_id for cause in found}
    needed = {cause.group.recipient_id for cause, change in found.items() if change.has_begun}
    inboxes = await _inboxes_lock(transaction, recipients, needed)
    kept: defaultdict[tuple[GroupKey, int], dict[int, int]] = defaultdict(dict)
    columns = zip(*{(*cause.group, cause.actor_id) for cause in found}, strict=True)
    for *group, actor_id, key, subject_id in await transaction.fetch(
        SQL.notification_causes, *map(key_array, columns)
    ):
        kept[GroupKey(*group), actor_id][subject_id] = key
    new: list[Cause] = []
    removed: list[tuple[int, int, int]] = []
    withdrawn: list[tuple[int, ...]] = []
    for cause, change in found.items():
        keys = kept.get((cause.group, cause.actor_id), NONE)
        has_row = cause.subject_id in keys
        if change.holds:
            if has_row or not change.has_begun or cause.group.recipient_id not in inboxes:
                continue
            new.append(cause)
        elif has_row:
            removed.append((keys.pop(cause.subject_id), cause.actor_id, cause.subject_id))
        if not cause.subject_id:
            # Who is in it without a row, and has done it anew, is counted as new.
            withdrawn.append((*cause.group, cause.actor_id, 0))
    for key, recipient_id in await _dropped_remove(transaction, withdrawn):
        changes.changed(recipient_id, key)
    await causes_remove(transaction, removed, changes)
    await _groups_grow(transaction, new, found, kept, inboxes, changes)


async def _groups_grow(
    transaction: Transaction,
    new: Sequence[Cause],
    found: Mapping[Cause, CauseChange],
    kept: Mapping[tuple[GroupKey, int], Mapping[int, int]],
    inboxes: Mapping[int, Inbox],
    changes: NotificationChanges,
) -> None:
    """Adds causes to the groups that their recipients have not seen, or to new ones."""
    if not new:
        return
    groups: dict[GroupKey, Group] = {}
    places = zip(*{cause.group for cause in new}, strict=True)
    oldest = key_at(datetime.now(UTC) - GROUP_AGE, 0)
    for *columns, key, position, dropped in await transaction.fetch(
        SQL.notifications_newest, *map(key_array, places)
    ):
        if position > inboxes[columns[0]].seen_through and key > oldest:
            groups[GroupKey(*columns)] = Group(key, has_dropped=dropped > 0)
    for cause in new:
        # The last one to get a cause is the last one in the order of the dictionary.
        group = groups.pop(cause.group, None) or Group(None)
        groups[cause.group] = group
        group.causes.append(cause)
        if group.key not in kept.get((cause.group, cause.actor_id), NONE).values():
            group.actors.add(cause.actor_id)
    # Who has commented or quoted before, and has no row of that, is counted as new.
    again = {
        (*cause.group, cause.actor_id, groups[cause.group].key or 0)
        for cause in new
        if cause.subject_id
        and groups[cause.group].has_dropped
        and cause.actor_id in groups[cause.group].actors
    }
    await _dropped_remove(transaction, again)
    last = {user_id: inbox.last_position for user_id, inbox in inboxes.items()}
    begun: Counter[int] = Counter()
    grown = {key: group for key, group in groups.items() if group.causes}
    for place, group in grown.items():
        at = position_at(found[group.causes[-1]].event.created_at)
        group.position = last[place.recipient_id] = max(last[place.recipient_id] + 1, at)
        begun[place.recipient_id] += group.key is None
    await _groups_write(transaction, grown)
    await transaction.fetch(
        SQL.notification_inboxes_set,
        key_array(begun),
        key_array(last[user_id] for user_id in begun),
        key_array(begun.values()),
    )
    for place, group in grown.items():
        changes.added(place.recipient_id, group.key or 0)


async def _dropped_remove(
    transaction: Transaction, asked: Collection[tuple[int, ...]]
) -> list[tuple[int, int]]:
    """Removes actors without a row, of which each is asked for by recipient, thing, kind, actor, and the notification
    with which to begin. Returns the keys and recipients of the notifications that have lost some.
    """
    if not asked:
        return []
    columns = zip(*asked, strict=True)
    rows = await transaction.fetch(SQL.notification_dropped_remove, *map(key_array, columns))
    return [(row[0], row[1]) for row in rows]


async def _groups_write(transaction: Transaction, groups: Mapping[GroupKey, Group]) -> None:
    """Writes what is added to the groups, and sets the keys of new ones."""
    moved = [group for group in groups.values() if group.key is not None]
    begun = [(key, group) for key, group in groups.items() if group.key is None]
    if begun:
        for recipient_id, thing_id, kind, key in await transaction.fetch(
            SQL.notifications_add,
            key_array(key.recipient_id for key, _ in begun),
            key_array(key.kind for key, _ in begun),
            key_array(key.thing_id for key, _ in begun),
            key_array(group.causes[0].post_id or 0 for _, group in begun),
            key_array(group.causes[0].comment_id or 0 for _, group in begun),
            key_array(group.position for _, group in begun),
            key_array(len(group.actors) for _, group in begun),
        ):
            groups[GroupKey(recipient_id, thing_id, kind)].key = key
    if moved:
        await transaction.fetch(
            SQL.notifications_move,
            key_array(group.key or 0 for group in moved),
            key_array(group.position for group in moved),
            key_array(len(group.actors) for group in moved),
        )
    rows = [
        (group.key, group.position, cause.actor_id, *key, cause.subject_id)
        for key, group in groups.items()
        for cause in group.kept
    ]
    columns = zip(*rows, strict=True)
    await transaction.fetch(SQL.notification_actors_add, *map(key_array, columns))
    dropped: list[tuple[int, int]] = []
    if moved:
        keys = [group.key for group in moved]
        trimmed = await transaction.fetch(SQL.notification_actors_trim, keys, KEPT_ACTORS)
        dropped += [(key, actor_id) for key, actor_id in trimmed]
    dropped += [
        (group.key or 0, actor_id) for group in groups.values() for actor_id in group.dropped
    ]
    if dropped:
        columns = zip(*dropped, strict=True)
        await transaction.fetch(SQL.notification_dropped_add, *map(key_array, columns))


async def causes_remove(
    transaction: Transaction,
    causes: Iterable[tuple[int, int, int]],
    changes: NotificationChanges,
) -> None:
    """Removes causes: each a notification, an actor, and by what; and notifications that have none left.

    Where no row is left, some actors without one get it again, if they exist.
    """
    rows = list(causes)
    if not rows:
        return
    columns = zip(*rows, strict=True)
    bare: list[int] = []
    for key, recipient_id, is_removed, is_bare in await transaction.fetch(
        SQL.notification_causes_remove, *map(list, columns)
    ):
        (changes.removed if is_removed else changes.changed)(recipient_id, key)
        if is_bare:
            bare.append(key)
    if bare:
        for key, recipient_id in await transaction.fetch(
            SQL.notification_actors_return, bare, KEPT_ACTORS
        ):
            changes.removed(recipient_id, key)


async def _inboxes_lock(
    transaction: Transaction, users: set[int], needed: set[int]
) -> dict[int, Inbox]:
    """The inboxes of the users, locked. `needed`: whose are added where there are none, if the user still exists."""
    rows = await transaction.fetch(SQL.notification_inboxes_lock, key_array(users))
    if new := needed - {row[0] for row in rows}:
        missing = key_array(new)
        await transaction.fetch(SQL.notification_inboxes_add, missing)
        rows += await transaction.fetch(SQL.notification_inboxes_lock, missing)
    return {user_id: Inbox(*columns) for user_id, *columns in rows}
