"""Who sees a post: every surface, for every relation of a viewer to its author, whatever its visibility."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLObjectType, get_named_type

from core.accounts.services import block_create, follow_create, mute_create
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.ids import global_id
from feed.home_feeds import HomeFeeds, home_feed_build
from feed.post_rows import PostVisibility
from feed.services import post_create
from interactions.services import comment_create
from tests.contract.world import ids
from tests.interactions.cast import create_users, hide_account
from tests.interactions.reactions import post_bookmark, post_like, post_share
from tests.valid_documents import valid_document

Json = dict[str, Any]
PUBLIC, FOLLOWERS, MENTIONED = PostVisibility
CAST = [
    *("open", "closed", "host", "follower", "stranger", "mentioned", "muter"),
    *("blocker", "blocked", "requester", "muted", "sharer"),
]
SIGNED_IN = CAST[3:11]
VIEWERS = ["author", *SIGNED_IN, "anonymous"]
AUTHORS = ("open", "closed")
"""`closed` is private since all was written, `open` is not. `requester` has asked since; both mute `muted`."""


class Case(NamedTuple):
    """A post, by its author and by the visibility that the author chose."""

    author: str
    chosen: PostVisibility

    @property
    def now(self) -> PostVisibility:
        """The visibility that holds."""
        return max(self.chosen, FOLLOWERS) if self.author == "closed" else self.chosen

    def is_seen_by(self, viewer: str) -> bool:
        """Whether the viewer may see the post: the rule that every surface has to keep."""
        if viewer in {"author", self.author}:
            return True
        if viewer in {"blocker", "blocked"}:
            return False
        readers = {"follower", "muter", "sharer", "host"}
        return {
            PUBLIC: True,
            FOLLOWERS: viewer in readers,
            MENTIONED: viewer == "mentioned",
        }[self.now]


CASES = [Case(author, chosen) for author in AUTHORS for chosen in PostVisibility]


class PrivateWorld:
    """Two authors with posts of each visibility, which all others met while everything was public."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database

    async def create(self) -> None:
        keys = await create_users(self.database, len(CAST))
        self.key = dict(zip(CAST, keys, strict=True))
        self.name = {name: f"p{number}" for number, name in enumerate(CAST, start=1)}
        for author in AUTHORS:
            for name in ("host", "follower", "muter", "blocker", "blocked", "sharer"):
                await self._relate(follow_create, name, author)
        for name in (*SIGNED_IN, *AUTHORS):
            await self._relate(follow_create, name, "sharer")
        self.posts = {case: await self._post(case.author) for case in CASES}
        self.comments: dict[Case, int] = {}
        self.replies: dict[Case, int] = {}
        self.quoting: dict[Case, int] = {}
        self.quoted: dict[Case, int] = {}
        for case, post in self.posts.items():
            self.comments[case] = await self._comment("host", post)
            self.replies[case] = await self._comment("sharer", post, self.comments[case])
            await self.database.write(
                "UPDATE posts SET text = 'Edited.', edited_at = now() WHERE id = $1", post
            )
            await self.database.write(
                "INSERT INTO post_edits (post_id, text, created_at) VALUES ($1, 'A post.', now())",
                post,
            )
            self.quoting[case] = await self._post("sharer", quoted=post)
            self.quoted[case] = await self._post("host")
            # As if the author of the quoting post had chosen so when it was written.
            await self.database.write(
                "UPDATE posts SET quoted_post_id = $2 WHERE id = $1", post, self.quoted[case]
            )
            # What hangs on a post from the time when everybody could see it.
            for name in ("sharer", *SIGNED_IN):
                if name == "sharer":
                    await post_share(self._commits, viewer_id=self.key[name], target_id=post)
                await post_bookmark(self._commits, viewer_id=self.key[name], target_id=post)
                await post_like(self._commits, viewer_id=self.key[name], target_id=post)
        self.own_comments = {
            (name, case): await self._comment(name, post)
            for case, post in self.posts.items()
            for name in SIGNED_IN
        }
        for case, post in self.posts.items():
            await self.database.write(
                "UPDATE posts SET visibility = $2 WHERE id = $1", post, case.chosen
            )
            if case.chosen == MENTIONED:
                await self.database.write(
                    "INSERT INTO post_mentions (post_id, user_id) VALUES ($1, $2)",
                    post,
                    self.key["mentioned"],
                )
        await self.database.write(
            "UPDATE users SET is_private = true WHERE id = $1", self.key["closed"]
        )
        await self._relate(follow_create, "requester", "closed")
        for author in AUTHORS:
            await self._relate(mute_create, "muter", author)
            await self._relate(mute_create, author, "muted")
            await self._relate(block_create, "blocker", author)
            await self._relate(block_create, author, "blocked")

    @property
    def _commits(self) -> Any:
        return self.services.group_commits

    async def _relate(self, write: Callable[..., Any], actor: str, other: str) -> None:
        if actor != other:
            await write(self._commits, viewer_id=self.key[actor], user_id=self.key[other])

    async def _post(self, author: str, quoted: int | None = None) -> int:
        created = await post_create(
            self.database, author_id=self.key[author], text="A post. #look", quoted_post_id=quoted
        )
        assert created.post is not None
        return created.post.id

    async def _comment(self, author: str, post: int, parent: int | None = None) -> int:
        created = await comment_create(
            self.database,
            author_id=self.key[author],
            post_id=post,
            text="A comment.",
            parent_id=parent,
        )
        assert created.comment is not None
        return created.comment.id

    def viewer_id(self, viewer: str, case: Case) -> int | None:
        return self.key.get(case.author if viewer == "author" else viewer)

    async def ask(self, viewer_id: int | None, query: str, **variables: Any) -> Json:
        context = Context(self.services, viewer_id)
        result: Any = await EXECUTOR.execute(  # type: ignore[misc]  # every query here reads
            valid_document(query), variables=variables, context=context
        )
        assert not result.errors, result.errors
        return dict(result.data)


