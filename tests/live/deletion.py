"""An account with many comments and followers, or a post with many comments, is deleted while others write:
`python -m tests.live.deletion`.

How long it took, how many requests failed, and how long events took to reach a subscriber before and meanwhile: from
the moment at which a write is sent.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import httpx

from core.database.database import Database
from core.ids import global_id
from tests.paths import ROOT
from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from feed.services import post_delete
from tests.interactions.cast import create_users, hide_account
from tests.live.crash import Client
from tests.live.surroundings import Surroundings, surroundings
from tests.live.world import SignedInUser, operation, signed_in, websocket_client

WRITERS = 4
POSTS = 2_000
WRITES_A_SECOND = 10
CROWD = """
INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
SELECT 'c' || n, 'c' || n || '@example.invalid', '!', 'C', '', '', true, false, false FROM generate_series(1, $1::int) n
"""
FOLLOWERS = """
WITH made AS (
    INSERT INTO follows (follower_id, followee_id) SELECT id, $1 FROM users WHERE username LIKE 'c%'
    RETURNING follower_id
), followers AS (
    UPDATE users SET following_count = following_count + 1 WHERE id IN (SELECT follower_id FROM made)
)
UPDATE users SET follower_count = (SELECT count(*) FROM made) WHERE id = $1
"""
OTHERS_POSTS = """
WITH made AS (INSERT INTO posts (author_id, text) SELECT $1, 'x' FROM generate_series(1, $2::int) RETURNING id)
UPDATE users SET post_count = post_count + $2::int WHERE id = $1
"""
COMMENTS = """
WITH made AS (
    INSERT INTO comments (post_id, author_id, text)
    SELECT p.id, $1, 'so' FROM posts p CROSS JOIN generate_series(1, $2::int) WHERE p.author_id = $3 RETURNING post_id
)
UPDATE posts p SET comment_count = comment_count + $2::int WHERE p.author_id = $3
"""


LARGE_POST = """
WITH post AS (INSERT INTO posts (author_id, text, comment_count) VALUES ($1, 'x', $2) RETURNING id),
commented AS (
    INSERT INTO comments (post_id, author_id, text)
    SELECT post.id, $1, 'so' FROM post CROSS JOIN generate_series(1, $2::int)
), counted AS (
    UPDATE users SET post_count = post_count + 1 WHERE id = $1
)
SELECT id FROM post
"""


class Figures(NamedTuple):
    """Seconds, sorted."""

    before: list[float]
    meanwhile: list[float]
    failed: list[str]
    took: float


def percentile(figures: list[float], share: float) -> float:
    return figures[min(len(figures) - 1, int(len(figures) * share))]


async def fill(database: Database, comments: int, followers: int) -> tuple[int, list[SignedInUser]]:
    """The user whose account is deleted, and the writers."""
    (deleted,) = await create_users(database, 1, first=9_000)
    writers = await signed_in(database, WRITERS)
    await database.write(CROWD, followers)
    await database.write(FOLLOWERS, deleted)
    await database.write(OTHERS_POSTS, writers[0].key, POSTS)
    await database.write(OTHERS_POSTS, deleted, 100)
    await database.write(COMMENTS, deleted, comments // POSTS, writers[0].key)
    return deleted, writers


async def run(
    around: Surroundings, comments: int, followers: int, seconds: float, of_post: int
) -> Figures:
    """Writes for so many seconds, deletes the account or the post, and continues to write until it is removed."""
    database = await Database(around.postgres.url, size=2).open()
    deleted, writers = await fill(database, comments, followers)
    (post,) = [
        row[0]
        for row in await database.fetch(
            "SELECT max(id) FROM posts WHERE author_id = $1", writers[0].key
        )
    ]
    large = await database.write(LARGE_POST, deleted, of_post) if of_post else []
    sent: dict[str, float] = {}
    figures: dict[str, float] = {}
    failed: list[str] = []
    ended = asyncio.Event()

    async def write(client: Client, number: int) -> None:
        count = 0
        while not ended.is_set():
            count += 1
            key = f"{number}-{count}"
            sent[key] = monotonic()
            asked = {"postId": global_id("Post", post), "text": "so", "clientMutationId": key}
            answer = await client.ask(operation("CreateComment"), input=asked)
            if "errors" in answer or answer["data"]["createComment"]["errors"]:
                failed.append(str(answer))
            await asyncio.sleep(1 / WRITES_A_SECOND)

    async def listen() -> None:
        async with websocket_client(around.address(1), writers[0].authorization) as watcher:
            await watcher.watch([post])
            while True:
                event = await watcher.event()
                key = event.get("clientMutationId")
                if key in sent:
                    figures[key] = monotonic() - sent[key]

    command = [sys.executable, "manage.py", "work"]
    worker = subprocess.Popen(command, cwd=ROOT, env=around.variables, stdout=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        async with httpx.AsyncClient(base_url=f"http://{around.address(0)}", timeout=30) as http:
            listening = asyncio.create_task(listen())
            writing = [
                asyncio.create_task(write(Client(http, each), number))
                for number, each in enumerate(writers)
            ]
            await asyncio.sleep(seconds)
            before = sorted(figures.values())
            figures.clear()
            began = monotonic()
            if large:
                await post_delete(database, viewer_id=deleted, post_id=large[0][0])
                print(f"hidden in {monotonic() - began:.3f} s")
                look = ("SELECT FROM posts WHERE id = $1", large[0][0])
            else:
                await hide_account(database, deleted)
                look = ("SELECT FROM users WHERE id = $1", deleted)
            while await database.fetch(*look):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            took = monotonic() - began
            await asyncio.sleep(1)
            ended.set()
            await asyncio.gather(*writing)
            listening.cancel()
    finally:
        worker.terminate()
        worker.wait()
        await database.close()
    return Figures(before, sorted(figures.values()), failed, took)


def main(comments: int, followers: int, seconds: float, of_post: int) -> None:
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        found = asyncio.run(run(around, comments, followers, seconds, of_post))
        command = [sys.executable, "manage.py", "reconcile_counts"]
        counts = subprocess.run(command, cwd=ROOT, env=around.variables, check=False)
    for name, figures in (("before", found.before), ("meanwhile", found.meanwhile)):
        print(
            f"{name}: {len(figures)} events, p50 {percentile(figures, 0.5) * 1000:.0f} ms, "
            f"p99 {percentile(figures, 0.99) * 1000:.0f} ms, max {figures[-1] * 1000:.0f} ms"
        )
    print(
        f"removed in {found.took:.1f} s, {len(found.failed)} requests failed {found.failed[:3]}, "
        f"counts {'right' if counts.returncode == 0 else 'wrong'}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--followers", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument(
        "--post", type=int, default=0, help="Delete a post with so many comments, and no account."
    )
    given = parser.parse_args()
    main(given.comments, given.followers, given.seconds, given.post)
