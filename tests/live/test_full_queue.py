"""A request that finds the queue for connections full is refused at once, with the time after which to try again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from core.database.database import Database
from tests.live.test_client_goes_away import posts_locked, statements_wait
from tests.live.world import TIMEOUT, open_websocket, serving, signed_in

POOL_SIZE = 1
POOL_QUEUE = 2
READ = '{ searchPosts(query: "x") { edges { cursor } } }'
"""Its statement is not shared: of a feed, requests of the same moment would wait for one."""


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with serving(
        request_seconds=60,
        pool_seconds=60.0,
        pool_size=POOL_SIZE,
        pool_queue=POOL_QUEUE,
        byte_cache_seconds=0.0,
    ) as address:
        yield address


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_reads_are_refused_and_those_that_wait_are_answered(
    address: str, database: Database, accept: str
) -> None:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:

        async def ask() -> httpx.Response:
            return await client.post("/graphql/", json={"query": READ}, headers={"accept": accept})

        async with posts_locked(database):
            asked = [asyncio.create_task(ask()) for _ in range(POOL_SIZE + POOL_QUEUE + 3)]
            await statements_wait(database, POOL_SIZE)
            refused, waiting = set[asyncio.Task[httpx.Response]](), set(asked)
            while len(waiting) > POOL_SIZE + POOL_QUEUE:
                done, waiting = await asyncio.wait(
                    waiting, timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED
                )
                assert done
                refused |= done
            for answer in [each.result() for each in refused]:
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
            assert (await client.get("/graphql/", params={"query": "{ __typename }"})).json() == {
                "data": {"__typename": "Query"}
            }
            async with open_websocket(address) as socket:
                await socket.start(None)
                # A statement of the server's own may have waited above, and left its place by now.
                for number in range(POOL_QUEUE + 1):
                    await socket.subscribe(str(number), READ)
                message = await socket.receive()
                [error] = message["payload"]["errors"]
                assert error["extensions"]["code"] == "UNAVAILABLE"
        for each in waiting:
            assert (await each).json()["data"]["searchPosts"] == {"edges": []}


async def test_writes_still_find_room(address: str, database: Database) -> None:
    [user] = await signed_in(database, 1)
    write = 'mutation { createPost(input: {text: "in a full queue"}) { post { text } errors { code } } }'
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        async with posts_locked(database):
            reads = {
                asyncio.create_task(client.post("/graphql/", json={"query": READ}))
                for _ in range(POOL_SIZE + POOL_QUEUE + 1)
            }
            await statements_wait(database, POOL_SIZE)
            # The queue is full when one has been refused; a statement of the server's own may wait in it, too.
            refused, reads = await asyncio.wait(
                reads, timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED
            )
            assert {each.result().status_code for each in refused} == {503}
            writing = asyncio.create_task(
                client.post(
                    "/graphql/",
                    json={"query": write},
                    headers={"authorization": user.authorization},
                )
            )
            done, _ = await asyncio.wait([writing], timeout=0.3)
            assert not done
        answer = (await writing).json()["data"]["createPost"]
        assert answer == {"post": {"text": "in a full queue"}, "errors": []}
        statuses = [(await read).status_code for read in reads]
        assert statuses.count(200) >= POOL_SIZE + POOL_QUEUE - 1
