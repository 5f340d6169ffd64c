"""Blocks, sign-outs, suspensions and deletions at once, while users write and listen.

`python -m tests.live.storm --seconds 60`: two processes serve, and the worker runs. At the end:

- no event has reached a user from whom a block hid it at that time;
- no write in a session succeeded that was sent more than two seconds after the session's end;
- no request failed other than as documented;
- a subscriber without blocks has received each comment once;
- all deleted accounts are removed, and every stored count is correct.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from time import monotonic

from core.database.database import Database
from core.ids import global_id
from tests.servers import servers_for_tests, set_up_program

if __name__ == "__main__":
    set_up_program()

from core.accounts.tokens import RefreshTokens  # needs the settings
from core.config.environment import environment  # as above
from core.devserver.product_processes import LocalWorker  # as above
from tests.commands import output_of  # as above
from tests.core.server.served import Served, served  # as above
from tests.interactions.cast import create_users, hide_account  # as above
from tests.live.fuzz import SIGNS, add_crowd, set_counts  # as above
from tests.live.storm_clients import StormRequests, UserSession, received_by  # as above
from tests.live.storm_record import Block, StormRecord  # as above
from tests.live.world import eventually, signed_in_again  # as above
from tests.paths import ROOT

SECONDS_TO_END = 60.0
"""How long the last event and the removal of accounts may take on a busy machine."""
AFTER_END_SECONDS = 3.0
"""How long after its end a session continues to try to write."""
CROWD_SIZE = 60
DELETED, USERS, SUSPENDED = 3, 14, 4
"""Of the crowd: the accounts that are deleted, the users who write and listen, and how many of these are suspended."""
MANY_ROWS = """
WITH large AS (SELECT id FROM users WHERE id = ANY($1::bigint[])),
made AS (INSERT INTO posts (author_id, text) SELECT $2, 'x' FROM generate_series(1, 50) RETURNING id),
liked AS (INSERT INTO post_likes (user_id, post_id) SELECT l.id, m.id FROM large l, made m),
shared AS (INSERT INTO shares (user_id, post_id) SELECT l.id, m.id FROM large l, made m)
INSERT INTO comments (post_id, author_id, text) SELECT m.id, l.id, 'x' FROM large l, made m, generate_series(1, 10)
"""
POST = "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id"
SUSPEND = "UPDATE users SET is_active = $2 WHERE id = $1"
ACTS = {
    "CreateComment": 5,
    "LikePost": 4,
    "UnlikePost": 3,
    "SharePost": 1,
    "UnsharePost": 1,
    "CreatePost": 1,
    "FollowUser": 2,
    "UnfollowUser": 1,
}


@dataclass(eq=False)
class StormUser:
    """A user with all sessions so far."""

    key: int
    sessions: list[UserSession] = field(default_factory=list)
    access: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while sessions are made or ended."""

    @property
    def id(self) -> str:
        return global_id("User", self.key)

    @property
    def current(self) -> list[UserSession]:
        """The sessions whose end has not been acknowledged."""
        return [session for session in self.sessions if session.ended == inf]


