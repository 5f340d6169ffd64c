"""The topic of `homeFeedEvents`: entries added to home feeds and removed from them, and changes of whole feeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

from core.accounts.selectors import users_by_ids
from core.accounts.user_rows import UserRow
from core.database.cursors import CursorSigner
from core.database.list_positions import Horizon
from core.database.time_ordered_keys import key_at
from core.events import event_types
from core.events.event_log import EventRow
from core.events.log_positions import NOTHING_SEEN, Position
from core.graphql.live.presented_event import PresentedEvent
from core.graphql.live.shared_operations import PublicFields
from core.graphql.live.subscriber import Subscriber
from core.graphql.live.viewer_topic import ViewerTopic
from core.paging import EdgeRow
from feed.post_rows import PostRow
from feed.selectors import posts_of_events
from feed.statements import SQL
from feed.viewer_states import POST_STATES

PUBLIC_OBJECT_FIELDS: PublicFields = {
    "User": frozenset({"id", "username", "displayName", "avatarUrl"}),
    "Post": frozenset(
        {
            "id",
            "text",
            "createdAt",
            "editedAt",
            "visibility",
            "likeCount",
            "commentCount",
            "shareCount",
            "quoteCount",
            "language",
            "contentWarning",
            "media",
            "author",
        }
    ),
    "Media": frozenset(
        {
            "id",
            "kind",
            "state",
            "failure",
            "url",
            "width",
            "height",
            "placeholder",
            "altText",
        }
    ),
    "SubscriptionReady": frozenset({"cursor", "resumed"}),
    "ResyncRequired": frozenset({"cursor", "reason"}),
}
"""Fields that have the same value for every viewer, by type."""


class FeedEntryAddedRow(NamedTuple):
    """What the fields of FeedEntryAdded read."""

    cursor: str
    client_mutation_id: str | None
    edge: EdgeRow
    is_newest: bool


class FeedEntryRemovedRow(NamedTuple):
    """What the fields of FeedEntryRemoved read."""

    cursor: str
    post_id: int


class HomeFeedChangedRow(NamedTuple):
    """What the fields of HomeFeedChanged read."""

    cursor: str


ACTOR_VISIBILITY_KINDS = frozenset({*event_types.ACCOUNT_KINDS, event_types.USER_PRIVACY_CHANGED})
"""Kinds after which users see more or less of the actor."""
WHOLE_FEED_KINDS = ACTOR_VISIBILITY_KINDS.union(event_types.RELATION_KINDS)
"""Kinds after which a feed has to be queried again."""

ROWS_LOOKED_AT = 10_000
"""How many posts and shares a batch looks at, to find whose feeds have posts of accounts; divided among these."""
LEAST_ROWS_LOOKED_AT = 100
"""Of each account."""

HomeFeedEventRow = FeedEntryAddedRow | FeedEntryRemovedRow | HomeFeedChangedRow


class FeedChange(NamedTuple):
    """How an event changes one viewer's home feed."""

    position: int | None
    """Of the entry that the post has now; None if it has none, or if the event changes the whole feed."""
    states: Sequence[bool] | None
    """The viewer's POST_STATES of the post; None if it has no entry."""
    sharer_id: int | None
    """The user whose share the entry is; None for the post itself or if there is no entry."""


