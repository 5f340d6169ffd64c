"""The number of actors of a notification that keeps rows of only some, whatever is taken back and done again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from django.db import connections

from core.accounts.profiles import profile_update
from core.accounts.services import (
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    follow_request_accept,
    mute_create,
    mute_delete,
)
from core.context import Services
from core.database.database import Database
from core.datasets.reconcile import COUNTS, compare
from feed.services import post_create
from interactions.notifications.notification_rows import NotificationAudience, NotificationKind
from interactions.notifications.services import SettingChange, settings_update
from interactions.services import comment_create
from tests.interactions.cast import create_posts, create_users, present
from tests.interactions.notifications.inboxes import Work, held
from tests.interactions.reactions import (
    comment_like,
    comment_unlike,
    post_like,
    post_share,
    post_unlike,
    post_unshare,
)

KEPT_ACTORS = 40
"""In place of 100, so that fewer users are enough."""
FANS = 52
KINDS = ("post", "comment", "share", "follow", "request")
Act = Callable[[int], Awaitable[object]]
"""What a user does."""
Differences = Callable[[], Awaitable[list[int]]]
ActorCount = Callable[[], Awaitable[int]]


@pytest.fixture(autouse=True)
def few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactions.notifications.groups.KEPT_ACTORS", KEPT_ACTORS)


class Action(NamedTuple):
    """What fans do to a thing of the author, and take back."""

    author: int
    do: Act
    undo: Act


async def action(services: Services, kind: str, author: int) -> Action:
    """An action on a new thing of the author. What making it notifies of is not in the log."""
    database, commits = services.database, services.group_commits
    [post] = await create_posts(database, author)
    target, create, delete = post, post_like, post_unlike
    if kind == "share":
        create, delete = post_share, post_unshare
    elif kind == "written":
        return Action(
            author,
            lambda user: comment_create(database, author_id=user, post_id=post, text="x"),
            lambda _: asyncio.sleep(0),
        )
    elif kind == "comment":
        made = await comment_create(database, author_id=author, post_id=post, text="x")
        target, create, delete = present(made.comment).id, comment_like, comment_unlike
    elif kind in {"follow", "request"}:
        await profile_update(database, viewer_id=author, is_private=kind == "request")
        return Action(
            author,
            lambda user: follow_create(commits, viewer_id=user, user_id=author),
            lambda user: follow_delete(commits, viewer_id=user, user_id=author),
        )
    return Action(
        author,
        lambda user: create(commits, viewer_id=user, target_id=target),
        lambda user: delete(commits, viewer_id=user, target_id=target),
    )


async def do_all(action_: Action, users: list[int]) -> None:
    """Each of the users does it, in few transactions."""
    await asyncio.gather(*map(action_.do, users))


async def all_did(services: Services, kind: str, count: int) -> tuple[list[int], Action, Work]:
    """So many users, an action that each of them has done, and the worker that has handled it."""
    author, *fans = await create_users(services.database, count + 1)
    action_ = await action(services, kind, author)
    work = Work(services.database)
    await do_all(action_, fans)
    await work.do()
    return fans, action_, work


def wrong_counts() -> list[int]:
    """The notifications of which `reconcile_counts` says that their count is wrong."""
    counts = [each for each in COUNTS if each.table == "notifications"]
    return [key for count in counts for key in compare(count).wrong]


@pytest.fixture(scope="module")
def comparing() -> Iterator[ThreadPoolExecutor]:
    """One thread, so that Django keeps its session of PostgreSQL."""
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(connections.close_all).result()


@pytest.fixture
def differences(orm: None, comparing: ThreadPoolExecutor) -> Differences:
    async def found() -> list[int]:
        return await asyncio.get_running_loop().run_in_executor(comparing, wrong_counts)

    return found


@pytest.fixture
def actor_count(database: Database, differences: Differences) -> ActorCount:
    """The count of the only notification, which agrees with its rows."""

    async def count() -> int:
        [group] = await held(database)
        assert len(group.actors) <= KEPT_ACTORS
        assert await differences() == []
        return group.actor_count

    return count


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
@pytest.mark.parametrize("kind", KINDS)
async def test_who_takes_back_and_does_it_again_is_counted_once(
    database: Database, services: Services, actor_count: ActorCount, kind: str, limit: int
) -> None:
    """Whether the actor has a row, and however the events fall into batches that see the tables of the end."""
    fans, action_, work = await all_did(services, kind, FANS)
    assert await actor_count() == FANS

    work.limit = limit
    for fan in (fans[3], fans[-3]):
        await action_.undo(fan)
        await action_.do(fan)
        await work.do()
        assert await actor_count() == FANS
        for act in (action_.undo, action_.do) * 2:
            await act(fan)
        await work.do()
        assert await actor_count() == FANS
        await action_.undo(fan)
        await work.do()
        assert await actor_count() == FANS - 1
        for act in (action_.do, action_.undo) * 2:
            await act(fan)
        await work.do()
        assert await actor_count() == FANS - 1
        await action_.do(fan)
        await work.do()
        assert await actor_count() == FANS


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["post", "follow"])
async def test_every_actor_is_counted_once_after_random_changes(
    database: Database, services: Services, actor_count: ActorCount, kind: str, seed: int
) -> None:
    """The worker is behind, takes batches of any size, and is killed now and then."""
    rng = random.Random(seed)
    author, *fans = await create_users(database, 2 * FANS + 1)
    action_ = await action(services, kind, author)
    work = Work(database)
    doing = set(fans[:FANS])
    await do_all(action_, fans[:FANS])
    await work.do()
    for _ in range(6):
        for fan in rng.choices(fans, k=rng.choice([3, 20, 60])):
            # So many that there are always actors without a row.
            if fan not in doing or len(doing) < FANS:
                await action_.do(fan)
                doing.add(fan)
            else:
                await action_.undo(fan)
                doing.remove(fan)
        await work.do_with_kills(rng)
        assert await actor_count() == len(doing)
        [group] = await held(database)
        assert doing.issuperset(group.actors)


@pytest.mark.parametrize("limit", [1, 500])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_notification_stays_while_it_has_actors(
    database: Database, services: Services, actor_count: ActorCount, kind: str, limit: int
) -> None:
    """Those who have lost their rows to newer ones get them again when these take back."""
    # So many that each part of those without a row has several.
    fans, action_, work = await all_did(services, kind, 4 * FANS)
    [whole] = await held(database)
    work.limit = limit
    while fans:
        await asyncio.gather(*map(action_.undo, fans[-KEPT_ACTORS:]))
        fans = fans[:-KEPT_ACTORS]
        await work.do()
        if fans:
            assert await actor_count() == len(fans)
            [group] = await held(database)
            assert (group.id, group.position) == (whole.id, whole.position)
            assert set(fans).issuperset(group.actors)
    assert await held(database) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_who_gets_a_row_again_and_does_it_again_is_counted_once(
    database: Database, services: Services, actor_count: ActorCount, kind: str
) -> None:
    """In one batch with those whose rows are taken back."""
    fans, action_, work = await all_did(services, kind, FANS)
    for fan in fans[-KEPT_ACTORS:]:
        await action_.undo(fan)
    await action_.undo(fans[3])
    await action_.do(fans[3])
    await work.do()
    assert await actor_count() == FANS - KEPT_ACTORS


async def test_who_does_it_again_is_in_the_notification_not_seen_alone(
    database: Database, services: Services
) -> None:
    fans, action_, work = await all_did(services, "post", FANS)
    await database.write("UPDATE notification_inboxes SET seen_through = last_position")
    await action_.undo(fans[3])
    await action_.do(fans[3])
    await work.do()
    assert [each.actor_count for each in await held(database)] == [1, FANS - 1]
    # All in the older one get rows in turn.
    for fan in reversed(fans):
        await action_.undo(fan)
        await work.do()
    assert await held(database) == []


async def test_actors_who_are_not_known_get_no_rows(
    database: Database, services: Services, actor_count: ActorCount
) -> None:
    """Of those without a row: they count while there are others."""
    fans, action_, work = await all_did(services, "post", FANS)
    await database.write("DELETE FROM notification_dropped_actors")
    unknown = """INSERT INTO notification_dropped_actors (notification_id, part, actors)
        SELECT id, 0, array_fill(0::bigint, ARRAY[200]) FROM notifications"""
    await database.write(unknown)
    await database.write("UPDATE notifications SET dropped_count = 200, actor_count = 240")
    newer = await create_users(database, 7, first=1_000)
    for fan in newer:
        await action_.do(fan)
    await work.do()
    for fan in [*newer, *fans[-KEPT_ACTORS + 7 :]]:
        await action_.undo(fan)
    await work.do()
    assert await actor_count() == 207
    [group] = await held(database)
    assert {*group.actors} == {*fans[-KEPT_ACTORS : -KEPT_ACTORS + 7]}
    for fan in group.actors:
        await action_.undo(fan)
    await work.do()
    assert await held(database) == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["post", "share", "written"])
async def test_who_was_notified_of_is_counted_after_random_mutes_blocks_and_settings(
    database: Database, services: Services, actor_count: ActorCount, kind: str, seed: int
) -> None:
    """What is done while it is not wanted is never counted, and what was counted is until it is taken back."""
    rng = random.Random(seed)
    author, *fans = await create_users(database, 2 * FANS + 1)
    action_ = await action(services, kind, author)
    work = Work(database)
    await do_all(action_, fans[:FANS])
    await work.do()
    doing, counted = set(fans[:FANS]), set(fans[:FANS])
    relations = {"muted": (mute_create, mute_delete), "blocked": (block_create, block_delete)}
    hidden: dict[str, set[int]] = {name: set() for name in relations}
    wants = True
    setting = NotificationKind.SHARE if kind == "share" else NotificationKind.LIKE
    setting = NotificationKind.COMMENT if kind == "written" else setting
    for _ in range(12):
        for name, (create, delete) in relations.items():
            # Who is blocked is not there to mute.
            for fan in set(rng.sample(fans, 8)) - (hidden["blocked"] if name == "muted" else set()):
                change = delete if fan in hidden[name] else create
                await change(services.group_commits, viewer_id=author, user_id=fan)
                hidden[name] ^= {fan}
        wants = rng.random() < 0.8
        audience = NotificationAudience.EVERYONE if wants else NotificationAudience.NOBODY
        await settings_update(
            database, viewer_id=author, changes={setting: SettingChange(audience)}
        )
        await work.do()
        for fan in rng.sample(fans, 16):
            if fan in doing and kind != "written":
                await action_.undo(fan)
                doing.remove(fan)
                counted.discard(fan)
            elif fan not in hidden["blocked"]:
                await action_.do(fan)
                doing.add(fan)
                if wants and fan not in hidden["muted"]:
                    counted.add(fan)
        await work.do_with_kills(rng)
        assert await actor_count() == len(counted)


async def test_who_is_muted_and_takes_back_was_not_counted(
    database: Database, services: Services, actor_count: ActorCount
) -> None:
    author, muted, refused, *fans = await create_users(database, FANS + 3)
    action_ = await action(services, "post", author)
    work = Work(database)
    await mute_create(services.group_commits, viewer_id=author, user_id=muted)
    for fan in (muted, *fans):
        await action_.do(fan)
    await work.do()
    for act in (action_.undo, action_.do, action_.undo):
        await act(muted)
        await work.do()
        assert await actor_count() == FANS

    nobody = {NotificationKind.LIKE: SettingChange(NotificationAudience.NOBODY)}
    await settings_update(database, viewer_id=author, changes=nobody)
    for act in (action_.do, action_.undo):
        await act(refused)
        await work.do()
        assert await actor_count() == FANS


@pytest.mark.parametrize("kind", ["comment", "reply", "quote"])
async def test_who_comments_again_is_counted_once(
    database: Database, services: Services, differences: Differences, kind: str
) -> None:
    """Also who has no row any more. Who commented before the notification was seen is counted in the new one."""
    author, *fans = await create_users(database, FANS + 1)
    [post, other] = await create_posts(database, author, 2)
    made = await comment_create(database, author_id=author, post_id=other, text="x")
    parent = present(made.comment).id

    async def write(user: int) -> None:
        if kind == "quote":
            await post_create(database, author_id=user, text="x", quoted_post_id=post)
        elif kind == "reply":
            # Neither is a comment on the post a reply.
            await comment_create(
                database, author_id=user, post_id=other, parent_id=parent, text="x"
            )
        else:
            await comment_create(database, author_id=user, post_id=post, text="x")

    work = Work(database)
    await write(fans[0])
    await work.do()
    await database.write("UPDATE notification_inboxes SET seen_through = last_position")
    for fan in fans:
        await write(fan)
    await work.do()

    async def counts() -> list[int]:
        assert await differences() == []
        return [each.actor_count for each in await held(database)]

    assert await counts() == [FANS, 1]
    for again in (fans[:1], fans[1:4], fans[-2:], [fans[2], *fans, fans[3]], fans[8:24]):
        for fan in again:
            await write(fan)
        await work.do()
        assert await counts() == [FANS, 1]


async def test_who_is_accepted_is_taken_off_the_requests(
    database: Database, services: Services, differences: Differences
) -> None:
    fans, requests, work = await all_did(services, "request", FANS)
    for fan in (fans[3], fans[-3]):
        await follow_request_accept(services.group_commits, viewer_id=requests.author, user_id=fan)
    await work.do()
    counts = {each.recipient: each.actor_count for each in await held(database)}
    assert counts == {requests.author: FANS - 2, fans[3]: 1, fans[-3]: 1}
    assert await differences() == []
