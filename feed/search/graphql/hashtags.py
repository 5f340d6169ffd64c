"""Lists of hashtags, and of their posts."""

from __future__ import annotations

import strawberry

from core.graphql.relay_connections import EDGES, Connection, Edge, connection_field
from feed.graphql.queries import PAGE_ARGUMENTS
from feed.graphql.text_types import Hashtag
from feed.graphql.types import PostConnection
from feed.search.selectors import PostsOfHashtags


@strawberry.type(description="An edge of a list of hashtags.")
class HashtagEdge(Edge[Hashtag]):
    pass


@strawberry.type(description="A page of hashtags, in the order that the field says.")
class HashtagConnection(Connection[Hashtag]):
    edges: list[HashtagEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # an Edge[Hashtag]


@strawberry.type
class HashtagPosts:
    posts = connection_field(
        PostsOfHashtags,
        PostConnection,
        f"The posts with the hashtag that the viewer may see, newest first. {PAGE_ARGUMENTS}",
    )
