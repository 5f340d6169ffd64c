"""What a production server shows, to whom, by default and where settings allow more.

Only signed-in users may read the schema, errors suggest no names of it, and nothing of development is there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from core.database.database import Database
from tests.core.server.served import TIMEOUT, served
from tests.live.world import open_websocket, signed_in

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
READS = [
    get_introspection_query(),
    '{ __type(name: "User") { name } }',
    "{ a: __schema { queryType { name } } }",
    "query { ...F } fragment F on Query { ... { __schema { __typename } } }",
]


@pytest.fixture(scope="module", params=["", "true"], ids=["default", "allowed"])
async def production(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[httpx.AsyncClient, bool]]:
    """A client of a production server, and whether that one has a playground and answers introspection to all."""
    variables = {
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "ANONYMOUS_INTROSPECTION": request.param,
        "PLAYGROUND": request.param,
    }
    with served(tmp_path_factory.mktemp("server"), **variables) as server:
        await server.becomes_ready(1)
        address = f"http://{server.address}"
        async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT) as client:
            yield client, bool(request.param)


async def ask(
    client: httpx.AsyncClient, method: str, query: str, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """The answer to a query sent by this method."""
    sent: dict[str, Any] = {"query": query}
    options: dict[str, Any] = {"json": sent} if method == "POST" else {"params": sent}
    answer = await client.request(method, "/graphql/", headers=headers, **options)
    return dict(answer.json())


async def test_only_signed_in_users_read_the_schema(
    production: tuple[httpx.AsyncClient, bool], database: Database
) -> None:
    client, is_allowed = production
    [user] = await signed_in(database, 1)
    token = {"authorization": user.authorization}
    for query in READS:
        for method in ("POST", "GET", "POST", "GET"):  # The second answer could come from a cache.
            anonymous = await ask(client, method, query)
            mine = await ask(client, method, query, token)
            assert "errors" not in mine, query
            if is_allowed:
                assert "errors" not in anonymous, query
            else:
                [error] = anonymous["errors"]
                assert error["extensions"]["code"] == "INTROSPECTION_DISABLED"
                assert "data" not in anonymous
    graphql = {"accept": "application/graphql-response+json"}
    answer = await client.post("/graphql/", json={"query": READS[0]}, headers=graphql)
    assert answer.status_code == (200 if is_allowed else 400)
    assert (await client.post("/graphql/", json={"query": "{ __typename }"})).json() == {
        "data": {"__typename": "Query"}
    }


async def test_so_it_is_over_websocket(
    production: tuple[httpx.AsyncClient, bool], database: Database
) -> None:
    client, is_allowed = production
    [user] = await signed_in(database, 1)
    for authorization in (None, user.authorization):
        async with open_websocket(client.base_url.netloc.decode()) as socket:
            await socket.start(authorization)
            await socket.subscribe("1", READS[0])
            message = await socket.receive()
            if is_allowed or authorization:
                assert message["type"] == "next"
            else:
                assert message["type"] == "error"
                assert message["payload"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"


async def test_errors_suggest_no_names(production: tuple[httpx.AsyncClient, bool]) -> None:
    client, _ = production
    for query, variables in (
        ("{ publicFeedd { edges { cursor } } }", {}),
        ("{ publicFeed(firs: 1) { edges { cursor } } }", {}),
        ("{ publicFeed { edges { node { tex } } } }", {}),
        ("query($id: IDD!) { node(id: $id) { id } }", {"id": "x"}),
        (
            "mutation($i: SignInInput!) { signIn(input: $i) { errors { code } } }",
            {"i": {"logn": "x"}},
        ),
        ("{ publicFeed { edges { node { ... on Pos { id } } } } }", {}),
    ):
        answer = await client.post("/graphql/", json={"query": query, "variables": variables})
        assert answer.json()["errors"], query
        assert "did you mean" not in answer.text.lower(), answer.text


async def test_the_front_page_is_one_sentence(production: tuple[httpx.AsyncClient, bool]) -> None:
    client, _ = production
    page = await client.get("/")
    assert (page.status_code, page.text) == (
        200,
        "A social feed. Its GraphQL API is at /graphql/.\n",
    )
    assert (await client.get("/docs/README.md")).status_code == 404


async def test_the_playground_is_off_by_default_and_has_nothing_of_development(
    production: tuple[httpx.AsyncClient, bool],
) -> None:
    client, is_allowed = production
    page = await client.get("/graphql/", headers=BROWSER)
    licenses = await client.get("/playground/licenses.txt")
    if is_allowed:
        assert (page.status_code, licenses.status_code) == (200, 200)
        assert "&quot;development&quot;:false" in page.text
    else:
        assert (page.status_code, licenses.status_code) == (400, 404)
    signing_in = await client.post("/playground/sign-in", json={"username": "p1"})
    assert signing_in.status_code in {404, 405}
    query = {"query": "{ viewer { username } }"}
    await client.post("/graphql/", json=query, headers={"x-trace": "one"})
    for path in (
        "/demo/",
        "/playground/operations",
        "/playground/traces/one",
        "/playground/plan",
    ):
        assert (await client.get(path)).status_code == 404, path
