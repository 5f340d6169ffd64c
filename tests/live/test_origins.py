"""Web pages of other sites open no live connections."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import create_posts, create_users
from tests.live.world import TIMEOUT, open_websocket, operation, serving

ALLOWED = ["https://app.example.net", "https://feed.example.net", "http://feed.example.net:8080"]
REFUSED = [
    "https://evil.example.net",
    "http://app.example.net",
    "https://app.example.net.evil.example.net",
    "https://evilfeed.example.net",
    "null",
    "https://x.feed.example.net",
]


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    """A server whose pages are at feed.example.net."""
    with serving(
        cors_origins=("https://app.example.net",),
        allowed_hosts=("feed.example.net", ".example.org"),
    ) as address:
        yield address


async def post_of(database: Database) -> int:
    [actor] = await create_users(database, 1)
    [post] = await create_posts(database, actor, 1)
    return post


@pytest.mark.parametrize("origin", [None, *ALLOWED])
async def test_a_websocket_of_an_allowed_page_or_of_no_page_opens(
    address: str, database: Database, origin: str | None
) -> None:
    post = await post_of(database)
    async with open_websocket(address, origin=origin) as client:
        await client.start()
        assert (await client.watch([post]))["__typename"] == "SubscriptionReady"


@pytest.mark.parametrize("origin", REFUSED)
async def test_a_websocket_of_another_page_is_refused(address: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with open_websocket(address, origin=origin):
            pass
    response = refused.value.response
    assert response.status_code == 403
    assert response.body is not None
    assert b"ORIGIN_NOT_ALLOWED" in response.body
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("origin", [None, *ALLOWED, *REFUSED])
async def test_an_event_stream_opens_for_the_same_pages(
    address: str, database: Database, origin: str | None, method: str
) -> None:
    post = await post_of(database)
    variables = f'{{"postIds": ["{global_id("Post", post)}"]}}'
    headers = {"accept": "text/event-stream"} | ({} if origin is None else {"origin": origin})
    query = operation("PostInteractions")
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        if method == "GET":
            request = client.build_request(
                "GET", "/graphql/", params={"query": query, "variables": variables}, headers=headers
            )
        else:
            sent = {"query": query, "variables": json.loads(variables)}
            request = client.build_request("POST", "/graphql/", json=sent, headers=headers)
        response = await client.send(request, stream=True)
        try:
            assert response.headers["x-content-type-options"] == "nosniff"
            if origin in REFUSED:
                await response.aread()
                assert response.status_code == 403
                assert response.json()["errors"][0]["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"
            else:
                assert response.status_code == 200
                assert response.headers["content-type"].startswith("text/event-stream")
        finally:
            await response.aclose()


async def test_a_query_of_another_page_is_answered_and_not_readable_there(address: str) -> None:
    """A foreign page can send what the API answers to everybody, and the browser gives it nothing."""
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        for origin in (*ALLOWED[:1], *REFUSED):
            response = await client.post(
                "/graphql/", json={"query": "{ __typename }"}, headers={"origin": origin}
            )
            assert response.status_code == 200
            allowed = response.headers.get("access-control-allow-origin")
            assert allowed == (origin if origin in ALLOWED else None)
            assert "access-control-allow-credentials" not in response.headers