EXECUTOR = Executor(graphql_schema)
POSTS = "{ edges { sharedBy { id } node { id visibility } } }"


class Look(NamedTuple):
    """What a viewer asks to find a post on a surface."""

    query: str
    finds: Callable[[Json, str], bool]
    """Whether the data has the post of this id."""
    expected: Callable[[str, Case], bool]
    of: str = "id"
    """The variable with the id to find."""


def sees(viewer: str, case: Case) -> bool:
    return case.is_seen_by(viewer)


def everybody_sees(viewer: str, case: Case) -> bool:
    """In the feed of all public posts, without those of muted authors."""
    return case.now is PUBLIC and sees(viewer, case) and viewer != "muter"


def sees_at_home(viewer: str, case: Case) -> bool:
    """By the author, whom they follow, or by the share of another whom they follow."""
    return viewer not in {"anonymous", "muter"} and sees(viewer, case)


def sees_bookmarked(viewer: str, case: Case) -> bool:
    return viewer not in {"anonymous", "author"} and sees(viewer, case)


def sees_under(viewer: str, case: Case) -> bool:
    return sees(viewer, case)


PIN = """
INSERT INTO pinned_posts (user_id, post_id) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET post_id = excluded.post_id
"""
LISTED = "edges { node { id } }"
LOOKS: dict[str, Look] = {
    "Query.publicFeed": Look(
        f"query($id: ID!) {{ publicFeed(first: 100) {POSTS} post(id: $id) {{ id }} }}",
        lambda data, id: id in ids(data["publicFeed"]),
        everybody_sees,
    ),
    "Query.homeFeed": Look(
        f"query($id: ID!) {{ homeFeed(first: 100) {POSTS} post(id: $id) {{ id }} }}",
        lambda data, id: id in ids(data["homeFeed"]),
        sees_at_home,
    ),
    "Query.post": Look(
        "query($id: ID!) { post(id: $id) { id } }", lambda data, _: data["post"] is not None, sees
    ),
    "Query.node": Look(
        "query($id: ID!) { node(id: $id) { id } }", lambda data, _: data["node"] is not None, sees
    ),
    "Query.nodes": Look(
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
        lambda data, _: data["nodes"] != [None],
        sees,
    ),
    "User.posts": Look(
        f"query($id: ID!, $author: String!) {{ user(username: $author) {{ posts(first: 100) {POSTS} }} "
        "post(id: $id) { id } }",
        lambda data, id: bool(data["user"]) and id in ids(data["user"]["posts"]),
        sees,
    ),
    "User.posts of a sharer": Look(
        f"query($id: ID!, $sharer: String!) {{ user(username: $sharer) {{ posts(first: 100) {POSTS} }} "
        "post(id: $id) { id } }",
        lambda data, id: id in ids(data["user"]["posts"]),
        sees,
    ),
    "Query.searchPosts": Look(
        f'query($id: ID!) {{ searchPosts(query: "post", first: 100) {POSTS} post(id: $id) {{ id }} }}',
        lambda data, id: id in ids(data["searchPosts"]),
        sees,
    ),
    "Hashtag.posts": Look(
        f'query($id: ID!) {{ hashtag(name: "look") {{ posts(first: 100) {POSTS} }} post(id: $id) {{ id }} }}',
        lambda data, id: id in ids(data["hashtag"]["posts"]),
        sees,
    ),
    "Account.bookmarks": Look(
        f"query($id: ID!) {{ account {{ bookmarks(first: 100) {POSTS} }} post(id: $id) {{ id }} }}",
        lambda data, id: bool(data["account"]) and id in ids(data["account"]["bookmarks"]),
        sees_bookmarked,
    ),
    "Query.node of a comment": Look(
        "query($comment: ID!) { node(id: $comment) { id } }",
        lambda data, _: data["node"] is not None,
        sees_under,
    ),
    "Query.nodes of a reply": Look(
        "query($reply: ID!) { nodes(ids: [$reply]) { id } }",
        lambda data, _: data["nodes"] != [None],
        sees_under,
    ),
    "Comment.post": Look(
        "query($comment: ID!) { node(id: $comment) { ... on Comment { post { id } } } }",
        lambda data, _: bool(data["node"]) and data["node"]["post"] is not None,
        sees_under,
    ),
    "Comment.replies": Look(
        f"query($comment: ID!) {{ node(id: $comment) {{ ... on Comment {{ replies {{ {LISTED} }} }} }} }}",
        lambda data, _: bool(data["node"]) and data["node"]["replies"]["edges"] != [],
        sees_under,
    ),
    "Comment.parent": Look(
        "query($reply: ID!) { node(id: $reply) { ... on Comment { parent { id } } } }",
        lambda data, _: bool(data["node"]) and data["node"]["parent"] is not None,
        sees_under,
    ),
    "Post.comments": Look(
        f"query($id: ID!) {{ post(id: $id) {{ comments {{ {LISTED} }} }} }}",
        lambda data, _: bool(data["post"]) and data["post"]["comments"]["edges"] != [],
        sees_under,
    ),
    "Post.edits": Look(
        "query($id: ID!) { post(id: $id) { edits { edges { node { text } } } } }",
        lambda data, _: bool(data["post"]) and data["post"]["edits"]["edges"] != [],
        sees_under,
    ),
    "Quote.post": Look(
        "query($id: ID!, $quoting: ID!) { post(id: $quoting) { quote { state post { id } } } "
        "me: post(id: $id) { id } }",
        lambda data, _: data["post"]["quote"] != {"state": "UNAVAILABLE", "post": None},
        sees,
    ),
    "Post.quotes": Look(
        f"query($id: ID!, $quoted: ID!) {{ post(id: $quoted) {{ quotes {{ {LISTED} }} }} me: post(id: $id) {{ id }} }}",
        lambda data, id: id in ids(data["post"]["quotes"]),
        sees,
    ),
    "User.pinnedPost": Look(
        "query($id: ID!, $author: String!) { user(username: $author) { pinnedPost { id } } post(id: $id) { id } }",
        lambda data, id: bool(data["user"]) and data["user"]["pinnedPost"] == {"id": id},
        sees,
    ),
    "User.comments": Look(
        f"query($comment: ID!, $host: String!) {{ user(username: $host) {{ comments(first: 100) {{ {LISTED} }} }} "
        "node(id: $comment) { id } }",
        lambda data, id: id in ids(data["user"]["comments"]),
        sees_under,
        "comment",
    ),
    "Account.likedPosts": Look(
        f"query($id: ID!) {{ account {{ likedPosts(first: 100) {POSTS} }} post(id: $id) {{ id }} }}",
        lambda data, id: bool(data["account"]) and id in ids(data["account"]["likedPosts"]),
        sees_bookmarked,
    ),
    "Comment.ancestors": Look(
        f"query($reply: ID!) {{ node(id: $reply) {{ ... on Comment {{ ancestors {{ {LISTED} }} }} }} }}",
        lambda data, _: bool(data["node"]) and data["node"]["ancestors"]["edges"] != [],
        sees_under,
    ),
    "Post.likers": Look(
        f"query($id: ID!) {{ post(id: $id) {{ likers {{ {LISTED} }} }} }}",
        lambda data, _: bool(data["post"]) and data["post"]["likers"]["edges"] != [],
        sees_under,
    ),
    "Post.sharers": Look(
        f"query($id: ID!) {{ post(id: $id) {{ sharers {{ {LISTED} }} }} }}",
        lambda data, _: bool(data["post"]) and data["post"]["sharers"]["edges"] != [],
        sees_under,
    ),
}
"""A look for each field that leads to posts or to what hangs on them."""
LEADING = {"Post", "PostConnection", "PostEditConnection", "Comment", "CommentConnection", "Node"}
PAYLOADS = "Payload"
EVENTS = (
    "Added",
    "Removed",
    "Created",
    "Deleted",
    "Edited",
    "Liked",
    "Unliked",
    "Shared",
    "Unshared",
)


