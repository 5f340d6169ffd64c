"""What features add to types of lower layers: their fields, and how nodes are loaded."""

from __future__ import annotations

from core.accounts.graphql.account import Account, account_rows
from core.accounts.graphql.fields import UserFollows
from core.accounts.graphql.types import User
from core.accounts.profiles import AVATARS
from core.accounts.selectors import sessions_by_ids, users_by_ids
from core.graphql.node import NODE_TYPES
from core.graphql.relay_connections import extend_type
from feed.graphql.fields import UserPosts
from feed.graphql.text_types import Hashtag
from feed.graphql.types import Post
from feed.media.graphql.fields import PostPictures
from feed.media.selectors import media_by_ids
from feed.media.services import avatar_choose
from feed.search.graphql.hashtags import HashtagPosts
from feed.search.selectors import hashtags_by_ids
from feed.selectors import posts_by_ids
from interactions.exports import exports_by_ids
from interactions.graphql.reactions import AccountReactions, PostReactions
from interactions.graphql.types import PostComments, UserComments
from interactions.notifications.graphql.types import AccountNotifications
from interactions.notifications.selectors import notification_nodes
from interactions.push.selectors import push_targets_by_ids
from interactions.selectors import comments_by_ids


def extend_types() -> None:
    """Extends the types and registers the nodes. Called once, before the schema is built."""
    AVATARS.choose = avatar_choose
    extend_type(Account, AccountNotifications)
    extend_type(Account, AccountReactions)
    extend_type(User, UserFollows)
    extend_type(User, UserPosts)
    extend_type(Hashtag, HashtagPosts)
    extend_type(Post, PostPictures)
    extend_type(User, UserComments)
    extend_type(Post, PostComments)
    extend_type(Post, PostReactions)
    NODE_TYPES.register("Account", account_rows)
    NODE_TYPES.register("DataExport", exports_by_ids)
    NODE_TYPES.register("AccountSession", sessions_by_ids)
    NODE_TYPES.register("Notification", notification_nodes)
    NODE_TYPES.register("PushTarget", push_targets_by_ids)
    NODE_TYPES.register(
        "User", lambda context, keys: users_by_ids(context.database, context.viewer_id, keys)
    )
    NODE_TYPES.register(
        "Post", lambda context, keys: posts_by_ids(context.database, context.viewer_id, keys)
    )
    NODE_TYPES.register(
        "Media", lambda context, keys: media_by_ids(context.database, context.viewer_id, keys)
    )
    NODE_TYPES.register(
        "Comment", lambda context, keys: comments_by_ids(context.database, context.viewer_id, keys)
    )
    NODE_TYPES.register("Hashtag", hashtags_by_ids)