class Storm:
    """What all users do."""

    def __init__(self, database: Database, record: StormRecord, chance: random.Random) -> None:
        self._record = record
        self._requests = record.requests
        self._database = database
        self._chance = chance
        self._stop = asyncio.Event()
        self._sequence = 0

    async def prepare(self) -> None:
        """Creates the crowd with its rows and counts, and a session for each user who takes part."""
        keys = await create_users(self._database, CROWD_SIZE)
        self.deleted = [StormUser(key) for key in keys[:DELETED]]
        self.users = [StormUser(key) for key in keys[DELETED : DELETED + USERS]]
        self.observer, self.author = (StormUser(key) for key in keys[-2:])
        async with self._database.connection() as connection:
            await add_crowd(connection)
            await connection.execute(MANY_ROWS, keys[:DELETED], self.author.key)
            for author in (self.author, self.author, *self.users[:3], self.deleted[0]):
                post = global_id("Post", await connection.fetchval(POST, author.key))
                self._record.authors[post] = author.id
            await set_counts(connection)
        self._record.calm_posts = list(self._record.authors)[:2]
        self._record.active = {user.id for user in self.users[:-SUSPENDED]}
        self._record.observer = self.observer.id
        for user in (*self.deleted, *self.users, self.observer, self.author):
            await self._sign_in(user)

    async def _sign_in(self, user: StormUser) -> UserSession:
        session = UserSession(await signed_in_again(self._database, user.key))
        user.sessions.append(session)
        self._record.sessions.append(session)
        return session

    def _end(self, sessions: list[UserSession]) -> None:
        for session in sessions:
            session.ended = min(session.ended, monotonic())

    async def run(self, seconds: float) -> None:
        """All at once for so many seconds. Returns when the last event has arrived."""
        listeners = [*self.users, *self.deleted, self.observer]
        received = self._record.received
        async with asyncio.TaskGroup() as listening:
            tasks = [
                listening.create_task(self._listen(user, number))
                for number, user in enumerate(listeners)
            ]

            async def all_listen() -> bool:
                return len({each.viewer for each in received if each.is_first}) == len(listeners)

            await eventually(all_listen, seconds=SECONDS_TO_END)
            async with asyncio.TaskGroup() as group:
                self._group = group
                for user in (*self.users, *self.deleted):
                    group.create_task(self._write(user.sessions[-1]))
                calm, suspended = self.users[:-SUSPENDED], self.users[-SUSPENDED:]
                for user in self.users[::3]:
                    others = [*self.users, *self.deleted[:1]]
                    others.remove(user)
                    group.create_task(self._block(user, others))
                group.create_task(self._sign_out(calm))
                group.create_task(self._suspend(suspended))
                group.create_task(self._delete(seconds))
                await asyncio.sleep(seconds)
                self._stop.set()
            last = await self._comment(self.author.sessions[-1], self._record.calm_posts[0])
            assert last is not None

            async def arrived() -> bool:
                return (self.observer.id, last) in (
                    (each.viewer, each.key) for each in received[::-1]
                )

            await eventually(arrived, seconds=SECONDS_TO_END)
            for task in tasks:
                task.cancel()

    def _goes_on(self, session: UserSession) -> bool:
        """Until it has been refused, and long enough to see that it is refused for good."""
        has_failed = session.refused and monotonic() > session.ended + AFTER_END_SECONDS
        return not self._stop.is_set() and not has_failed

    async def _pause(self, low: float, high: float) -> None:
        await asyncio.sleep(self._chance.uniform(low, high))

    def _key(self) -> str:
        self._sequence += 1
        return f"write {self._sequence}"

    async def _comment(self, session: UserSession, post: str) -> str | None:
        """The key of a comment; None if it was not acknowledged."""
        key = self._key()
        values = {"postId": post, "text": key, "clientMutationId": key}
        payload = await self._requests.write(session, "CreateComment", key=key, **values)
        return None if payload is None else key

    async def _write(self, session: UserSession) -> None:
        """Writes in the session, until some seconds after its end."""
        names, weights = list(ACTS), list(ACTS.values())
        while self._goes_on(session):
            (name,) = self._chance.choices(names, weights)
            key = self._key()
            values: dict[str, str]
            if name == "CreatePost":
                values = {"text": key}
            elif name.endswith("User"):
                values = {"userId": self._chance.choice(self.users).id}
            else:
                values = {"postId": self._chance.choice(list(self._record.authors))}
                values |= {"text": key} if name == "CreateComment" else {}
            if not name.startswith("Un"):
                values["clientMutationId"] = key
            await self._requests.write(session, name, key=key, **values)
            await self._pause(0, 0.2)

    async def _block(self, user: StormUser, others: list[StormUser]) -> None:
        while not self._stop.is_set():
            await self._pause(0, 0.3)
            other = self._chance.choice(others)
            if not await self._act(user, "BlockUser", other):
                continue
            block = Block(frozenset((user.id, other.id)), monotonic())
            self._record.blocks.append(block)
            for each in (other, user):
                # The other listens to this post, and must not receive the comment.
                if each.current:
                    await self._comment(each.current[-1], self._record.calm_posts[0])
            await self._pause(0.1, 0.5)
            block.lifted = monotonic()
            while not self._stop.is_set() and not await self._act(user, "UnblockUser", other):
                await self._pause(0.05, 0.1)
            await self._act(user, "FollowUser", other)
            await self._act(other, "FollowUser", user)

    async def _act(self, user: StormUser, name: str, other: StormUser) -> bool:
        """Whether it was acknowledged."""
        if not user.current:
            return False
        values = {"userId": other.id}
        return (
            await self._requests.write(user.current[-1], name, key=self._key(), **values)
            is not None
        )

    async def _sign_out(self, users: list[StormUser]) -> None:
        secret = RefreshTokens(environment().secret_key.encode())
        while not self._stop.is_set():
            await self._pause(0.05, 0.3)
            user = self._chance.choice(users)
            async with user.access:
                ending = user.current
                token = secret.make(ending[0].user.session_id, b"", 1).text
                values = {"refreshToken": token, "everywhere": True}
                if await self._requests.write(ending[0], "SignOut", key=self._key(), **values):
                    self._end(ending)
                    await self._continue(user)

    async def _suspend(self, users: list[StormUser]) -> None:
        while not self._stop.is_set():
            await self._pause(0.1, 0.5)
            user = self._chance.choice(users)
            async with user.access:
                ending = user.current
                await self._database.write(SUSPEND, user.key, False)
                self._end(ending)
                await self._pause(0.2, 0.6)
                await self._database.write(SUSPEND, user.key, True)
                await self._continue(user)

    async def _continue(self, user: StormUser) -> None:
        """Two new sessions of the user, in which writes continue."""
        for _ in range(2):
            self._group.create_task(self._write(await self._sign_in(user)))

    async def _delete(self, seconds: float) -> None:
        for user in self.deleted:
            await asyncio.sleep(seconds / (DELETED + 2))
            async with user.access:
                ending = user.current
                await hide_account(self._database, user.key)
                self._end(ending)

    async def _listen(self, user: StormUser, number: int) -> None:
        """Records all events until it is cancelled, and connects again when the session has ended."""
        address = self._requests.addresses[number % 2]
        while True:
            if not user.current:
                await asyncio.sleep(0.05)
                continue
            posts = list(self._record.authors)
            by_stream = number % 4 == 3
            async for each in received_by(address, user.current[-1], posts, by_stream=by_stream):
                self._record.received.append(each)
            await asyncio.sleep(0.02)