@pytest.fixture
async def world(services: Services) -> AsyncIterator[PrivateWorld]:
    created = PrivateWorld(services)
    await created.create()
    yield created
    await services.group_commits.close()


async def found(world: PrivateWorld, surface: str, viewer: str) -> dict[Case, bool]:
    look = LOOKS[surface]
    seen = {}
    for case, post in world.posts.items():
        viewer_id = world.viewer_id(viewer, case)
        if viewer_id is None and surface == "Query.homeFeed":
            seen[case] = False
            continue
        # An author can have one pinned post.
        await world.database.write(PIN, world.key[case.author], post)
        values = {
            "id": global_id("Post", post),
            "author": world.name[case.author],
            "sharer": world.name["sharer"],
            "host": world.name["host"],
            "quoting": global_id("Post", world.quoting[case]),
            "quoted": global_id("Post", world.quoted[case]),
            "comment": global_id("Comment", world.comments[case]),
            "reply": global_id("Comment", world.replies[case]),
        }
        named = {name: value for name, value in values.items() if f"${name}:" in look.query}
        data = await world.ask(viewer_id, look.query, **named)
        seen[case] = look.finds(data, values[look.of])
    return seen


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_each_surface_shows_a_post_to_its_readers_alone(
    world: PrivateWorld, viewer: str
) -> None:
    for surface, look in LOOKS.items():
        expected = {case: look.expected(viewer, case) for case in CASES}
        assert await found(world, surface, viewer) == expected, surface


