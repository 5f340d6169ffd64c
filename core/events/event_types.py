"""What can stand in the event log.

Each event says who did it (`actor_id`), to which post (`post_id`), and what else it is about
(`subject_id`). It is inserted in the transaction of the change, and only if something changed.
"""

from __future__ import annotations

from typing import Final

# The actor of the first three is the post's author, whoever pressed the button: the post itself may
# be gone when the event is judged. No subject.
POST_CREATED: Final = "post_created"
POST_EDITED: Final = "post_edited"
POST_DELETED: Final = "post_deleted"

# No subject.
POST_LIKED: Final = "post_liked"
POST_UNLIKED: Final = "post_unliked"
POST_SHARED: Final = "post_shared"
# The subject is the key of the share, null if it can't be made again.
POST_UNSHARED: Final = "post_unshared"

# The subject is the comment, the post is the comment's. The actor of the first two is its author.
COMMENT_CREATED: Final = "comment_created"
COMMENT_DELETED: Final = "comment_deleted"
COMMENT_LIKED: Final = "comment_liked"
COMMENT_UNLIKED: Final = "comment_unliked"

# The subject is the other person. No post.
USER_FOLLOWED: Final = "user_followed"
USER_UNFOLLOWED: Final = "user_unfollowed"
USER_BLOCKED: Final = "user_blocked"
USER_UNBLOCKED: Final = "user_unblocked"
USER_MUTED: Final = "user_muted"
USER_UNMUTED: Final = "user_unmuted"

# The actor is whose session it is; the subject is the session, or null for all of them. No post.
SESSION_REVOKED: Final = "session_revoked"

FEED_KINDS: Final = (POST_CREATED, POST_DELETED, POST_SHARED, POST_UNSHARED)
"""What can change home feeds; the index `events_of_actor` holds these and no others."""
INTERACTION_KINDS: Final = (
    POST_LIKED,
    POST_UNLIKED,
    POST_SHARED,
    POST_UNSHARED,
    COMMENT_CREATED,
    COMMENT_DELETED,
    POST_EDITED,
    POST_DELETED,
)
"""What somebody who watches a post is told."""
