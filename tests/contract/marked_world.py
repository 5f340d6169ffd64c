"""Users in every relation to each other, whose texts contain their names to search responses for."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any, Self

from core.accounts.services import block_create, follow_create, mute_create
from core.context import Services
from core.database.group_commit import GroupCommits
from core.ids import global_id
from feed.search.statements import SQL as SEARCH
from feed.services import post_create, post_delete
from interactions.services import comment_create, comment_delete
from tests.contract.entry_points import Values
from tests.empty_tables import EmptyingSession
from tests.interactions.cast import create_users, hide_account
from tests.interactions.notifications.inboxes import Work
from tests.interactions.reactions import comment_like, post_like, post_share

CAST = [
    *("target", "host", "stranger", "follower", "blocker", "blocked", "mutual", "muter"),
    "deleted",
]
FOLLOWERS = [name for name in CAST if name not in {"target", "stranger"}]
VIEWERS = [*CAST, "anonymous", "removed"]
DELETED = "deleted"
ABOUT_PUSH_TARGETS = {"targetId", "There is no such push target."}
"""Texts with the name of one of the users that are not about that user."""
"""A user whose account has been deleted and whose data is not yet erased."""
MISSING_USER = 7
"""The key of a viewer whose account has been removed."""
FEEDS = frozenset({"homeFeed", "publicFeed", "trendingFeed", "homeFeedEvents", "postInteractions"})
NAMED_AT = frozenset(
    {"user", "node", "nodes", "blockUser", "unblockUser", "muteUser", "unmuteUser"}
)
"""Root fields that may show the name of a user whom the viewer has blocked, if they return that user."""

PICTURE = """
INSERT INTO media (owner_id, post_id, position, alt_text, content_type, byte_size, state, width, height, placeholder)
VALUES ($1, $2, 1, 'PICTURE ' || $3, 'image/png', 1, 'READY', 4, 3, 'x') RETURNING id
"""
MARK = """
UPDATE users SET username = $2 || '_login', display_name = 'NAME ' || $2, bio = 'BIO ' || $2,
    avatar_url = 'https://example.com/AVATAR/' || $2
