"""A target that some users block or mute, and every surface on which viewers may find it."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any, NamedTuple

from core.accounts.services import block_create, follow_create, mute_create
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.database.group_commit import GroupCommits
from core.execution import Executor
from core.ids import global_id
from feed.search.statements import SQL as SEARCH
from feed.services import post_create
from interactions.comment_rows import CommentRow
from interactions.services import comment_create
from tests.interactions.cast import create_users
from tests.interactions.reactions import post_like, post_share
from tests.valid_documents import valid_document

Json = dict[str, Any]
EXECUTOR = Executor(graphql_schema)
TABLES = [
    "posts",
    "comments",
    "post_likes",
    "comment_likes",
    "shares",
    "bookmarks",
    "hashtags",
    "post_hashtags",
    "post_mentions",
    "media",
    "push_targets",
    "post_edits",
    "pinned_posts",
    "follows",
    "follow_requests",
    "reports",
    "blocks",
    "mutes",
    "events",
    "notification_inboxes",
    "notification_settings",
]

# Viewers look for the target; the target interacts with the posts and profile of the host.
CAST = ["target", "host", "stranger", "blocker", "blocked", "muter", "muted", "third"]
VIEWERS = [*CAST[3:], "anonymous"]
LOOK = """
query Look($host: String!, $target: String!, $post: ID!, $hosts: ID!, $user: ID!, $comment: ID!, $under: ID!) {
  publicFeed(first: 100) { edges { node { id } } }
  trendingFeed(first: 100) { edges { node { id } } }
  host: user(username: $host) {
    posts(first: 100) { edges { node { id } } }
    followers(first: 100) { edges { node { id } } }
    following(first: 100) { edges { node { id } } }
    followerCount followingCount postCount
  }
  target: user(username: $target) { posts(first: 100) { edges { node { id } } } }
  post(id: $post) { id }
  userNode: node(id: $user) { id }
  postNode: node(id: $post) { id }
  commentNode: node(id: $comment) { id }
  underNode: node(id: $under) { id }
  nodes(ids: [$user, $post, $comment]) { id }
  hosts: post(id: $hosts) {
    likeCount shareCount commentCount
    likers(first: 100) { edges { node { id } } }
    sharers(first: 100) { edges { node { id } } }
    comments(first: 100) { edges { node { id replyCount replies(first: 100) { edges { node { id } } } } } }
  }
}
"""
HOME = "{ homeFeed(first: 100) { edges { sharedBy { id } node { id } } } }"


class Things(NamedTuple):
    """Keys of the objects that viewers look for."""

    post: int
    shared_post: int
    passed_on: int
    hosts_post: int
    comment: int
    reply: int
    under: int


class World:
    """Users who follow the host, and the target's interactions from before the blocks and mutes."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database

    async def create(self) -> None:
        self.key = dict(zip(CAST, await create_users(self.database, len(CAST)), strict=True))
        self.name = {name: f"p{number}" for number, name in enumerate(CAST, start=1)}
        for name in CAST[1:]:
            await self._follow(name, "target")
        for name in ["target", *CAST[3:]]:
            await self._follow(name, "host")
        await self._follow("host", "target")

        group_commits = self.services.group_commits
        post = await self.post("target")
        shared = await self.post("target")
        await post_share(group_commits, viewer_id=self.key["host"], target_id=shared)
        passed_on = await self.post("stranger")
        await post_share(group_commits, viewer_id=self.key["target"], target_id=passed_on)
        hosts = await self.post("host")
        await post_share(group_commits, viewer_id=self.key["target"], target_id=hosts)
        await post_like(group_commits, viewer_id=self.key["target"], target_id=hosts)
        comment = await self._comment("target", hosts)
        root = await self._comment("host", hosts)
        reply = await self._comment("target", hosts, root)
        under = await self._comment("third", post)
        self.things = Things(post, shared, passed_on, hosts, comment.id, reply.id, under.id)
        await self.database.write(SEARCH.trend_snapshot_create, [post, hosts], [])

        for actor, other in (("blocker", "target"), ("target", "blocked")):
            await block_create(
                GroupCommits(self.database), viewer_id=self.key[actor], user_id=self.key[other]
            )
        for actor, other in (("muter", "target"), ("target", "muted")):
            await mute_create(
                GroupCommits(self.database), viewer_id=self.key[actor], user_id=self.key[other]
            )

    async def _follow(self, actor: str, other: str) -> None:
        if actor != other:
            await follow_create(
                self.services.group_commits, viewer_id=self.key[actor], user_id=self.key[other]
            )

    async def post(self, author: str) -> int:
        created = await post_create(self.database, author_id=self.key[author], text="A post.")
        assert created.post is not None
        return created.post.id

    async def _comment(
        self, author: str, post: int, parent: CommentRow | None = None
    ) -> CommentRow:
        created = await comment_create(
            self.database,
            author_id=self.key[author],
            post_id=post,
            text="A comment.",
            parent_id=parent and parent.id,
        )
        assert created.comment is not None
        return created.comment

    async def ask(self, viewer: str, query: str, **variables: Any) -> Json:
        context = Context(self.services, viewer_id=self.key.get(viewer))
        result: Any = EXECUTOR.execute(valid_document(query), variables=variables, context=context)
        if isawaitable(result):
            result = await result
        assert not result.errors, result.errors
        return dict(result.data)

    async def look(self, viewer: str) -> Json:
        things = self.things
        return await self.ask(
            viewer,
            LOOK,
            host=self.name["host"],
            target=self.name["target"],
            post=global_id("Post", things.post),
            hosts=global_id("Post", things.hosts_post),
            user=global_id("User", self.key["target"]),
            comment=global_id("Comment", things.comment),
            under=global_id("Comment", things.under),
        )

    async def found(self, viewer: str) -> dict[str, bool]:
        """Whether the viewer finds the target, by surface."""
        seen = await self.look(viewer)
        things = self.things
        user = global_id("User", self.key["target"])
        post, shared, passed_on = (
            global_id("Post", key) for key in (things.post, things.shared_post, things.passed_on)
        )
        host, hosts = seen["host"], seen["hosts"]
        comments = hosts["comments"]["edges"]
        replies = {id for edge in comments for id in ids(edge["node"]["replies"])}
        among = {node and node["id"] for node in seen["nodes"]}
        found = {
            "public feed": post in ids(seen["publicFeed"]),
            "trending feed": post in ids(seen["trendingFeed"]),
            "shared in profile": shared in ids(host["posts"]),
            "profile": seen["target"] is not None,
            "profile's posts": bool(seen["target"]) and post in ids(seen["target"]["posts"]),
            "post": seen["post"] is not None,
            "user as node": seen["userNode"] is not None,
            "post as node": seen["postNode"] is not None,
            "comment as node": seen["commentNode"] is not None,
            "comment on the target's post as node": seen["underNode"] is not None,
            "among nodes": {user, post, global_id("Comment", things.comment)} == among,
            "comments": global_id("Comment", things.comment) in ids(hosts["comments"]),
            "replies": global_id("Comment", things.reply) in replies,
            "likers": user in ids(hosts["likers"]),
            "sharers": user in ids(hosts["sharers"]),
            "followers": user in ids(host["followers"]),
            "following": user in ids(host["following"]),
        }
        if viewer != "anonymous":
            home = (await self.ask(viewer, HOME))["homeFeed"]
            sharers = {edge["sharedBy"] and edge["sharedBy"]["id"] for edge in home["edges"]}
            found["home feed"] = post in ids(home)
            found["shared in home feed"] = shared in ids(home)
            found["sharer in home feed"] = user in sharers and passed_on in ids(home)
        return found

    async def rows(self) -> Json:
        """The rows of all tables that a write could change."""
        tables = {}
        for table in [*TABLES, "users"]:
            found = await self.database.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608  # fixed names
            tables[table] = [row[0] for row in found]
        return tables


def ids(connection: Json) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]
