"""A schema with pages of posts and comments over rows in memory, to measure execution without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import strawberry

from core.execution import InstancesOf, Loader, loaded

ACTOR = "fragment Actor on User { id username displayName avatarUrl }"
PUBLIC = f"""
query PublicFeed($first: Int = 20, $after: String) {{
  publicFeed(first: $first, after: $after) {{
    edges {{ cursor node {{
      id text createdAt likeCount commentCount shareCount author {{ ...Actor }}
    }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{ACTOR}"""
HOME = f"""
query HomeFeed($first: Int = 20, $after: String) {{
  homeFeed(first: $first, after: $after) {{
    edges {{
      cursor
      sharedBy {{ ...Actor }}
      node {{
        ...PostCard
        comments(first: 3) {{ edges {{ node {{ id text createdAt author {{ ...Actor }} }} }} }}
      }}
    }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
  }}
}}
fragment PostCard on Post {{
  id text createdAt likeCount commentCount shareCount viewerHasLiked viewerHasShared
  author {{ ...Actor }}
}}
{ACTOR}"""
ITEMS = "query Items($count: Int!) { items(count: $count) { id text likeCount createdAt } }"


class UserRow(NamedTuple):
    key: int
    username: str
    display_name: str
    avatar_url: str | None


class PostRow(NamedTuple):
    key: int
    text: str
    created_at: datetime
    like_count: int
    comment_count: int
    share_count: int
    author: UserRow


class CommentRow(NamedTuple):
    key: int
    text: str
    created_at: datetime
    author: UserRow


class EdgeRow(NamedTuple):
    node: Any
    cursor: str
    shared_by: UserRow | None


class Page(NamedTuple):
    edges: list[EdgeRow]


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
USERS = [UserRow(key, f"user{key}", f"User {key}", None) for key in range(100)]
POSTS = [
    PostRow(key, f"post {key} " * 5, NOON - timedelta(seconds=key), key, 3, 1, USERS[key % 100])
    for key in range(5000)
]
COMMENTS = {
    post.key: Page(
        [
            EdgeRow(CommentRow(number, f"comment {number}", NOON, USERS[number % 100]), "", None)
            for number in range(post.key * 3, post.key * 3 + 3)
        ]
    )
    for post in POSTS[:100]
}


class CommentsByPostLoader(Loader[int, Page]):
    async def fetch(self, keys: list[int]) -> Sequence[Page]:
        return [COMMENTS[key] for key in keys]


class LikedByPostLoader(Loader[int, bool]):
    async def fetch(self, keys: list[int]) -> Sequence[bool]:
        return [key % 3 == 0 for key in keys]


class InMemoryContext:
    """The context of a request: its loaders."""

    def __init__(self) -> None:
        self._loaders: dict[Any, Any] = {}

    def loader(self, kind: type[Loader[Any, Any]]) -> Any:
        found = self._loaders.get(kind)
        if found is None:
            found = self._loaders[kind] = kind()
        return found


@strawberry.type
class User:
    username: str
    display_name: str
    avatar_url: str | None

    @strawberry.field
    @staticmethod
    def id(root: strawberry.Parent[UserRow]) -> strawberry.ID:
        return strawberry.ID(f"User:{root.key}")

    is_type_of = InstancesOf(UserRow)


@strawberry.type
class Comment:
    text: str
    created_at: datetime
    author: User

    @strawberry.field
    @staticmethod
    def id(root: strawberry.Parent[CommentRow]) -> strawberry.ID:
        return strawberry.ID(f"Comment:{root.key}")

    is_type_of = InstancesOf(CommentRow)


@strawberry.type
class CommentEdge:
    cursor: str
    node: Comment


@strawberry.type
class CommentConnection:
    edges: list[CommentEdge]


@strawberry.type
class Post:
    text: str
    created_at: datetime
    like_count: int
    comment_count: int
    share_count: int
    author: User

    @strawberry.field
    @staticmethod
    def id(root: strawberry.Parent[PostRow]) -> strawberry.ID:
        return strawberry.ID(f"Post:{root.key}")

    @strawberry.field(graphql_type=bool)
    @loaded("key")
    @staticmethod
    def viewer_has_liked(info: strawberry.Info) -> LikedByPostLoader:
        return info.context.loader(LikedByPostLoader)  # type: ignore[no-any-return]  # by its kind

    @strawberry.field(graphql_type=bool)
    @loaded("key")
    @staticmethod
    def viewer_has_shared(info: strawberry.Info) -> LikedByPostLoader:
        return info.context.loader(LikedByPostLoader)  # type: ignore[no-any-return]  # by its kind

    @strawberry.field(graphql_type=CommentConnection)
    @loaded("key")
    @staticmethod
    def comments(info: strawberry.Info, first: int = 3) -> CommentsByPostLoader:
        assert first == 3
        return info.context.loader(CommentsByPostLoader)  # type: ignore[no-any-return]  # by its kind

    is_type_of = InstancesOf(PostRow)


@strawberry.type
class PageInfo:
    @strawberry.field
    @staticmethod
    async def has_next_page(root: strawberry.Parent[Page]) -> bool:
        return bool(root.edges)

    @strawberry.field
    @staticmethod
    async def has_previous_page(root: strawberry.Parent[Page]) -> bool:
        return not root.edges

    @strawberry.field
    @staticmethod
    def start_cursor(root: strawberry.Parent[Page]) -> str | None:
        return root.edges[0].cursor if root.edges else None

    @strawberry.field
    @staticmethod
    def end_cursor(root: strawberry.Parent[Page]) -> str | None:
        return root.edges[-1].cursor if root.edges else None


@strawberry.type
class PostEdge:
    cursor: str
    node: Post
    shared_by: User | None


@strawberry.type
class PostConnection:
    edges: list[PostEdge]

    @strawberry.field
    @staticmethod
    def page_info(root: strawberry.Parent[Page]) -> PageInfo:
        return root  # type: ignore[return-value]  # what PageInfo reads from


@cache
def _page(first: int, after: str | None) -> Any:
    assert after is None
    edges = [
        EdgeRow(post, f"cursor {post.key}", USERS[post.key % 100] if post.key % 4 == 0 else None)
        for post in POSTS[:first]
    ]
    return Page(edges)


@strawberry.type
class Query:
    @strawberry.field
    async def public_feed(self, first: int, after: str | None = None) -> PostConnection:
        page: PostConnection = _page(first, after)
        return page

    @strawberry.field
    async def home_feed(
        self, info: strawberry.Info, first: int, after: str | None = None
    ) -> PostConnection:
        assert isinstance(info.context, InMemoryContext)
        page: PostConnection = _page(first, after)
        return page

    @strawberry.field
    def items(self, count: int) -> list[Post]:
        return POSTS[:count]  # type: ignore[return-value]  # what Post reads from


def page_schema() -> strawberry.Schema:
    """The schema over the rows."""
    return strawberry.Schema(query=Query)
