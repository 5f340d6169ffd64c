"""Pages that several viewers read by one statement are those that each of them reads alone."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import pytest

from core.context import Context, Services
from core.database.database import Row
from core.database.statements import JOINT, Statements, Variants
from core.errors import MutationRefused
from core.paging import PageRequest
from feed.selectors import home_feed_page, public_feed_page
from interactions.selectors import CommentsByPostLoader, OldestCommentsByPostLoader
from interactions.services import comment_create
from tests.feed.kept_feeds import Crowd
from tests.ran_statements import ran_statements

SNAPSHOT = re.compile(r"\d+:\d+:.*")
"""What differs between two reads, because other transactions end."""


class Call(NamedTuple):
    variants: Variants
    variant: str
    arguments: tuple[object, ...]


def values(rows: Sequence[Row], count: int | None = None) -> list[tuple[Any, ...]]:
    """The values of rows, or the first ones of each, without snapshots."""
    return [
        tuple(
            "snapshot" if isinstance(value, str) and SNAPSHOT.fullmatch(value) else value
            for value in [*row][:count]
        )
        for row in rows
    ]


async def read_everything(services: Services, crowd: Crowd, rng: random.Random) -> None:
    """Pages of feeds and comments, in both directions, of all users and of somebody who is not signed in."""
    for viewer in [*crowd.users, *[None] * 4]:
        context = Context(services, viewer_id=viewer)
        request = PageRequest(
            rng.choice([1, 3, 20]),
            below=rng.choice([2**63 - 1, *crowd.posts]),
            oldest_first=rng.random() < 0.3,
        )
        for with_snapshot in (False, True):
            codec = services.cursors.codec("public", 0)
            await public_feed_page(context, codec, request, with_snapshot=with_snapshot)
            if viewer is not None:
                codec = services.cursors.codec("home", viewer)
                await home_feed_page(context, codec, request, with_snapshot=with_snapshot)
        for loader in (CommentsByPostLoader, OldestCommentsByPostLoader):
            posts = rng.sample(crowd.posts, 4)
            await loader(context, first=rng.choice([1, 3]), after=None).fetch(posts)


@pytest.mark.parametrize("seed", range(3))
async def test_rows_that_are_read_jointly_are_those_read_alone(
    services: Services, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    crowd = Crowd(services, rng)
    await crowd.create(8)
    database = services.database
    for _ in range(120):
        await crowd.write()
    for post in crowd.posts:
        for author in rng.sample(crowd.users, 3):
            with suppress(MutationRefused):  # The post is not for everybody.
                await comment_create(database, author_id=author, post_id=post, text=f"By {author}.")
    for reader in crowd.users[:6]:
        await crowd.keep(reader)
    await crowd.work_all()

    calls: list[Call] = []
    fetch_jointly = database.fetch_jointly

    def recorded(
        variants: Variants, variant: str, *arguments: object
    ) -> Coroutine[Any, Any, list[Row]]:
        if f"{variant}:{JOINT}" in variants:
            calls.append(Call(variants, variant, arguments))
        return fetch_jointly(variants, variant, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(database, "fetch_jointly", recorded)
        for _ in range(3):
            await read_everything(services, crowd, rng)
    called = {call.variants[f"{call.variant}:{JOINT}"] for call in calls}
    joint = [
        text
        for room in Statements.rooms
        for texts in room().variants.values()
        for name, text in texts.items()
        if name.endswith(f":{JOINT}")
    ]
    assert called == set(joint)

    rng.shuffle(calls)
    with ran_statements() as seen:
        for _ in range(2):
            several = rng.sample(calls, len(calls))
            together = [fetch_jointly(*call[:2], *call[2]) for call in several]
            answers = await asyncio.gather(*together)
            for call, answer in zip(several, answers, strict=True):
                alone = await database.fetch(call.variants[call.variant], *call.arguments)
                width = len(alone[0]) if alone else None
                assert values(answer, width) == values(alone), call
    assert set(seen) >= set(joint)
