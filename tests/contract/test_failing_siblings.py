"""Fields that fail while their siblings hold connections of the pool: every connection is released."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live.world import serving

POOL_SIZE = 2
MAX_SECONDS = 30
"""Longer than a request may take, so that a lost connection shows as an error."""

USERS = " ".join(f'a{number}: user(username: "demo") {{ id }}' for number in range(18))
FAILING = {
    "publicFeed": "publicFeed(first: 101) { edges { cursor } }",
    "homeFeed": "homeFeed { edges { cursor } }",
}


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "standard"])
def address(django_db_setup: None, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server with few connections. All that the tests ask for finds room in the queue for them."""
    with serving(
        compiled_execution=request.param, pool_size=POOL_SIZE, pool_queue=10_000
    ) as address:
        yield address


async def post(client: httpx.AsyncClient, query: str) -> Any:
    return (await client.post("/graphql/", json={"query": query})).json()


@pytest.mark.parametrize("failing", FAILING)
async def test_a_failing_field_leaks_no_connection(address: str, failing: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=MAX_SECONDS) as client:
        for fields in (f"{USERS} {FAILING[failing]}", f"{FAILING[failing]} {USERS}"):
            for _ in range(POOL_SIZE + 1):
                answer = await post(client, f"{{ {fields} }}")
                assert [error["path"] for error in answer["errors"]] == [[failing]]
        await assert_all_connections_work(client)


async def test_disconnected_clients_leak_no_connection(address: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=MAX_SECONDS) as client:
        for milliseconds in range(0, 30, 2):
            leaving = [
                asyncio.wait_for(
                    post(
                        client, f"{{ {USERS} b{milliseconds}: __typename c{number}: __typename }}"
                    ),
                    milliseconds / 1000,
                )
                for number in range(POOL_SIZE * 4)
            ]
            await asyncio.gather(*leaving, return_exceptions=True)
        await assert_all_connections_work(client)


async def assert_all_connections_work(client: httpx.AsyncClient) -> None:
    """More concurrent requests than connections all succeed."""
    queries = [f"{{ {USERS} b: __typename c{number}: __typename }}" for number in range(8)]
    answers = await asyncio.gather(*[post(client, query) for query in queries])
    assert all("errors" not in answer for answer in answers)