WHERE id = $1
"""
QUOTE = """
WITH quoting AS (UPDATE posts SET quoted_post_id = $2 WHERE id = $1)
UPDATE posts SET quote_count = quote_count + 1 WHERE id = $2
"""
RELATIONS = """
SELECT 'block', blocker_id, blocked_id FROM blocks UNION ALL SELECT 'mute', muter_id, muted_id FROM mutes
"""
NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
"""Changes with each transaction that writes."""


class MarkedWorld:
    """The users, their posts and comments, and their follows, blocks and mutes."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database
        self._restored = 0

    async def create(self) -> None:
        keys = await create_users(self.database, len(CAST))
        self.key = dict(zip(CAST, keys, strict=True))
        for name, key in self.key.items():
            await self.database.write(MARK, key, name)
        for name in FOLLOWERS:
            await self._follow(name, "target")
        for name in CAST:
            await self._follow(name, "host")
        await self._follow("target", "follower")
        self.posts = {name: await self._post(name) for name in CAST}
        await self.database.write(QUOTE, self.posts["host"], self.posts["target"])
        self.pictures = {name: await self._picture(name) for name in CAST}
        self.comments: list[int] = []
        for name in CAST:
            await self._interact(name, self.posts["host"], on="host")
            await self._interact(name, self.posts["target"], on="target")
            await self._interact("target", self.posts[name], on=name)
        await Work(self.database).do()
        await self._delete_some()
        for actor, target in (
            ("blocker", "target"),
            ("target", "blocked"),
            ("mutual", "target"),
            ("target", "mutual"),
        ):
            await block_create(
                GroupCommits(self.database), viewer_id=self.key[actor], user_id=self.key[target]
            )
        await mute_create(
            GroupCommits(self.database), viewer_id=self.key["muter"], user_id=self.key["target"]
        )
        await self.database.write(SEARCH.trend_snapshot_create, list(self.posts.values()), [])
        await hide_account(self.database, self.key[DELETED])

    def with_services(self, services: Services) -> Self:
        """This world with the services of one test."""
        found = copy(self)
        found.services, found.database = services, services.database
        return found

    async def restore(self, session: EmptyingSession) -> None:
        """Restores the rows that the session has saved, unless nothing was written since."""
        if await self._next_transaction() != self._restored:
            session.undo_changes()
            self._restored = await self._next_transaction()

    async def _next_transaction(self) -> int:
        rows = await self.database.fetch(NEXT_TRANSACTION)
        return int(rows[0][0])

    def values(self) -> Values:
        """Arguments that lead to the target, and to what it has written, liked and shared."""
        post_ids = [global_id("Post", self.posts[name]) for name in ("target", "host")]
        comment_ids = [global_id("Comment", key) for key in self.comments]
        user_ids = [global_id("User", self.key["target"])]
        media_ids = [global_id("Media", self.pictures[name]) for name in ("target", DELETED)]
        all_ids = [*user_ids, *post_ids, *comment_ids]
        return {
            "id": all_ids,
            "ids": [[*all_ids, *media_ids]],
            "username": ["target_login"],
            "prefix": ["n"],
            "name": ["news"],
            "query": ["name", "post", "target"],
            "userId": user_ids,
            "postId": post_ids,
            "postIds": [post_ids],
            "commentId": comment_ids,
            "parentId": [comment_ids[0]],
            "text": ["Written anew."],
            "language": ["de"],
            "contentWarning": ["Spiders"],
            "quotedPostId": post_ids,
            "mediaId": media_ids,
            "target": [{"apns": {"token": "a"}}],
            "targetId": ["no id"],
            "media": [[{"mediaId": media_id}] for media_id in media_ids],
            "contentType": ["image/png"],
            "byteSize": [10],
            "visibility": ["FOLLOWERS"],
            "since": ["no cursor"],
            # Invalid: sessions show nothing but their own viewer.
            "login": ["nobody"],
            "password": ["a wrong password"],
            "email": ["nobody at all"],
            "displayName": ["Nobody"],
            "refreshToken": ["none"],
            "everywhere": [False],
            "deviceName": ["Nobody's phone"],
            "bio": ["About nobody."],
            "avatarMediaId": ["no id"],
            "isPrivate": [True],
            "currentPassword": ["a wrong password"],
            "newPassword": ["another wrong password"],
            "token": ["none"],
            "sessionId": ["no id"],
            "subjectId": all_ids,
            "reason": ["SPAM"],
            "comment": ["Look."],
            "upTo": ["no cursor"],
            "settings": [[{"kind": "LIKE", "push": False}]],
        }

    async def leaks(self, viewer: str, root: str, data: Any) -> list[str]:
        """Texts of the response that must be hidden from the viewer, by the current blocks and mutes."""
        found = [each for each in texts(data) if each[1] not in ABOUT_PUSH_TARGETS]
        viewer_id = self.key.get(viewer, MISSING_USER)
        relations = {tuple(row) for row in await self.database.fetch(RELATIONS)}
        leaked = [f"{path}: {text}" for path, text in found if "GHOST" in text]
        for other, key in self.key.items():
            if other == DELETED:
                leaked += [f"{path}: {text}" for path, text in found if is_of_deleted(text)]
                continue
            has_blocked = ("block", viewer_id, key) in relations
            is_hidden = ("block", key, viewer_id) in relations or has_blocked
            is_muted = ("mute", viewer_id, key) in relations and root in FEEDS
            for path, text in found if is_hidden or is_muted else ():
                if other not in text:
                    continue
                on_purpose = _in_profile(path) or _is_about_watched_post(path)
                if not is_hidden and on_purpose:
                    continue
                is_name = text.startswith(("NAME", "https", f"{other}_login"))
                is_named = (root in NAMED_AT and _is_root_user(path)) or _is_in_own_list(path)
                if not (has_blocked and is_name and is_named):
                    leaked.append(f"{path}: {text}")
        return leaked

    async def _follow(self, actor: str, target: str) -> None:
        if actor != target:
            await follow_create(
                self.services.group_commits, viewer_id=self.key[actor], user_id=self.key[target]
            )

    async def _post(self, author: str) -> int:
        created = await post_create(
            self.database, author_id=self.key[author], text=f"POST {author}"
        )
        assert created.post is not None
        return created.post.id

    async def _picture(self, author: str) -> int:
        """A picture on the author's post."""
        rows = await self.database.write(PICTURE, self.key[author], self.posts[author], author)
        return int(rows[0][0])

    async def _interact(self, actor: str, post: int, *, on: str) -> None:
        """Comments on, likes and shares the post, with a reply to the comment by or to the target."""
        key = self.key[actor]
        # What hangs on a post of the deleted account is hidden, whoever wrote it.
        where = f" on {DELETED}" if on == DELETED else ""
        comment = await self._comment(actor, post, f"COMMENT {actor}{where}")
        if actor == "target":
            reply = await self._comment(on, post, f"COMMENT {on}{where}", parent=comment)
        else:
            reply = await self._comment("target", post, "COMMENT target", parent=comment)
        if on == DELETED:
            self.comments += [comment, reply]
        if on in {"host", "target"} and actor in {"host", "blocker", "blocked"}:
            self.comments += [comment, reply]
        for liked in (comment, reply):
            await comment_like(self.services.group_commits, viewer_id=key, target_id=liked)
        await post_like(self.services.group_commits, viewer_id=key, target_id=post)
        await post_share(self.services.group_commits, viewer_id=key, target_id=post)

    async def _comment(self, author: str, post: int, text: str, parent: int | None = None) -> int:
        created = await comment_create(
            self.database, author_id=self.key[author], post_id=post, text=text, parent_id=parent
        )
        assert created.comment is not None
        return created.comment.id

    async def _delete_some(self) -> None:
        """Deletes a post, a comment and a comment with a reply."""
        target = self.key["target"]
        deleted = (await post_create(self.database, author_id=target, text="GHOST")).post
        assert deleted is not None
        await post_delete(self.database, viewer_id=target, post_id=deleted.id)
        for has_reply in (False, True):
            comment = await self._comment("target", self.posts["host"], "GHOST")
            if has_reply:
                await self._comment("host", self.posts["host"], "COMMENT host", parent=comment)
            await comment_delete(self.database, viewer_id=target, comment_id=comment)


