"""An author with devices, and users who like the author's post."""

from __future__ import annotations

import json
from typing import Any

from core.context import Services
from core.ids import global_id, key_of
from core.jobs.registry import JobKind
from interactions.push.jobs import push_send
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_posts, create_users, run_jobs
from tests.interactions.notifications.inboxes import Work
from tests.interactions.reactions import post_like

Json = dict[str, Any]
SESSION = """
INSERT INTO sessions (user_id, salt, token_hash, expires_at) VALUES ($1, '', '', now() + interval '1 day') RETURNING id
"""
KIND: JobKind = push_send


class World:
    """The author has a post; the fans have none."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database
        self._work = Work(self.database)

    async def create(self) -> None:
        self.author, *self.fans = await create_users(self.database, 6)
        [self.post] = await create_posts(self.database, self.author)

    async def device(self, user: int | None = None) -> ApiClient:
        """A client that is signed in, by default as the author."""
        user = user or self.author
        ((session,),) = await self.database.write(SESSION, user)
        return ApiClient(self.services, user, session)

    async def register(self, client: ApiClient, target: Json) -> int:
        """The key of the registered target."""
        payload = await client.do("RegisterPushTarget", target=target)
        assert payload["errors"] == []
        key = key_of("PushTarget", payload["target"]["id"])
        assert key is not None
        return key

    async def likes(self, *fans: int, post: int | None = None) -> None:
        """Users like the author's post, and the consumer has seen it."""
        for fan in fans or self.fans[:1]:
            await post_like(self.services.group_commits, viewer_id=fan, target_id=post or self.post)
        await self.consume()

    async def consume(self) -> None:
        """Handles all events."""
        await self._work.do()

    async def push(self) -> None:
        """Runs the jobs of pushes, as if their pauses were over."""
        await run_jobs(self.database, KIND)

    async def jobs(self) -> list[tuple[Json, float]]:
        """The jobs of pushes: their arguments, and the seconds until they are due."""
        rows = await self.database.fetch(
            "SELECT arguments, extract(epoch FROM run_at - now())::float8 FROM jobs WHERE kind = $1 ORDER BY id",
            KIND.name,
        )
        return [(json.loads(arguments), seconds) for arguments, seconds in rows]

    async def targets(self) -> list[int]:
        """The keys of all targets."""
        return [
            row[0] for row in await self.database.fetch("SELECT id FROM push_targets ORDER BY id")
        ]

    async def notifications(self) -> list[str]:
        """The global ids of all notifications."""
        rows = await self.database.fetch("SELECT id FROM notifications ORDER BY id")
        return [global_id("Notification", row[0]) for row in rows]
