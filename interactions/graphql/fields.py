"""Fields of Post that list comments, likers and sharers."""

from __future__ import annotations

import strawberry

from core.accounts.graphql.types import UserConnection
from core.execution import loaded
from core.graphql.relay_connections import After, Before, First, Last, page_loader
from feed.graphql.types import in_feed
from interactions.graphql.types import HIDDEN, CommentConnection
from interactions.selectors import CommentsByPostLoader, LikersByPostLoader, SharersByPostLoader

USERS = "newest first. Users hidden by a block are left out; in feeds and events also those whom the viewer has muted."


@strawberry.type
class PostInteractions:
    @strawberry.field(
        graphql_type=CommentConnection,
        description=f"Comments on the post without replies, newest first. {HIDDEN}",
    )
    @loaded("id")
    @staticmethod
    def comments(
        info: strawberry.Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CommentsByPostLoader:
        return page_loader(info, CommentsByPostLoader, first, after, last, before, in_feed(info))

    @strawberry.field(graphql_type=UserConnection, description=f"Users who like the post, {USERS}")
    @loaded("id")
    @staticmethod
    def likers(
        info: strawberry.Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> LikersByPostLoader:
        return page_loader(info, LikersByPostLoader, first, after, last, before, in_feed(info))

    @strawberry.field(graphql_type=UserConnection, description=f"Users who share the post, {USERS}")
    @loaded("id")
    @staticmethod
    def sharers(
        info: strawberry.Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> SharersByPostLoader:
        return page_loader(info, SharersByPostLoader, first, after, last, before, in_feed(info))