class PresentedEntry(PresentedEvent):
    """An event, and how it changes which viewers' home feeds."""

    __slots__ = ("_cursors", "_post", "_sharer", "changes")

    def __init__(
        self,
        event: EventRow,
        changes: dict[int, FeedChange],
        post: PostRow | None,
        sharer: UserRow | None,
        cursors: CursorSigner,
    ) -> None:
        super().__init__(event)
        self.changes = changes
        self._post = post
        self._sharer = sharer
        self._cursors = cursors

    def is_visible_to(self, viewer_id: int | None) -> bool:
        return viewer_id in self.changes

    def row(self, cursor: str) -> HomeFeedEventRow:
        return self._row(cursor, 0, self._post, next(iter(self.changes.values())).position)

    def row_for(self, viewer_id: int | None, cursor: str) -> HomeFeedEventRow:
        change = self.changes[viewer_id or 0]
        post = self._post
        if post is not None and change.states is not None:
            states: dict[str, Any] = dict(zip(POST_STATES, change.states, strict=True))
            post = post._replace(**states)
        return self._row(cursor, viewer_id or 0, post, change.position)

    def _row(
        self, cursor: str, viewer_id: int, post: PostRow | None, position: int | None
    ) -> HomeFeedEventRow:
        if self.event.kind in WHOLE_FEED_KINDS:
            return HomeFeedChangedRow(cursor)
        if post is None or position is None:
            return FeedEntryRemovedRow(cursor, self.event.post_id or 0)
        # Events are delivered in the order of transactions: the viewer has seen all up to this one.
        transaction = self.event.transaction
        first_key = key_at(self.event.created_at, 0)
        horizon = Horizon(first_key - 1, f"{transaction + 1}:{transaction + 1}:")
        codec = self._cursors.codec("home", viewer_id)._replace(horizon=horizon)
        edge = EdgeRow(post, position, codec, self._sharer)
        is_newest = position >= first_key
        return FeedEntryAddedRow(cursor, self.event.client_mutation_id, edge, is_newest)


