"""The kinds of events.

Each event has an actor (`actor_id`), and depending on its kind a post (`post_id`) and a subject (`subject_id`). It is
inserted in the transaction of the change, and only if something changed.
"""

from __future__ import annotations

from typing import Final

# The actor is the post's author, also if a moderator acted, because the post may be deleted when the event is
# delivered. No subject, but for a deleted post that was not public: its visibility.
POST_CREATED: Final = "post_created"
POST_EDITED: Final = "post_edited"
POST_DELETED: Final = "post_deleted"

# No subject.
POST_LIKED: Final = "post_liked"
POST_UNLIKED: Final = "post_unliked"
POST_SHARED: Final = "post_shared"
# The subject is the key of the share; null if the post can't be shared again.
POST_UNSHARED: Final = "post_unshared"

# The subject is the comment, the post is that of the comment. The actor of the first three is the comment's author.
COMMENT_CREATED: Final = "comment_created"
COMMENT_EDITED: Final = "comment_edited"
# The parent is the nearest comment above it that remains.
COMMENT_DELETED: Final = "comment_deleted"
# A tombstone goes with its last reply, whose author is the actor. The parent is as above.
TOMBSTONE_DELETED: Final = "tombstone_deleted"
COMMENT_LIKED: Final = "comment_liked"
COMMENT_UNLIKED: Final = "comment_unliked"

# The actor has signed up. No post, no subject.
USER_CREATED: Final = "user_created"
# The actor's account is deleted: hidden, until it is restored or erased. No post, no subject; nor has its restoration.
USER_DELETED: Final = "user_deleted"
USER_RESTORED: Final = "user_restored"
# The actor's account has become private or public. No post, no subject.
USER_PRIVACY_CHANGED: Final = "user_privacy_changed"
# The subject is the other user. No post.
USER_FOLLOWED: Final = "user_followed"
USER_UNFOLLOWED: Final = "user_unfollowed"
USER_BLOCKED: Final = "user_blocked"
USER_UNBLOCKED: Final = "user_unblocked"
USER_MUTED: Final = "user_muted"
USER_UNMUTED: Final = "user_unmuted"
# The actor begins or ceases to see the post, which is the subject's and for whom it mentions: by an edit or its
# deletion.
POST_MENTION_CHANGED: Final = "post_mention_changed"
# The actor asks to follow the subject, whose account is private.
FOLLOW_REQUESTED: Final = "follow_requested"
# It was taken back, rejected, or ended by a block.
FOLLOW_REQUEST_DELETED: Final = "follow_request_deleted"
# The actor has accepted the subject's request; beside it the log has USER_FOLLOWED with the follower as the actor.
FOLLOW_ACCEPTED: Final = "follow_accepted"

# The actor is the session's user; the subject is the session, or null for all sessions of the user. No post.
SESSION_REVOKED: Final = "session_revoked"

# The actor is the recipient, the subject is the notification. Written by the consumer of all others.
NOTIFICATION_ADDED: Final = "notification_added"
NOTIFICATION_CHANGED: Final = "notification_changed"
NOTIFICATION_REMOVED: Final = "notification_removed"
# The subject is the position up to which the actor has seen their notifications.
NOTIFICATIONS_SEEN: Final = "notifications_seen"

FEED_KINDS: Final = (POST_CREATED, POST_DELETED, POST_SHARED, POST_UNSHARED)
"""Kinds that can change home feeds; the index `events_of_actor` contains only these."""
RELATION_KINDS: Final = (
    USER_FOLLOWED,
    USER_UNFOLLOWED,
    USER_BLOCKED,
    USER_UNBLOCKED,
    USER_MUTED,
    USER_UNMUTED,
    POST_MENTION_CHANGED,
)
"""Kinds that change the actor's whole home feed; the index `events_of_whole_feeds` contains only these."""
BLOCK_KINDS: Final = (USER_BLOCKED, USER_UNBLOCKED)
"""Kinds that can change the subject's home feed as well; the index `events_of_blocked` contains only these."""
ACCOUNT_KINDS: Final = (USER_DELETED, USER_RESTORED)
"""Kinds that hide or show all of the actor."""
HIDING_KINDS: Final = (POST_DELETED, COMMENT_DELETED, USER_DELETED, USER_PRIVACY_CHANGED)
"""Kinds after which anonymous clients may see less."""
VISIBILITY_KINDS: Final = (*HIDING_KINDS, USER_RESTORED)
"""Kinds after which clients may see less or more; the index `events_of_visibility` contains only these."""
REASON_KINDS: Final = (POST_CREATED, POST_SHARED)
"""Kinds that add reasons to home feeds; the index `events_of_reasons` contains only these."""
INTERACTION_KINDS: Final = (
    POST_LIKED,
    POST_UNLIKED,
    POST_SHARED,
    POST_UNSHARED,
    COMMENT_CREATED,
    COMMENT_EDITED,
    COMMENT_DELETED,
    TOMBSTONE_DELETED,
    POST_EDITED,
    POST_DELETED,
)
"""Kinds that subscribers of a post receive."""
NOTIFICATION_KINDS: Final = (
    NOTIFICATION_ADDED,
    NOTIFICATION_CHANGED,
    NOTIFICATION_REMOVED,
    NOTIFICATIONS_SEEN,
)
"""Kinds that the actor receives; the index `events_of_notifications` contains only these."""
