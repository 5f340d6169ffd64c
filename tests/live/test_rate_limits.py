"""Rate limits as clients meet them: on every transport, by user and by address, with and without Redis."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

import httpx
import pytest

from core.database.database import Database
from core.devserver.ports import free_port
from core.graphql.document_store import CHARACTERS_A_POINT
from core.graphql.limits.rate_limits import REFUSAL_POINTS
from tests.live.small_limits import HOME, SMALL, empty_buckets, limited, post, times, until_limited
from tests.live.test_codes import STREAM, by_http
from tests.live.world import Api, operation, serving, signed_in, websocket_client

RATE = operation("Cost")
WATCH = (
    "subscription { homeFeedEvents { __typename ... on FeedEntryAdded { edge { node {"
    " likers(first: 100) { edges { node { posts(first: 6) { edges { cursor } } } } } } } } } }"
)
"""It costs 803 points, more than are added in half a minute."""


@pytest.fixture(autouse=True)
def unused_buckets(django_db_setup: None) -> None:
    empty_buckets()


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with serving(**SMALL) as address:
        yield address


OWN_RATE = 20_000 // CHARACTERS_A_POINT


@pytest.fixture
def own_address(django_db_setup: None) -> Iterator[str]:
    with serving(**SMALL | {"address_points_per_minute": OWN_RATE}) as address:
        yield address


async def test_a_user_may_use_so_many_points(address: str, database: Database) -> None:
    viewer, other = await signed_in(database, 2)
    # Nothing of a mutation is given back.
    mute = times(20, f'muteUser(input: {{ userId: "{other.id}" }})')
    began = monotonic()
    count, refused = await until_limited(address, mute, viewer)
    # Some points were added meanwhile, 16 a second; each of these takes 200 at least.
    filled = (monotonic() - began) * 1_000 / 60
    assert 5 <= count <= 8 + filled / 200
    assert limited(refused)["limit"] == "points"
    assert 1 <= limited(refused)["retryAfterSeconds"] <= 200 * 60 / 1_000
    assert (await post(address, mute, other)).status_code == 200


async def test_what_a_query_did_not_use_is_given_back(address: str, database: Database) -> None:
    [viewer] = await signed_in(database, 1)
    for _ in range(40):  # 101 points each, of which an empty page uses four at most.
        assert (await post(address, HOME, viewer, first=100)).status_code == 200
    left = (await post(address, RATE, viewer)).json()["data"]["rateLimit"]
    assert left["remaining"] >= 1_000 - 4 * 41


async def test_the_rate_limit_can_be_queried(address: str, database: Database) -> None:
    [viewer] = await signed_in(database, 1)
    full = (await post(address, RATE, viewer)).json()["data"]["rateLimit"]
    assert (full["limit"], full["remaining"], full["cost"]) == (1_000, 999, 1)
    assert full["resetAt"].endswith("+00:00")
    before = (await post(address, RATE)).json()["data"]["rateLimit"]
    again = (await post(address, RATE)).json()["data"]["rateLimit"]
    # Anonymous clients share the bucket of their address, and never a cached answer.
    assert before["limit"] == 20_000
    assert again != before


async def test_without_a_limit_the_rate_limit_is_always_full(
    django_db_setup: None, database: Database
) -> None:
    [viewer] = await signed_in(database, 1)
    unlimited = {"user_points_per_minute": 0, "address_points_per_minute": 0}
    with serving(**unlimited) as unlimited_address:
        for user in (viewer, None):
            rate = (await post(unlimited_address, RATE, user)).json()["data"]["rateLimit"]
            assert (rate["limit"], rate["remaining"], rate["cost"]) == (999_999_999, 999_999_999, 1)
            assert rate["resetAt"].endswith("+00:00")


async def test_a_cached_answer_takes_no_points(address: str, database: Database) -> None:
    await signed_in(database, 1)
    query = "{ publicFeed(first: 99) { edges { cursor } } }"
    for _ in range(50):  # 5,000 points, were they not cached.
        assert (await post(address, query)).status_code == 200


async def test_anonymous_clients_share_the_points_of_their_address(
    django_db_setup: None, database: Database
) -> None:
    [viewer] = await signed_in(database, 1)
    sign_out = times(20, 'signOut(input: { refreshToken: "none", everywhere: false })')
    with serving(**SMALL | {"address_points_per_minute": 6_000}) as address:
        assert (await post(address, HOME, viewer, first=1)).status_code == 200
        count, refused = await until_limited(address, sign_out)
        # The document itself takes points, once.
        assert count >= (6_000 - len(sign_out) - len(HOME)) // 220
        assert limited(refused)["limit"] == "points for this address"
        assert (await post(address, HOME, viewer, first=1)).status_code == 200


@pytest.mark.parametrize("token", [None, "Bearer none", "of a user"])
async def test_unknown_documents_take_points_from_their_address(
    own_address: str, database: Database, token: str | None
) -> None:
    [viewer] = await signed_in(database, 1)
    assert (await post(own_address, HOME, viewer, first=1)).status_code == 200
    headers = {} if token is None else {"authorization": token}
    if token == "of a user":
        headers["authorization"] = viewer.authorization
    statuses = []
    async with httpx.AsyncClient(base_url=f"http://{own_address}", timeout=20) as client:
        began = monotonic()
        for number in range(100):  # No two are the same.
            query = f"{{ n{number} {'x ' * 900} }}"
            response = await client.post("/graphql/", json={"query": query}, headers=headers)
            statuses.append(response.status_code)
            if response.status_code == 429:
                break
        assert limited(response)["limit"] == "points for this address"
        filled = (monotonic() - began) * OWN_RATE / 60
        assert 8 <= len(statuses) <= 12 + filled / (1_800 / CHARACTERS_A_POINT)
        # A known one is executed, and an unknown one is refused to other users of the address, too.
        sent = {"query": HOME, "variables": {"first": 1}}
        headers["authorization"] = viewer.authorization
        response = await client.post("/graphql/", json=sent, headers=headers)
        assert response.status_code == 200
        sent["query"] = f"# {'Unknown.' * 250}\n{HOME}"
        response = await client.post("/graphql/", json=sent, headers=headers)
        assert limited(response)["limit"] == "points for this address"
    async with websocket_client(own_address) as live:
        await live.subscribe("1", f"{{ {'y ' * 1_000} }}")
        message = await live.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert message["payload"][0]["extensions"]["retryAfterSeconds"] >= 1


REFUSED: dict[str, dict[str, Any]] = {
    "no document": {"json": {}},
    "no JSON": {"content": b"{", "headers": {"content-type": "application/json"}},
    "a batch": {"json": [{"query": "{ __typename }"}] * 10},
    "a form": {"data": {"query": "{ __typename }"}},
    "an invalid document": {"json": {"query": "{ none }"}},
    "too costly": {
        "json": {
            "query": "{ publicFeed(first: 100) { edges { node { comments(first: 100) { edges { cursor } } } } } }"
        }
    },
    "introspection": {"json": {"query": "{ __schema { types { name } } }"}},
    "a wrong variable": {
        "json": {"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": []}}
    },
    "an unknown hash": {"json": {"documentId": f"sha256:{'0' * 64}"}},
    "no token": {"json": {"query": RATE}, "headers": {"authorization": "Bearer none"}},
    "no user": {"json": {"query": "{ homeFeed { edges { cursor } } }"}},
}


async def test_every_refusal_takes_points_from_its_address(
    django_db_setup: None, database: Database
) -> None:
    rate = 6_000
    with serving(
        **SMALL
        | {
            "address_points_per_minute": rate,
            "playground": False,
            "anonymous_introspection": False,
        }
    ) as address:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as client:

            async def remaining() -> int:
                response = await client.post("/graphql/", json={"query": RATE})
                return int(response.json()["data"]["rateLimit"]["remaining"])

            for kind, request in REFUSED.items():
                began = monotonic()
                before = await remaining()
                for _ in range(20):
                    response = await client.post("/graphql/", **request)
                    assert "errors" in response.json(), (kind, response.text)
                taken = before - await remaining()
                filled = (monotonic() - began) * rate / 60
                assert taken >= 20 * REFUSAL_POINTS - filled - 5, kind


async def test_refusals_over_websocket_take_points_too(
    django_db_setup: None, database: Database
) -> None:
    with serving(**SMALL | {"address_points_per_minute": 6_000}) as address:
        async with websocket_client(address) as client:

            async def answer(query: str, **variables: Any) -> Any:
                await client.subscribe("1", query, **variables)
                message = await client.receive()
                if message["type"] == "next":
                    assert (await client.receive())["type"] == "complete"
                return message["payload"]

            async def remaining() -> int:
                return int((await answer(RATE))["data"]["rateLimit"]["remaining"])

            refused: dict[str, tuple[str, dict[str, Any]]] = {
                "no user": ("{ homeFeed { edges { cursor } } }", {}),
                "a wrong variable": ("query($node: ID!) { node(id: $node) { id } }", {"node": []}),
                "an invalid document": ("{ none }", {}),
                "a wrong id": ('{ post(id: "none") { id } }', {}),
            }
            for kind, (query, variables) in refused.items():
                began = monotonic()
                before = await remaining()
                for _ in range(20):
                    payload = await answer(query, **variables)
                    assert "errors" in payload or "extensions" in payload[0], (kind, payload)
                taken = before - await remaining()
                filled = (monotonic() - began) * 6_000 / 60
                assert taken >= 20 * REFUSAL_POINTS - filled - 5, kind


async def test_every_transport_says_when_to_try_again(
    django_db_setup: None, database: Database
) -> None:
    [viewer] = await signed_in(database, 1)
    with serving(**SMALL | {"max_cost": 9_000}) as address:
        async with websocket_client(address, viewer.authorization) as client:
            for number in range(4):
                await client.subscribe(
                    str(number), operation("CreatePost"), input={"text": "A post."}
                )
                message = await client.receive()
                if message["type"] == "next":
                    assert (await client.receive())["type"] == "complete"
            assert message["type"] == "error"
            [error] = message["payload"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            assert error["extensions"]["retryAfterSeconds"] > 1_000
            # Other operations go on.
            await client.subscribe("other", HOME, first=1)
            assert (await client.receive())["type"] == "next"
        await until_limited(address, times(20, 'unmuteUser(input: { userId: "none" })'), viewer)
        answer = await by_http(address, WATCH, accept=STREAM, token=viewer.authorization)
        assert (answer.status, answer.code) == (429, "RATE_LIMITED")
        assert answer.retry_after == str(answer.error["retryAfterSeconds"])


async def test_without_redis_reads_go_on_and_limits_hold(
    django_db_setup: None, database: Database
) -> None:
    [viewer] = await signed_in(database, 1)
    settings = SMALL | {"redis_url": f"redis://127.0.0.1:{free_port()}/0"}
    with serving(**settings) as alone:
        for _ in range(20):
            assert (await post(alone, HOME, viewer, first=20)).status_code == 200
        rate = (await post(alone, RATE, viewer)).json()["data"]["rateLimit"]
        assert rate["limit"] == 1_000
        credentials = {"login": "nobody", "password": "hush, not that"}
        count, refused = await until_limited(alone, operation("SignIn"), input=credentials)
        assert count == 3
        assert limited(refused)["limit"] == "sign-ins"
        count, _ = await until_limited(
            alone, operation("CreatePost"), viewer, input={"text": "A post."}
        )
        assert count == 3


async def test_development_has_no_limit_that_anybody_reaches(
    django_db_setup: None, database: Database
) -> None:
    with serving() as address:
        api = Api(address)
        [viewer] = await signed_in(database, 1)
        for number in range(10):
            await api.change(viewer, "CreatePost", text=f"Post {number}")
        rate = (await post(address, RATE, viewer)).json()["data"]["rateLimit"]
        assert rate["limit"] > 10**8
        await api.close()
