"""Authors with posts of each visibility, and viewers in every relation to them."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from inspect import isawaitable
from typing import Any, NamedTuple, Self

from core.accounts.services import block_create, follow_create, mute_create
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from feed.post_visibility import PostVisibility
from feed.services import post_create
from interactions.services import comment_create
from tests.interactions.cast import create_users
from tests.interactions.reactions import post_bookmark, post_like, post_share
from tests.valid_documents import valid_document

EXECUTOR = Executor(graphql_schema)
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

    def with_services(self, services: Services) -> Self:
        """This world with the services of one test."""
        found = copy(self)
        found.services, found.database = services, services.database
        return found

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
        result: Any = EXECUTOR.execute(valid_document(query), variables=variables, context=context)
        if isawaitable(result):
            result = await result
        assert not result.errors, result.errors
        return dict(result.data)
