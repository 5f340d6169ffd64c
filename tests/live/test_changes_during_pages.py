"""A change of the whole feed that commits after a page was read is sent, though the page has seen a newer one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.database.database import Database
from tests.live.world import (
    Api,
    SignedInUser,
    WebSocketClient,
    eventually,
    operation,
    signed_in,
    websocket_client,
)

LAST = "The last word."
WAITING = """SELECT FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%' || $1 || '%'"""


async def wait(database: Database, statement: str, *, sessions: int = 1) -> None:
    """Returns when so many sessions wait for a lock in this statement."""

    async def are_waiting() -> bool:
        return len(await database.fetch(WAITING, statement)) >= sessions

    await eventually(are_waiting)


@asynccontextmanager
async def page_between_mutes(
    api: Api,
    database: Database,
    viewer: SignedInUser,
    others: list[SignedInUser],
    tasks: asyncio.TaskGroup,
) -> AsyncIterator[str]:
    """Of two mutes by the viewer the one that began last commits before a page is read, the other one at the end.

    Yields the page's cursor. `tasks`: in which the other mute is answered.
    """
    slow, quick = others
    async with database.transaction() as transaction:
        await transaction.fetch("SELECT FROM users WHERE id = $1 FOR UPDATE", slow.key)
        tasks.create_task(api.change(viewer, "MuteUser", userId=slow.id))
        await wait(database, "INSERT INTO mutes")
        await api.change(viewer, "MuteUser", userId=quick.id)
        yield (await api.do(viewer, "HomeFeed"))["eventCursor"]


async def until_the_last(api: Api, viewer: SignedInUser, client: WebSocketClient) -> list[str]:
    """The kinds of the events up to a post of the viewer."""
    await api.change(viewer, "CreatePost", text=LAST)
    kinds = []
    while LAST not in str(event := await client.event()):
        kinds.append(event["__typename"])
    return kinds


@pytest.mark.parametrize("resumes", [False, True])
async def test_a_change_that_the_page_did_not_see_is_sent(
    address: str, api: Api, database: Database, resumes: bool
) -> None:
    """`resumes`: by a subscription that begins after both and reads them from the log."""
    viewer, *others = await signed_in(database, 3)
    async with (
        websocket_client(address, viewer.authorization) as other,
        websocket_client(address, viewer.authorization) as client,
        asyncio.TaskGroup() as tasks,
    ):
        await other.watch_home()
        async with page_between_mutes(api, database, viewer, others, tasks) as cursor:
            if not resumes:
                await client.watch_home(after=cursor)
        assert (await other.event())["__typename"] == "HomeFeedChanged"
        if resumes:
            await client.watch_home(after=cursor)
        assert await until_the_last(api, viewer, client) == ["HomeFeedChanged"]


async def test_a_change_is_sent_that_is_delivered_before_the_cursor_is_looked_up(
    address: str, api: Api, database: Database
) -> None:
    viewer, muted, *others = await signed_in(database, 4)
    async with (
        websocket_client(address, viewer.authorization) as other,
        websocket_client(address, viewer.authorization) as client,
        websocket_client(address, viewer.authorization) as busy,
        asyncio.TaskGroup() as tasks,
    ):
        await other.watch_home()
        start = (await api.do(viewer, "HomeFeed"))["eventCursor"]
        await api.change(viewer, "MuteUser", userId=muted.id)
        assert (await other.event())["__typename"] == "HomeFeedChanged"
        async with database.transaction() as transaction:
            async with page_between_mutes(api, database, viewer, others, tasks) as cursor:
                # Subscriptions that read missed events wait for the table; the client's waits for its turn.
                await transaction.fetch("LOCK TABLE follows IN ACCESS EXCLUSIVE MODE")
                for number in range(4):
                    await busy.watch_home(id=str(number), after=start)
                await wait(database, "WITH sources AS", sessions=4)
                await client.subscribe("1", operation("HomeFeedEvents"), after=cursor)
                await client.send(type="ping")
                assert await client.receive() == {"type": "pong"}
            await wait(database, "WITH happened AS")
        assert (await client.event())["__typename"] == "SubscriptionReady"
        assert await until_the_last(api, viewer, client) == ["HomeFeedChanged"]
