"""The topic of `postInteractions`: events about the posts that clients watch."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar, NamedTuple

from core.accounts.selectors import users_by_ids
from core.accounts.user_rows import UserRow, deleted_user
from core.accounts.visibility import HiddenPairs, hidden_pairs
from core.context import Context
from core.errors import ClientError, JSONObject
from core.events import event_types
from core.events.dispatcher import Dispatcher
from core.events.event_log import EventRow
from core.graphql.live.event_payloads import EventRenderer
from core.graphql.live.presented_event import PresentedEvent
from core.graphql.live.shared_operations import PublicFields
from core.graphql.live.subscriber import Subscriber
from core.graphql.live.topic import Topic
from core.ids import key_of
from feed.graphql.home_feed_topic import PUBLIC_OBJECT_FIELDS
from feed.post_rows import PostRow
from feed.selectors import posts_of_events
from feed.viewer_states import TrueStates, post_for, viewer_states
from feed.visibility import Readers, post_readers
from interactions.comment_rows import CommentRow
from interactions.selectors import comments_of_events
from interactions.statements import SQL

MAX_POSTS = 100
COMMENT_REMOVAL_KINDS = frozenset({event_types.COMMENT_DELETED, event_types.TOMBSTONE_DELETED})
UNMUTED_KINDS = frozenset({event_types.POST_EDITED, event_types.POST_DELETED})
"""Kinds that a mute does not hide: the viewer has opened the post on purpose."""

COMMENT_KINDS = frozenset({event_types.COMMENT_CREATED, event_types.COMMENT_EDITED})
"""Kinds that show a comment, as long as it is there."""

REMOVAL_KINDS = COMMENT_REMOVAL_KINDS | {event_types.POST_UNLIKED, event_types.POST_UNSHARED}
"""Kinds that are delivered even if the actor's account has been deleted."""

HIDDEN_ACTOR = deleted_user(0)
"""In place of an actor whom a block hides."""

ACTION_FIELDS = frozenset({"cursor", "clientMutationId", "actor", "post"})
PUBLIC_FIELDS: PublicFields = {
    **PUBLIC_OBJECT_FIELDS,
    "Comment": frozenset(
        {"id", "text", "createdAt", "editedAt", "likeCount", "replyCount", "isDeleted", "author"}
    ),
    "PostInteraction": frozenset({"cursor"}),
    "PostLiked": ACTION_FIELDS,
    "PostUnliked": ACTION_FIELDS,
    "PostShared": ACTION_FIELDS,
    "PostUnshared": ACTION_FIELDS,
    "CommentCreated": ACTION_FIELDS | {"comment"},
    "CommentEdited": ACTION_FIELDS | {"comment"},
    "CommentDeleted": ACTION_FIELDS | {"deletedCommentId", "tombstone", "parent"},
    "PostEdited": ACTION_FIELDS,
    "PostDeleted": frozenset({"cursor", "clientMutationId", "deletedPostId"}),
}


class InteractionRow(NamedTuple):
    """What the fields of an event read."""

    kind: str
    cursor: str
    client_mutation_id: str | None
    actor: UserRow | None
    post_id: int
    post: PostRow | None
    comment_id: int | None
    comment: CommentRow | None
    tombstone: CommentRow | None
    parent: CommentRow | None


class PresentedInteraction(PresentedEvent):
    """An event with its actor, post and comments, and what is hidden from whom."""

    __slots__ = (
        "_actor",
        "_comment",
        "_hidden",
        "_hides_actor",
        "_hides_parent",
        "_parent",
        "_post",
        "_readers",
        "_states",
    )

    def __init__(
        self,
        event: EventRow,
        *,
        actor: UserRow | None,
        post: PostRow | None,
        comment: CommentRow | None,
        parent: CommentRow | None,
        hidden: HiddenPairs,
        readers: Readers,
        states: TrueStates,
        hides_actor: bool,
        hides_parent: bool,
    ) -> None:
        """`hides_…`: whether it is for viewers from whom a block hides this, in place of the others."""
        super().__init__(event)
        self._parent = parent
        self._hides_parent = hides_parent
        self._hides_actor = hides_actor
        self._actor = HIDDEN_ACTOR if hides_actor else actor
        self._post = post
        self._comment = comment
        self._hidden = hidden
        self._readers = readers
        self._states = states

    @property
    def is_readable(self) -> bool:
        """Whether its actor, post and comment still exist."""
        kind = self.event.kind
        if kind == event_types.POST_DELETED:
            return True
        if self._actor is None or self._post is None:
            return False
        return kind not in COMMENT_KINDS or (
            self._comment is not None and not self._comment.is_deleted
        )

    def is_visible_to(self, viewer_id: int | None) -> bool:
        if not self._readers.include(viewer_id, self.event.post_id):
            return False
        if viewer_id is None:
            return not (self._hides_actor or self._hides_parent)
        if self._blocks_parent(viewer_id) != self._hides_parent:
            return False
        pair = (viewer_id, self.event.actor_id)
        if (pair in self._hidden.blocked) != self._hides_actor:
            return False
        if self._post is not None and (viewer_id, self._post.author.id) in self._hidden.blocked:
            return False
        return self.event.kind in UNMUTED_KINDS or pair not in self._hidden.muted

    def _blocks_parent(self, viewer_id: int) -> bool:
        author = None if self._parent is None else self._parent.author
        return author is not None and (viewer_id, author.id) in self._hidden.blocked

    def row(self, cursor: str) -> InteractionRow:
        return self._row(cursor, self._post)

    def row_for(self, viewer_id: int | None, cursor: str) -> InteractionRow:
        post = None if self._post is None else post_for(viewer_id, self._post, self._states)
        return self._row(cursor, post)

    def _row(self, cursor: str, post: PostRow | None) -> InteractionRow:
        event, comment = self.event, self._comment
        is_tombstone = comment is not None and comment.is_deleted
        return InteractionRow(
            event.kind,
            cursor,
            None if self._hides_actor else event.client_mutation_id,
            self._actor,
            event.post_id or 0,
            post,
            event.subject_id,
            comment,
            comment if is_tombstone else None,
            None if self._hides_parent else self._parent,
        )