def is_of_deleted(text: str) -> bool:
    """Whether the text is by the deleted account or names it."""
    return DELETED in text and text != DELETED


def texts(value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each text of a response with its path of fields and their types."""
    left: list[tuple[Any, tuple[str, ...]]] = [(value, ())]
    while left:
        value, path = left.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            type_name = value.get("__typename", "")
            left += [
                (nested, (*path, f"{type_name}_{name.rpartition('_')[2]}"))
                for name, nested in value.items()
            ]
        elif isinstance(value, list):
            left += [(nested, path) for nested in value]


def _in_profile(path: tuple[str, ...]) -> bool:
    """Whether the text is in a list of a profile, where a mute hides nothing."""
    return not {
        *("User_posts", "User_followers", "User_following", "User_knownFollowers"),
        *("User_comments", "User_pinnedPost"),
    }.isdisjoint(path)


def _is_in_own_list(path: tuple[str, ...]) -> bool:
    """Whether the text is a field of a user in the viewer's list of those whom they have blocked."""
    return path[-4:-1] == ("Account_blockedUsers", "UserConnection_edges", "UserEdge_node")


def _is_about_watched_post(path: tuple[str, ...]) -> bool:
    """Whether the text is in an event about the watched post itself, which a mute does not hide."""
    return any(part.startswith(("PostEdited_", "PostDeleted_")) for part in path)


def _is_root_user(path: tuple[str, ...]) -> bool:
    """Whether the text is a field of the user that the root field or its payload returns."""
    *above, field = path
    return (
        field.startswith("User_")
        and len(above) <= 2
        and not any(part.startswith("User_") for part in above)
    )
