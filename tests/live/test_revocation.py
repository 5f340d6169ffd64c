"""An access token ends with its session, in every process, however the session ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from core.accounts.moderation import SQL
from core.accounts.statements import SQL as ACCOUNTS
from core.database.database import Database
from tests.live.revocation import PASSWORD, REFUSED_SECONDS, Device, clients_of, measure
from tests.live.surroundings import Surroundings, surroundings
from tests.live.test_sse import streaming
from tests.live.world import Closed, operation, websocket_client

# As an operator writes it in psql or in Django's shell.
ENDS = {
    "a session is revoked": "UPDATE sessions SET revoked_at = now() WHERE user_id = $1",
    "a session is deleted": "DELETE FROM sessions WHERE user_id = $1",
    "the user is suspended": "UPDATE users SET is_active = false WHERE id = $1",
    "the account is deleted": SQL.account_hide.replace("$2", "NULL"),
}

End = Callable[[Device, Database], Awaitable[None]]


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    with surroundings(tmp_path_factory.mktemp("around")) as found:
        yield found


@pytest.fixture
async def clients(around: Surroundings) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with clients_of(around) as opened:
        yield opened


@pytest.fixture
async def elsewhere(around: Surroundings) -> AsyncIterator[Database]:
    """The database of the two processes."""
    opened = await Database(around.postgres.url, size=2).open()
    yield opened
    await opened.close()


async def user_of(database: Database, device: Device) -> int:
    rows = await database.fetch("SELECT id FROM users WHERE username = $1", device.username)
    return int(rows[0][0])


async def test_sign_out_ends_one_session(clients: list[httpx.AsyncClient]) -> None:
    device = await Device.sign_up(clients)
    other = await device.sign_in()
    assert await device.sign_out(everywhere=False)
    for process in (0, 1):
        await device.refused(process)
        assert (await other.ask(process)).status_code == 200


async def test_sign_out_everywhere_ends_existing_sessions_only(
    clients: list[httpx.AsyncClient],
) -> None:
    devices = [await Device.sign_up(clients)]
    devices += [await devices[0].sign_in(process) for process in (0, 1, 1)]
    assert await devices[0].sign_out(everywhere=True)
    new = await devices[0].sign_in(1)
    for process in (1, 0):
        for device in devices:
            await device.refused(process)
        assert (await new.ask(process)).status_code == 200
    post = operation("CreatePost")
    answer = await devices[1].ask(1, post, input={"text": "x"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOKEN_INVALID"
    answer = await new.ask(1, post, input={"text": "x"})
    assert answer.json()["data"]["createPost"]["post"]


@pytest.mark.parametrize("end", ENDS)
async def test_a_session_may_end_in_any_way(
    clients: list[httpx.AsyncClient], elsewhere: Database, end: str
) -> None:
    device = await Device.sign_up(clients)
    bystander = await Device.sign_up(clients)
    await elsewhere.write(ENDS[end], await user_of(elsewhere, device))
    for process in (0, 1):
        await device.refused(process)
        assert (await bystander.ask(process)).status_code == 200
    assert [error["code"] for error in await device.refresh()] == ["TOKEN_REFUSED"]


async def test_a_transaction_that_stays_open_delays_nothing(
    clients: list[httpx.AsyncClient], elsewhere: Database
) -> None:
    device = await Device.sign_up(clients)
    async with elsewhere.transaction() as transaction:
        await transaction.fetch("INSERT INTO events (kind, actor_id) VALUES ('post_liked', 1)")
        assert await device.sign_out(everywhere=True)
        await device.refused(1)


async def test_sockets_and_streams_end_and_reject_the_token(
    around: Surroundings, clients: list[httpx.AsyncClient]
) -> None:
    device = await Device.sign_up(clients)
    headers = {"authorization": device.authorization}
    watch = operation("HomeFeedEvents")
    async with AsyncExitStack() as stack:
        sockets, streams = [], []
        for process in (0, 1):
            address = around.address(process)
            sockets.append(
                await stack.enter_async_context(websocket_client(address, device.authorization))
            )
            streams.append(
                await stack.enter_async_context(streaming(address, watch, headers=headers))
            )
            await streams[-1].event()
        assert await device.sign_out(everywhere=True)
        async with asyncio.timeout(REFUSED_SECONDS):
            for socket in sockets:
                with pytest.raises(Closed) as closed:
                    await socket.receive()
                assert closed.value.code == 4403
            for stream in streams:
                result = (await stream.next())["data"]["errors"]
                assert result[0]["extensions"]["code"] == "TOKEN_INVALID"
    for process in (0, 1):
        with pytest.raises(Closed) as closed:
            async with websocket_client(around.address(process), device.authorization):
                pass
        assert closed.value.code == 4403
        async with streaming(around.address(process), watch, headers=headers) as stream:
            assert stream.response.status_code == 401


async def suspend(device: Device, database: Database) -> None:
    await database.write(ACCOUNTS.user_suspend, await user_of(database, device), None)


async def delete_account(device: Device, _: Database) -> None:
    await succeeds(device, "DeleteAccount", password=PASSWORD)


async def change_password(device: Device, _: Database) -> None:
    other = await device.sign_in(1)
    new = f"{PASSWORD}, and new"
    await succeeds(other, "ChangePassword", currentPassword=PASSWORD, newPassword=new)
    assert (await other.ask(0)).status_code == 200


async def revoke_session(device: Device, _: Database) -> None:
    other = await device.sign_in(1)
    answer = await other.ask(1, operation("Me"))
    [id] = [
        each["id"] for each in answer.json()["data"]["account"]["sessions"] if not each["isCurrent"]
    ]
    await succeeds(other, "RevokeSession", sessionId=id)
    assert (await other.ask(0)).status_code == 200


async def succeeds(device: Device, name: str, **values: str) -> None:
    answer = (await device.ask(1, operation(name), input=values)).json()
    [payload] = answer["data"].values()
    assert payload["errors"] == []


@pytest.mark.parametrize("end", [suspend, delete_account, change_password, revoke_session])
async def test_what_ends_a_session_closes_its_sockets(
    around: Surroundings, clients: list[httpx.AsyncClient], elsewhere: Database, end: End
) -> None:
    device = await Device.sign_up(clients)
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(
                websocket_client(around.address(process), device.authorization)
            )
            for process in (0, 1)
        ]
        await end(device, elsewhere)
        async with asyncio.timeout(REFUSED_SECONDS):
            for socket in sockets:
                with pytest.raises(Closed) as closed:
                    await socket.receive()
                assert closed.value.code == 4403
    for process in (0, 1):
        await device.refused(process)


async def test_a_new_process_knows_ended_sessions(
    around: Surroundings, clients: list[httpx.AsyncClient]
) -> None:
    device = await Device.sign_up(clients)
    other = await device.sign_in()
    assert await device.sign_out(everywhere=True)
    await around.kill_web(1)
    answer = await device.ask(1)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        401,
        "TOKEN_INVALID",
    )
    assert (await other.ask(1)).status_code == 401
    new = await device.sign_in()
    assert (await new.ask(1)).status_code == 200


async def test_concurrent_sign_outs_everywhere(clients: list[httpx.AsyncClient]) -> None:
    first = await Device.sign_up(clients)
    devices = [first, *await asyncio.gather(*(first.sign_in(n % 2) for n in range(11)))]
    ended = await asyncio.gather(
        *(device.sign_out(everywhere=n % 3 > 0, process=n % 2) for n, device in enumerate(devices))
    )
    assert any(ended)
    for device in devices:
        for process in (0, 1):
            await device.refused(process)


async def test_sessions_end_without_valkey(around: Surroundings) -> None:
    around.valkey.process.process.kill()
    await asyncio.to_thread(around.valkey.stop)
    try:
        # Each within REFUSED_SECONDS; the program measures how soon.
        assert len(await measure(around, 5)) == 5
    finally:
        await asyncio.to_thread(around.valkey.start)
        await asyncio.to_thread(around.valkey.wait)