class PostInteractionsTopic(Topic):
    """Subscribers by the posts they watch."""

    field: ClassVar = "postInteractions"
    kinds: ClassVar = frozenset(event_types.INTERACTION_KINDS)
    missed_statement: ClassVar = SQL.post_events
    public_fields: ClassVar[PublicFields] = PUBLIC_FIELDS

    def __init__(self, dispatcher: Dispatcher, renderer: EventRenderer) -> None:
        super().__init__(dispatcher, renderer)
        self._by_post: defaultdict[int, set[Subscriber]] = defaultdict(set)
        self._personal: Counter[int | None] = Counter()
        """Number of subscribers, by viewer, who select fields that depend on the viewer."""

    def topic_key(self, _: Context, arguments: JSONObject) -> tuple[int, ...]:
        ids = arguments["postIds"]
        if not 1 <= len(ids) <= MAX_POSTS:
            message = f"`postIds` has {len(ids)} ids; send between 1 and {MAX_POSTS}."
            raise ClientError(message, "BAD_INPUT")
        keys = dict.fromkeys(key_of("Post", id) for id in ids)
        if None in keys:
            message = "`postIds` has an id that is not of a post. Ids are opaque: send them back unchanged."
            raise ClientError(message, "BAD_ID")
        return tuple(key for key in keys if key is not None)

    def add(self, subscriber: Subscriber) -> None:
        for post_id in subscriber.topic_key:
            self._by_post[post_id].add(subscriber)
        if not subscriber.operation.is_shared:
            self._personal[subscriber.viewer_id] += 1

    def remove(self, subscriber: Subscriber) -> None:
        for post_id in subscriber.topic_key:
            subscribers = self._by_post[post_id]
            subscribers.discard(subscriber)
            if not subscribers:
                del self._by_post[post_id]
        if not subscriber.operation.is_shared:
            self._personal[subscriber.viewer_id] -= 1
            if not self._personal[subscriber.viewer_id]:
                del self._personal[subscriber.viewer_id]

    def viewers(self, events: Sequence[EventRow]) -> set[int | None]:
        posts = {event.post_id for event in events if event.post_id in self._by_post}
        return {
            subscriber.viewer_id
            for post_id in posts
            if post_id is not None
            for subscriber in self._by_post[post_id]
        }

    def recipients(self, presented: PresentedEvent) -> Collection[Subscriber]:
        return self._by_post.get(presented.event.post_id or 0, ())

    def missed_arguments(self, subscriber: Subscriber) -> tuple[object, ...]:
        return list(subscriber.topic_key), list(self.kinds)

    async def present(
        self, events: Sequence[EventRow], viewers: set[int | None]
    ) -> list[PresentedEvent]:
        events = [event for event in events if event.post_id in self._by_post]
        if not events:
            return []
        database = self.log.database
        post_ids = list({event.post_id for event in events if event.post_id is not None})
        actor_ids = list({event.actor_id for event in events})
        comment_ids = list(
            {
                key
                for event in events
                if event.kind in COMMENT_KINDS | COMMENT_REMOVAL_KINDS
                for key in (event.subject_id, event.parent_id)
                if key is not None
            }
        )
        posts, actors, comments = await asyncio.gather(
            posts_of_events(database, post_ids),
            users_by_ids(database, None, actor_ids),
            comments_of_events(database, comment_ids) if comment_ids else _no_comments(),
        )
        post = dict(zip(post_ids, posts, strict=True))
        actor = dict(zip(actor_ids, actors, strict=True))
        comment = dict(zip(comment_ids, comments, strict=True))
        signed_in = {viewer_id for viewer_id in viewers if viewer_id is not None}
        authors = {found.author.id for found in posts if found is not None}
        authors |= {found.author.id for found in comments if found is not None and found.author}
        personal = signed_in & self._personal.keys()
        states = await viewer_states(database, personal, post_ids)
        readers = await post_readers(database, signed_in, posts, events)
        # Last, so that blocks and mutes are as fresh as possible.
        hidden = await hidden_pairs(database, signed_in, authors.union(actor_ids))
        presented = [
            PresentedInteraction(
                event,
                actor=actor[event.actor_id]
                or (deleted_user(event.actor_id) if event.kind in REMOVAL_KINDS else None),
                post=post.get(event.post_id or 0),
                comment=comment.get(event.subject_id or 0),
                parent=comment.get(event.parent_id or 0),
                hidden=hidden,
                readers=readers,
                states=states,
                hides_actor=hides_actor,
                hides_parent=hides_parent,
            )
            for event in events
            for hides_actor in _choices(_is_of_tombstone(event, comment))
            for hides_parent in _choices(event.parent_id is not None)
        ]
        return [each for each in presented if each.is_readable]


def _choices(is_possible: bool) -> tuple[bool, ...]:
    return (False, True) if is_possible else (False,)


def _is_of_tombstone(event: EventRow, comments: Mapping[int, CommentRow | None]) -> bool:
    """Whether a tombstone appears or goes, which is in the lists of all who see the post, whatever its author."""
    if event.kind == event_types.COMMENT_DELETED:
        comment = comments.get(event.subject_id or 0)
        return comment is not None and comment.is_deleted
    return event.kind == event_types.TOMBSTONE_DELETED


async def _no_comments() -> list[CommentRow | None]:
    return []
