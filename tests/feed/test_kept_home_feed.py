"""A page of a kept home feed is the page of the definition, whatever has been written, worked on or killed."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from hypothesis import settings

from core.context import Context
from core.paging import PageRequest
from feed.home_feeds import HomeFeeds, home_feed_build
from feed.selectors import KeptFeedOutcome, home_feed_page
from tests.core.jobs.processes import start_worker
from tests.feed.kept_feeds import LIVE, Crowd
from tests.feed.kills import kill_under_load
from tests.feed.test_home_feed import entries
from tests.interactions.cast import accounts_erase, hide_account
from tests.ran_statements import ran_statements

USERS = 10


@pytest.mark.parametrize("crowd", range(settings().max_examples // 20), indirect=True)
async def test_every_feed_equals_its_definition_after_any_writes(crowd: Crowd) -> None:
    await crowd.create(USERS)
    rng = crowd.rng
    for _ in range(30):
        await crowd.follow()
    for step in range(150):
        await crowd.write()
        if rng.random() < 0.3:
            await crowd.work(limit=rng.choice([1, 3, 1_000]), killed=rng.random() < 0.3)
        if rng.random() < 0.2:
            await crowd.keep(rng.choice(crowd.users))
        if rng.random() < 0.1:
            await crowd.cut(rng.choice(crowd.users))
        if step == 120:
            # The deleted account reads nothing any more.
            gone = crowd.users.pop(0)
            await hide_account(crowd.database, gone)
        reader = rng.choice(crowd.users)
        assert await crowd.walk(reader, rng.choice([1, 3, 20])) == await crowd.oracle(reader)
        await crowd.check_in_one_snapshot(reader)
    await accounts_erase(crowd.database)
    for worked in (False, True):
        if worked:
            await crowd.work_all()
        for reader in crowd.users:
            assert await crowd.walk(reader, 20) == await crowd.oracle(reader)
    assert crowd.seen == set(KeptFeedOutcome)


@pytest.mark.parametrize("crowd", range(3), indirect=True)
async def test_a_read_during_the_work_equals_the_definition_in_its_snapshot(crowd: Crowd) -> None:
    await crowd.create(USERS)
    for _ in range(30):
        await crowd.follow()
    writers = 3
    writing = writers

    async def write() -> None:
        nonlocal writing
        for _ in range(80):
            await crowd.write()
        writing -= 1

    async def work() -> None:
        while writing:
            await crowd.work(limit=crowd.rng.choice([1, 5, 1_000]), killed=crowd.rng.random() < 0.2)
            await asyncio.sleep(0)

    async def keep() -> None:
        while writing:
            await crowd.keep(crowd.rng.choice(crowd.users))
            await asyncio.sleep(0)

    async def read() -> None:
        while writing:
            await crowd.check_in_one_snapshot(crowd.rng.choice(crowd.users))

    async with asyncio.TaskGroup() as group:
        for each in (*[write] * writers, work, keep, read):
            group.create_task(each())
    assert KeptFeedOutcome.COMPLETE in crowd.seen
    for reader in crowd.users:
        await crowd.keep(reader)
        assert await crowd.walk(reader, 20) == await crowd.oracle(reader)


async def test_a_walk_across_the_end_of_the_kept_feed_repeats_and_loses_nothing(
    crowd: Crowd,
) -> None:
    await crowd.create(4)
    reader, *others = crowd.users
    for other in others:
        await crowd.follow(reader, other)
    for _ in range(60):
        await crowd.post(crowd.rng.choice(others))
        if crowd.rng.random() < 0.3:
            await crowd.share(crowd.rng.choice(others))
    before = await crowd.oracle(reader)
    await crowd.keep(reader)
    await crowd.cut(reader)
    context = Context(crowd.services, viewer_id=reader)
    codec = crowd.services.cursors.codec("home", reader)
    walked: list[tuple[int, int, int | None]] = []
    request = PageRequest(7)
    while True:
        page = await home_feed_page(context, codec, request)
        walked += entries(page.edges)
        if len(page.edges) < 7:
            break
        request = PageRequest(7, below=page.edges[-1].position)
        await crowd.post(crowd.rng.choice(others))
        await crowd.work(limit=1)
    assert walked == before


@pytest.mark.parametrize("crowd", range(3), indirect=True)
async def test_a_walk_across_the_end_of_the_kept_feed_while_anything_is_written(
    crowd: Crowd,
) -> None:
    """Nothing is shown twice but what moves down, as its share is taken back. What is not touched is shown in order."""
    await crowd.create(6)
    reader, *others = crowd.users
    for other in others:
        await crowd.follow(reader, other)
    for _ in range(80):
        await crowd.post(crowd.rng.choice(others))
        if crowd.rng.random() < 0.3:
            await crowd.share(crowd.rng.choice(others))
    before = await crowd.oracle(reader)
    await crowd.keep(reader)
    await crowd.cut(reader)
    context = Context(crowd.services, viewer_id=reader)
    codec = crowd.services.cursors.codec("home", reader)
    walked: list[tuple[int, int, int | None]] = []
    touched: set[int] = set()
    fallen: set[int] = set()
    request = PageRequest(7)
    while len(page := entries((await home_feed_page(context, codec, request)).edges)) == 7:
        walked += page
        request = PageRequest(7, below=page[-1][1])
        moved, down = await crowd.touch(others)
        touched |= moved
        fallen.add(down)
        await crowd.work(limit=crowd.rng.choice([1, 1_000]), killed=crowd.rng.random() < 0.3)
    walked += page
    posts = [entry[0] for entry in walked if entry[0] not in fallen]
    assert len(set(posts)) == len(posts)
    assert [entry for entry in walked if entry[0] not in touched] == [
        entry for entry in before if entry[0] not in touched
    ]
    assert touched
    # The way back, towards newer entries, in one snapshot each.
    for _ in range(5):
        await crowd.check_in_one_snapshot(reader)
        await crowd.touch(others)


@pytest.mark.timeout(300)
async def test_feeds_are_complete_after_workers_were_killed_under_load(crowd: Crowd) -> None:
    load, _ = await kill_under_load(crowd, partial(start_worker, ()), 4)
    assert load.writes > 20
    assert load.reads > 20


async def statements_of_a_page(crowd: Crowd, reader: int) -> list[str]:
    context = Context(crowd.services, viewer_id=reader)
    codec = crowd.services.cursors.codec("home", reader)
    with ran_statements() as ran:
        await home_feed_page(context, codec, PageRequest(20))
    names = [statement.partition("\n")[0].removeprefix("-- ") for statement in ran]
    return [name for name in names if name.endswith("_page")]


async def test_a_reader_without_a_feed_gets_one_and_the_next_page_is_of_it(crowd: Crowd) -> None:
    await crowd.create(2)
    reader, other = crowd.users
    await crowd.follow(reader, other)
    await crowd.post(other)
    assert await statements_of_a_page(crowd, reader) == ["kept_home_feed_page", "home_feed_page"]
    await crowd.services.get(HomeFeeds).built()
    assert await statements_of_a_page(crowd, reader) == ["kept_home_feed_page"]
    await crowd.unfollow(reader, other)
    assert await statements_of_a_page(crowd, reader) == ["kept_home_feed_page", "home_feed_page"]


async def test_many_new_events_are_not_looked_through(crowd: Crowd) -> None:
    await crowd.create(2)
    reader, other = crowd.users
    await crowd.keep(reader)
    await crowd.database.write(
        "INSERT INTO events (kind, actor_id, post_id) SELECT 'post_created', $1, n FROM generate_series(1, 501) n",
        other,
    )
    assert await statements_of_a_page(crowd, reader) == ["kept_home_feed_page", "home_feed_page"]
    await crowd.work_all()
    assert await statements_of_a_page(crowd, reader) == ["kept_home_feed_page"]


async def test_a_post_for_very_many_followers_is_added_in_parts(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd.create(8)
    star, *followers = crowd.users
    for follower in followers:
        await crowd.follow(follower, star)
        await crowd.keep(follower)
    await crowd.work_all()
    post = await crowd.post(star)
    monkeypatch.setattr("feed.consumers.FOLLOWERS_AT_ONCE", 3)
    have = "SELECT count(*) FROM home_feed_reasons WHERE position = $1"
    counts = []
    while await crowd.work():
        counts.append((await crowd.database.fetch(have, post))[0][0])
        for follower in followers:
            assert (await crowd.walk(follower, 20))[0][0] == post
    assert counts == [3, 6, 7]


async def test_a_feed_is_used_only_if_built_by_this_cluster(crowd: Crowd) -> None:
    await crowd.create(1)
    [reader] = crowd.users
    await crowd.keep(reader)
    await crowd.database.write("UPDATE home_feeds SET built_transaction = 1::bigint << 60")
    assert "home_feed_page" in await statements_of_a_page(crowd, reader)


async def test_a_feed_is_not_used_if_the_log_has_lost_its_position(crowd: Crowd) -> None:
    await crowd.create(2)
    reader, other = crowd.users
    await crowd.follow(reader, other)
    await crowd.keep(reader)
    await crowd.post(other)
    await crowd.work_all()
    assert await statements_of_a_page(crowd, reader) == ["kept_home_feed_page"]
    await crowd.database.write("DELETE FROM events")
    assert "home_feed_page" in await statements_of_a_page(crowd, reader)


async def test_feeds_are_retired_if_the_log_has_lost_events(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd.create(6)
    author, *readers = crowd.users
    for reader in readers:
        await crowd.follow(reader, author)
        await crowd.keep(reader)
    await crowd.work_all()
    await crowd.post(author)
    await crowd.database.write("DELETE FROM events")
    await crowd.post(author)
    monkeypatch.setattr("feed.consumers.FEEDS_AT_ONCE", 2)
    while await crowd.work():
        for reader in readers:
            await crowd.check_in_one_snapshot(reader)
    for reader in readers:
        assert await crowd.database.fetch(LIVE, reader) == []
        assert await crowd.walk(reader, 20) == await crowd.oracle(reader)


async def test_two_processes_build_one_feed(crowd: Crowd) -> None:
    await crowd.create(1)
    [reader] = crowd.users
    built = await asyncio.gather(*[home_feed_build(crowd.database, reader) for _ in range(3)])
    assert sorted(built) == [False, False, True]
    assert len(await crowd.database.fetch(LIVE, reader)) == 1
    assert not await home_feed_build(crowd.database, 5)


async def test_a_feed_without_a_worker_is_not_used_for_long(crowd: Crowd) -> None:
    await crowd.create(1)
    [reader] = crowd.users
    await crowd.keep(reader)
    await crowd.database.write("UPDATE home_feeds SET built_at = now() - interval '11 minutes'")
    assert "home_feed_page" in await statements_of_a_page(crowd, reader)
    await crowd.services.get(HomeFeeds).built()
    assert await statements_of_a_page(crowd, reader) == ["kept_home_feed_page"]
