"""The server's processes under load: how they stop and are replaced, and their metrics."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from core.database.database import Database
from core.devserver.ports import free_port
from core.devserver.server_processes import wait_until_ended
from core.graphql.live.connection_registry import CloseReason
from core.ids import global_id
from tests.core.server.served import (
    POSTS,
    TIMEOUT,
    Writer,
    assert_nothing_is_lost,
    metrics_of,
    served,
    writing,
)
from tests.interactions.cast import create_posts
from tests.live.restarts import restart_round
from tests.live.world import Closed, operation, signed_in, websocket_client

STREAMS = 50
WRITERS = 20


class EventStream:
    """A client of server-sent events that reads to the end."""

    def __init__(self, client: httpx.AsyncClient, response: httpx.Response) -> None:
        self._client = client
        self._lines = response.aiter_lines()
        self.read = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str, post: int) -> AsyncIterator[EventStream]:
        """A stream of what happens to the post, which has begun."""
        sent = {
            "query": operation("PostInteractions"),
            "variables": {"postIds": [global_id("Post", post)]},
        }
        headers = {"accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(timeout=TIMEOUT) as client,
            client.stream(
                "POST", f"http://{address}/graphql/", json=sent, headers=headers
            ) as answer,
        ):
            assert answer.status_code == 200
            stream = cls(client, answer)
            await stream.until("SubscriptionReady")
            yield stream

    async def until(self, words: str | None = None) -> str:
        """All that has come but heartbeats, up to the line with the words; else to the end, which must be clean."""
        async for line in self._lines:
            if line != ":":
                self.read += f"{line}\n"
            if words and words in line:
                break
        return self.read


def shared_folders(folder: Path) -> list[Path]:
    """Those through which processes share their metrics."""
    return list(folder.glob("feed-metrics-*"))


@pytest.mark.parametrize(("processes", "number"), [(1, signal.SIGINT), (2, signal.SIGTERM)])
async def test_a_stop_ends_streams_cleanly_and_answers_what_was_accepted(
    database: Database, tmp_path: Path, processes: int, number: signal.Signals
) -> None:
    users = await signed_in(database, WRITERS)
    (post,) = await create_posts(database, users[0].key)
    with served(tmp_path, processes) as server:
        await server.becomes_ready(processes)
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(websocket_client(server.address))
                for _ in range(STREAMS)
            ]
            for each in clients:
                await each.watch([post])
            streams = [
                await stack.enter_async_context(EventStream.open(server.address, post))
                for _ in range(STREAMS)
            ]
            async with writing(server, users) as writers:
                seconds = await server.stopped_by(number)
            for each in clients:
                with pytest.raises(Closed) as closed:
                    await each.receive()
                assert closed.value.code == 1012
            for stream in streams:
                read = await stream.until()
                assert read.endswith(f"\n\n: {CloseReason.SHUTDOWN.message}\n")
                assert "event: complete" not in read
    logged = server.logged()
    print(f"stopped in {seconds:.2f} s")
    assert server.process.returncode == 0, logged
    assert "Traceback" not in logged
    assert "ERROR" not in logged
    assert "Aborted" not in logged
    assert shared_folders(tmp_path) == []
    await assert_nothing_is_lost(database, server, writers)


WAITING = """
SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@asynccontextmanager
async def held_up(database: Database) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Within it nothing can be posted. The function returns when so many wait to."""

    async def waiting(count: int) -> None:
        async with asyncio.timeout(TIMEOUT):
            while len(await database.fetch(WAITING)) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async with database.transaction() as transaction:
        await transaction.fetch("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        yield waiting


async def test_a_request_that_does_not_end_is_answered(database: Database, tmp_path: Path) -> None:
    (user,) = await signed_in(database, 1)
    with served(tmp_path) as server:
        await server.becomes_ready(1)
        writer, stop = Writer(server.address, user), asyncio.Event()
        async with held_up(database) as waiting:
            writing = asyncio.create_task(writer.write(stop))
            await waiting(1)
            await server.stopped_by(signal.SIGTERM)
        stop.set()
        await writing
    assert server.process.returncode == 0, server.logged()
    assert "Traceback" not in server.logged()
    assert (writer.unavailable, writer.refused, writer.unanswered) == (1, [], [])


async def test_what_a_socket_or_a_stream_has_asked_for_is_answered_before_it_ends(
    database: Database, tmp_path: Path
) -> None:
    (user,) = await signed_in(database, 1)
    query, headers = operation("CreatePost"), {"authorization": user.authorization}
    with served(tmp_path) as server:
        await server.becomes_ready(1)
        async with (
            websocket_client(server.address, user.authorization) as one,
            httpx.AsyncClient(timeout=TIMEOUT) as client,
        ):
            async with held_up(database) as waiting:
                await one.subscribe("1", query, input={"text": "by WebSocket"})
                posting = asyncio.create_task(
                    client.post(
                        f"http://{server.address}/graphql/",
                        json={"query": query, "variables": {"input": {"text": "by SSE"}}},
                        headers={**headers, "accept": "text/event-stream"},
                        timeout=TIMEOUT,
                    )
                )
                await waiting(2)
                stopping = asyncio.create_task(server.stopped_by(signal.SIGTERM))
                await server.logs("Shutting down")
            assert (await one.receive())["payload"]["data"]["createPost"]["errors"] == []
            assert (await one.receive())["type"] == "complete"
            with pytest.raises(Closed) as closed:
                await one.receive()
            assert closed.value.code == 1012
            assert '"createPost":' in (await posting).text
            await stopping
    assert {row[0] for row in await database.fetch(POSTS)} == {"by WebSocket", "by SSE"}
    assert "Traceback" not in server.logged()


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_restart_under_load_loses_no_call(
    database: Database, tmp_path: Path, processes: int
) -> None:
    users = await signed_in(database, WRITERS)
    assert await restart_round(tmp_path, database, users, processes=processes)


async def test_a_killed_process_is_logged_and_replaced_and_metrics_stay_right(
    database: Database, tmp_path: Path
) -> None:
    (author,) = await signed_in(database, 1)
    (post,) = await create_posts(database, author.key)
    query = {"query": "{ publicFeed(first: 1) { edges { cursor } } }"}
    asked = 0
    executed, subscribers = (
        ("feed_executions_total", "compiled"),
        ("feed_subscribers", "postInteractions"),
    )
    counts: list[float] = []
    with served(tmp_path, 2, BYTE_CACHE_SECONDS="0") as server:
        await server.becomes_ready(2)
        async with AsyncExitStack() as stack:
            # Each request has a connection of its own, so that both processes are asked.
            client = await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"http://{server.address}",
                    timeout=TIMEOUT,
                    limits=httpx.Limits(max_keepalive_connections=0),
                )
            )

            async def ask() -> None:
                nonlocal asked
                for _ in range(20):
                    assert (await client.post("/graphql/", json=query)).status_code == 200
                    asked += 1

            async def all_are_counted() -> None:
                """Returns when the metrics have each execution: a process shares its counts once a second."""
                while not counts or counts[-1] < asked:
                    await asyncio.sleep(0.1)
                    counts.append((await metrics_of(client)).get(executed, 0))

            await ask()
            for _ in range(8):
                one = await stack.enter_async_context(websocket_client(server.address))
                await one.watch([post])
                asked += 1  # Its first message is executed, too.
            await all_are_counted()
            metrics = await metrics_of(client)
            assert metrics[subscribers] == 8
            for death, pid in enumerate(server.ready()[:2], 1):
                os.kill(pid, signal.SIGKILL)
                await server.logs(f"Process {pid} ended unexpectedly")
                await server.becomes_ready(2 + death)
                await ask()
                await all_are_counted()
                metrics = await metrics_of(client)
                assert metrics["feed_process_ends_total", "SIGKILL"] == death
                assert metrics["feed_processes",] == 2
            assert metrics[subscribers] == 0
            assert counts == sorted(counts)
            assert counts[-1] == asked
        (folder,) = shared_folders(tmp_path)
        owners = {path.stem.split("_")[-1] for path in folder.iterdir()}
        assert owners == {"1", "2", "supervisor", "template"}
        await server.stopped_by(signal.SIGTERM)
    assert "(SIGKILL)" in server.logged()
    assert server.process.returncode == 0


async def test_processes_whose_supervisor_is_killed_stop(
    django_db_setup: None, tmp_path: Path
) -> None:
    with served(tmp_path, 2) as server:
        pids = await server.becomes_ready(2)
        server.process.kill()
        assert await asyncio.to_thread(wait_until_ended, pids, TIMEOUT)
    assert "Traceback" not in server.logged()


async def test_a_server_that_can_not_start_ends(tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with served(tmp_path, 2, DATABASE_URL=nowhere) as server:
        await asyncio.to_thread(server.process.wait, TIMEOUT)
    assert server.process.returncode == 1
    assert "The server could not start; see its messages above." in server.logged()
    assert shared_folders(tmp_path) == []


async def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with served(tmp_path, PORT=port) as server:
            await asyncio.to_thread(server.process.wait, TIMEOUT)
    assert server.process.returncode == 1
    assert server.logged().startswith(f"The server can't listen on port {port} of 127.0.0.1: ")