@pytest.mark.parametrize("viewer", VIEWERS[:-1])
async def test_a_kept_home_feed_shows_the_same(world: PrivateWorld, viewer: str) -> None:
    expected = {case: sees_at_home(viewer, case) for case in CASES}
    world.services.register(HomeFeeds(world.database))
    for case in CASES:
        await home_feed_build(world.database, world.viewer_id(viewer, case) or 0)
    assert await found(world, "Query.homeFeed", viewer) == expected


async def test_a_suspended_account_s_posts_stay(world: PrivateWorld) -> None:
    await world.database.write(
        "UPDATE users SET is_active = false WHERE id = $1", world.key["open"]
    )
    for viewer in ("follower", "stranger", "mentioned", "anonymous"):
        expected = {case: sees(viewer, case) for case in CASES}
        assert await found(world, "Query.post", viewer) == expected


async def test_a_deleted_account_s_posts_are_seen_by_nobody(world: PrivateWorld) -> None:
    for author in AUTHORS:
        await hide_account(world.database, world.key[author])
    for surface in LOOKS:
        for viewer in ("author", "follower", "mentioned", "anonymous"):
            assert not any((await found(world, surface, viewer)).values()), surface


def test_each_field_that_leads_to_posts_has_a_look() -> None:
    """Add a look for a new field that gives posts, or comments, likes and shares of posts."""
    leads = set()
    for name, type_ in graphql_schema.type_map.items():
        if not isinstance(type_, GraphQLObjectType) or name.endswith((PAYLOADS, "Edge", *EVENTS)):
            continue
        for field_name, field in type_.fields.items():
            given = get_named_type(field.type).name
            if given in LEADING or (given == "UserConnection" and name in {"Post", "Comment"}):
                leads.add(f"{name}.{field_name}")
    assert leads == {surface.partition(" ")[0] for surface in LOOKS}


async def test_the_visibility_that_holds_now_is_shown(world: PrivateWorld) -> None:
    for case, post in world.posts.items():
        query = "query($id: ID!) { post(id: $id) { visibility } }"
        data = await world.ask(world.key[case.author], query, id=global_id("Post", post))
        assert data["post"] == {"visibility": case.now.name}


async def test_one_s_own_comment_stays_readable_and_what_is_around_it_hidden(
    world: PrivateWorld,
) -> None:
    for viewer, case in world.own_comments:
        query = (
            "query($id: ID!) { node(id: $id) { ... on Comment { text post { id } "
            f"replies {{ {LISTED} }} }} }} }}"
        )
        comment = world.own_comments[viewer, case]
        await world.database.write(
            "INSERT INTO comments (post_id, parent_id, author_id, text) VALUES ($1, $2, $3, 'x')",
            world.posts[case],
            comment,
            world.key["host"],
        )
        data = await world.ask(world.key[viewer], query, id=global_id("Comment", comment))
        assert data["node"]["text"] == "A comment."
        assert (data["node"]["post"] is not None) == case.is_seen_by(viewer)
        assert (data["node"]["replies"]["edges"] != []) == case.is_seen_by(viewer)
