"""A person whom some have turned away from, and all the ways in which others may come upon them."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any, NamedTuple

from graphql import parse

from core.accounts.services import block_create, follow_create, mute_create
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.ids import global_id
from feed.services import post_create
from interactions.comment_rows import CommentRow
from interactions.services import comment_create, post_like, post_share
from tests.interactions.cast import people

Json = dict[str, Any]
EXECUTOR = Executor(graphql_schema)
TABLES = [
    "posts",
    "comments",
    "post_likes",
    "comment_likes",
    "shares",
    "follows",
    "mutes",
    "events",
]

# The target is whom the others look for; the host is whose posts and profile both are found at.
CAST = ["target", "host", "stranger", "blocker", "blocked", "muter", "muted", "third"]
VIEWERS = [*CAST[3:], "anonymous"]
LOOK = """
query Look($host: String!, $target: String!, $post: ID!, $hosts: ID!, $person: ID!, $comment: ID!, $under: ID!) {
  publicFeed(first: 100) { edges { node { id } } }
  host: user(username: $host) {
    posts(first: 100) { edges { node { id } } }
    followers(first: 100) { edges { node { id } } }
    following(first: 100) { edges { node { id } } }
    followerCount followingCount postCount
  }
  target: user(username: $target) { posts(first: 100) { edges { node { id } } } }
  post(id: $post) { id }
  personNode: node(id: $person) { id }
  postNode: node(id: $post) { id }
  commentNode: node(id: $comment) { id }
  underNode: node(id: $under) { id }
  nodes(ids: [$person, $post, $comment]) { id }
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
    """Keys of what is looked for."""

    post: int
    shared_post: int
    passed_on: int
    hosts_post: int
    comment: int
    reply: int
    under: int


class World:
    """People who all follow the host, and what the target did before some turned away."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database

    async def make(self) -> None:
        self.key = dict(zip(CAST, await people(self.database, len(CAST)), strict=True))
        self.name = {name: f"p{number}" for number, name in enumerate(CAST, start=1)}
        for name in CAST[1:]:
            await self._follow(name, "target")
        for name in ["target", *CAST[3:]]:
            await self._follow(name, "host")
        await self._follow("host", "target")

        group_commits = self.services.group_commits
        post = await self.post("target")
        shared = await self.post("target")
        await post_share(group_commits, viewer_id=self.key["host"], post_id=shared)
        passed_on = await self.post("stranger")
        await post_share(group_commits, viewer_id=self.key["target"], post_id=passed_on)
        hosts = await self.post("host")
        await post_share(group_commits, viewer_id=self.key["target"], post_id=hosts)
        await post_like(group_commits, viewer_id=self.key["target"], post_id=hosts)
        comment = await self._comment("target", hosts)
        root = await self._comment("host", hosts)
        reply = await self._comment("target", hosts, root)
        under = await self._comment("third", post)
        self.things = Things(post, shared, passed_on, hosts, comment.id, reply.id, under.id)

        for who, whom in (("blocker", "target"), ("target", "blocked")):
            await block_create(self.database, viewer_id=self.key[who], user_id=self.key[whom])
        for who, whom in (("muter", "target"), ("target", "muted")):
            await mute_create(self.database, viewer_id=self.key[who], user_id=self.key[whom])

    async def _follow(self, who: str, whom: str) -> None:
        if who != whom:
            await follow_create(
                self.services.group_commits, viewer_id=self.key[who], user_id=self.key[whom]
            )

    async def post(self, author: str) -> int:
        made = await post_create(self.database, author_id=self.key[author], text="A post.")
        assert made.post is not None
        return made.post.id

    async def _comment(
        self, author: str, post: int, parent: CommentRow | None = None
    ) -> CommentRow:
        made = await comment_create(
            self.database,
            author_id=self.key[author],
            post_id=post,
            text="A comment.",
            parent_id=parent and parent.id,
        )
        assert made.comment is not None
        return made.comment

    async def ask(self, viewer: str, query: str, **variables: Any) -> Json:
        context = Context(self.services, viewer_id=self.key.get(viewer))
        result: Any = EXECUTOR.execute(parse(query), variables=variables, context=context)
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
            person=global_id("User", self.key["target"]),
            comment=global_id("Comment", things.comment),
            under=global_id("Comment", things.under),
        )

    async def found(self, viewer: str) -> dict[str, bool]:
        """Whether the viewer comes upon the target, by surface."""
        seen = await self.look(viewer)
        things = self.things
        person = global_id("User", self.key["target"])
        post, shared, passed_on = (
            global_id("Post", key) for key in (things.post, things.shared_post, things.passed_on)
        )
        host, hosts = seen["host"], seen["hosts"]
        comments = hosts["comments"]["edges"]
        replies = {id for edge in comments for id in ids(edge["node"]["replies"])}
        among = {node and node["id"] for node in seen["nodes"]}
        found = {
            "public feed": post in ids(seen["publicFeed"]),
            "shared in profile": shared in ids(host["posts"]),
            "profile": seen["target"] is not None,
            "profile's posts": bool(seen["target"]) and post in ids(seen["target"]["posts"]),
            "post": seen["post"] is not None,
            "person as node": seen["personNode"] is not None,
            "post as node": seen["postNode"] is not None,
            "comment as node": seen["commentNode"] is not None,
            "comment on the target's post as node": seen["underNode"] is not None,
            "among nodes": {person, post, global_id("Comment", things.comment)} == among,
            "comments": global_id("Comment", things.comment) in ids(hosts["comments"]),
            "replies": global_id("Comment", things.reply) in replies,
            "likers": person in ids(hosts["likers"]),
            "sharers": person in ids(hosts["sharers"]),
            "followers": person in ids(host["followers"]),
            "following": person in ids(host["following"]),
        }
        if viewer != "anonymous":
            home = (await self.ask(viewer, HOME))["homeFeed"]
            sharers = {edge["sharedBy"] and edge["sharedBy"]["id"] for edge in home["edges"]}
            found["home feed"] = post in ids(home)
            found["shared in home feed"] = shared in ids(home)
            found["sharer in home feed"] = person in sharers and passed_on in ids(home)
        return found

    async def rows(self) -> Json:
        """All that a write could have changed."""
        tables = {}
        for table in [*TABLES, "users"]:
            found = await self.database.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608  # names of ours
            tables[table] = [row[0] for row in found]
        return tables


def ids(connection: Json) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]
