"""gql, Python's client library, against the server."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from gql import GraphQLRequest
from gql.transport.exceptions import TransportQueryError

from core.database.database import Database
from core.ids import global_id
from tests.clients.python_gql.client import all_posts, events, http_client, websocket_client
from tests.interactions.cast import create_posts
from tests.live.world import TIMEOUT, SignedInUser, operation, signed_in

WATCH = operation("PostInteractions")


@pytest.fixture
async def users(database: Database) -> list[SignedInUser]:
    return await signed_in(database, 2)


def token_of(user: SignedInUser) -> str:
    return user.authorization.removeprefix("Bearer ")


async def test_pages_follow_one_another(
    address: str, database: Database, users: list[SignedInUser]
) -> None:
    posts = await create_posts(database, users[0].key, 5)
    client = http_client(f"http://{address}/graphql/", token_of(users[0]))
    async with aclosing(all_posts(client, operation("PublicFeed"), page=2)) as read:
        found = [post["id"] async for post in read]
    assert found == [global_id("Post", post) for post in reversed(posts)]


async def test_a_subscription_resumes_after_the_last_event(
    address: str, database: Database, users: list[SignedInUser]
) -> None:
    [post] = await create_posts(database, users[0].key)
    id = global_id("Post", post)
    socket = f"ws://{address}/graphql/"
    fan = http_client(f"http://{address}/graphql/", token_of(users[1]))

    async def do(name: str) -> None:
        request = GraphQLRequest(operation(name), variable_values={"input": {"postId": id}})
        assert await fan.execute_async(request)

    async with asyncio.timeout(TIMEOUT):
        async with aclosing(
            events(websocket_client(socket, token_of(users[0])), WATCH, [id])
        ) as read:
            assert (await anext(read))["__typename"] == "SubscriptionReady"
            await do("LikePost")
            liked = await anext(read)
            assert liked["__typename"] == "PostLiked"
        await do("SharePost")
        again = websocket_client(socket, token_of(users[0]))
        async with aclosing(events(again, WATCH, [id], liked["cursor"])) as read:
            assert (await anext(read))["resumed"] is True
            assert (await anext(read))["__typename"] == "PostShared"


async def test_an_error_has_its_code(address: str, users: list[SignedInUser]) -> None:
    client = http_client(f"http://{address}/graphql/", token_of(users[0]))
    with pytest.raises(TransportQueryError) as failure:
        await client.execute_async(GraphQLRequest('{ node(id: "x") { id } }'))
    assert failure.value.errors
    assert failure.value.errors[0]["extensions"]["code"] == "BAD_ID"