@contextmanager
def worker(folder: Path) -> Iterator[None]:
    """Runs the worker, which removes deleted accounts."""
    running = LocalWorker(root=ROOT, variables=os.environ, log=folder / "worker.log")
    running.start()
    try:
        yield
    finally:
        running.stop()


async def storm(folder: Path, database: Database, *, seconds: float, seed: int) -> StormRecord:
    """Runs a storm on two processes with an empty database, until the deleted accounts are removed."""
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        servers: list[Served] = []
        for number in range(2):
            own = folder / str(number)
            own.mkdir()
            servers.append(stack.enter_context(served(own, POOL_SIZE="8")))
        for server in servers:
            await server.becomes_ready(1)
        addresses = [server.address for server in servers]
        requests = await stack.enter_async_context(StormRequests(addresses, chance))
        record = StormRecord(requests)
        users = Storm(database, record, chance)
        await users.prepare()
        stack.enter_context(worker(folder))
        await users.run(seconds)

        async def removed() -> bool:
            return not await database.fetch("SELECT FROM account_deletions")

        await eventually(removed, seconds=SECONDS_TO_END)
        for server in servers:
            await server.stopped_by(signal.SIGTERM)
            requests.faults += [f"logged: {sign}" for sign in SIGNS.findall(server.logged())]
    return record


async def run(seconds: float, seed: int) -> None:
    """Prints what came of a storm; the database is emptied."""
    database = await Database(os.environ["DATABASE_URL"], size=4).open()
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = await storm(Path(folder), database, seconds=seconds, seed=seed)
    finally:
        await database.close()
    faults = found.faults()
    print(found, f"{len(faults)} faults", *faults[:20], sep="\n")


def main(seconds: float, seed: int) -> None:
    print(f"seed {seed}", flush=True)
    with servers_for_tests() as servers:
        os.environ.update(servers.variables)
        asyncio.run(run(seconds, seed))
        print(output_of(sys.executable, "manage.py", "reconcile_counts"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    main(given.seconds, given.seed)