class HomeFeedTopic(ViewerTopic):
    """Subscribers by the viewer whose home feed they receive."""

    field: ClassVar = "homeFeedEvents"
    kinds: ClassVar = WHOLE_FEED_KINDS.union(event_types.FEED_KINDS)
    missed_statement: ClassVar = SQL.home_events
    public_fields: ClassVar[PublicFields] = {
        **PUBLIC_OBJECT_FIELDS,
        "HomeFeedEvent": frozenset({"cursor"}),
        "FeedEntryAdded": frozenset({"cursor", "clientMutationId", "edge", "isNewest"}),
        "FeedEntryRemoved": frozenset({"cursor", "postId"}),
        "HomeFeedChanged": frozenset({"cursor"}),
        # Without `cursor`: it is signed for the viewer.
        "PostEdge": frozenset({"node", "sharedBy"}),
    }

    def viewers(self, events: Sequence[EventRow]) -> set[int | None]:
        if any(event.kind not in event_types.RELATION_KINDS for event in events):
            return set(self._by_viewer)
        actors = {event.actor_id for event in events}
        blocked = {event.subject_id for event in events if event.kind in event_types.BLOCK_KINDS}
        return {viewer_id for viewer_id in actors | blocked if viewer_id in self._by_viewer}

    def recipients(self, presented: PresentedEvent) -> Collection[Subscriber]:
        viewers = presented.changes if isinstance(presented, PresentedEntry) else {}
        return [
            subscriber for viewer_id in viewers for subscriber in self._by_viewer.get(viewer_id, ())
        ]

    def missed_arguments(self, subscriber: Subscriber) -> tuple[object, ...]:
        snapshot = subscriber.position.snapshot
        return subscriber.topic_key, NOTHING_SEEN if snapshot is None else snapshot.text

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        for part in self._parts(events):
            await super().deliver(part, position)

    def _parts(self, events: Sequence[EventRow]) -> list[Sequence[EventRow]]:
        """The events, divided after each that changes whole feeds and committed after a subscriber's page was read.

        Of those in one part a viewer gets only the last, and that page may have seen it.
        """
        whole = [event.transaction for event in events if event.kind in WHOLE_FEED_KINDS]
        if len(whole) < 2:
            return [events]
        running: set[int] = set()
        for subscriber in self._all:
            snapshot = subscriber.position.snapshot
            if snapshot is not None and snapshot.newest.transaction > whole[0]:
                running |= snapshot.running
        ends = [
            number
            for number, event in enumerate(events, start=1)
            if event.transaction in running and event.kind in WHOLE_FEED_KINDS
        ]
        parts = [events[start:end] for start, end in pairwise([0, *ends, len(events)])]
        return [part for part in parts if part]

    async def present(
        self, events: Sequence[EventRow], viewers: set[int | None]
    ) -> list[PresentedEvent]:
        changes = await self._changes(events, [viewer for viewer in viewers if viewer is not None])
        delivered = [event for event, changed in zip(events, changes, strict=True) if changed]
        if not delivered:
            return []
        database = self.log.database
        post_ids = list({event.post_id for event in delivered if event.post_id is not None})
        sharer_ids = list(
            {
                change.sharer_id
                for changed in changes
                for change in changed.values()
                if change.sharer_id is not None
            }
        )
        posts = dict(zip(post_ids, await posts_of_events(database, post_ids), strict=True))
        sharers = dict(zip(sharer_ids, await users_by_ids(database, None, sharer_ids), strict=True))
        presented: list[PresentedEvent] = []
        for event, changed in zip(events, changes, strict=True):
            # Where a share is taken back, the entry may fall back to another reason for each viewer.
            by_entry: defaultdict[tuple[int | None, int | None], dict[int, FeedChange]]
            by_entry = defaultdict(dict)
            for viewer_id, change in changed.items():
                by_entry[change.position, change.sharer_id][viewer_id] = change
            for (position, sharer_id), alike in by_entry.items():
                post = posts.get(event.post_id or 0) if position is not None else None
                sharer = sharers.get(sharer_id or 0)
                # A post deleted since that statement gets an event of its own, and so does a share.
                is_there = post is not None and (sharer_id is None or sharer is not None)
                if position is None or is_there:
                    presented.append(PresentedEntry(event, alike, post, sharer, self.log.cursors))
        return presented

    async def _changes(
        self, events: Sequence[EventRow], viewers: list[int]
    ) -> list[dict[int, FeedChange]]:
        """For each event, its changes by viewer.

        Cost: one statement, two with events of ACTOR_VISIBILITY_KINDS or blocks of the viewers.
        """
        rows = await self.log.database.fetch(
            SQL.home_recipients,
            list(range(len(events))),
            [event.kind for event in events],
            [event.actor_id for event in events],
            [event.post_id for event in events],
            viewers,
            [event.transaction for event in events],
            [event.subject_id for event in events],
        )
        changes: list[dict[int, FeedChange]] = [{} for _ in events]
        for number, viewer_id, *change in rows:
            changes[number][viewer_id] = FeedChange(*change)
        # By the author and whom they block: the last of the events, and the transaction of the first.
        hidden: dict[tuple[int, int | None], tuple[int, int]] = {}
        blocks_of = set(viewers)
        for number, event in enumerate(events):
            subject = event.subject_id
            if event.kind in event_types.BLOCK_KINDS and subject in blocks_of:
                _, since = hidden.get((event.actor_id, subject), (number, event.transaction))
                hidden[event.actor_id, subject] = number, since
            elif event.kind in ACTOR_VISIBILITY_KINDS and subject is None:
                hidden[event.actor_id, None] = number, event.transaction
            elif event.kind in ACTOR_VISIBILITY_KINDS and subject is not None:
                # One of too many to look at each, which the subject has missed.
                changes[number][subject] = FeedChange(None, None, None)
        if hidden:
            authors, blocked = zip(*hidden, strict=True)
            numbers, transactions = zip(*hidden.values(), strict=True)
            columns = (list(column) for column in (numbers, authors, blocked, transactions))
            looked_at = max(ROWS_LOOKED_AT // len(hidden), LEAST_ROWS_LOOKED_AT)
            for number, viewer_id in await self.log.database.fetch(
                SQL.home_readers_by_shares, *columns, viewers, looked_at
            ):
                changes[number][viewer_id] = FeedChange(None, None, None)
        return _newest_of_whole_feeds(events, changes)


def _newest_of_whole_feeds(
    events: Sequence[EventRow], changes: list[dict[int, FeedChange]]
) -> list[dict[int, FeedChange]]:
    """The changes, with only the last of those that change a viewer's whole feed."""
    newest: dict[int, int] = {}
    for number, event in enumerate(events):
        if event.kind in WHOLE_FEED_KINDS:
            for viewer_id in changes[number]:
                if viewer_id in newest:
                    del changes[newest[viewer_id]][viewer_id]
                newest[viewer_id] = number
    return changes
