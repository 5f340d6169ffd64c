"""The playground as servers serve it, with its routes, traces and plans in development; `tests/browser/` opens it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.database.database import Database
from tests.core.server.served import TIMEOUT
from tests.interactions.cast import create_posts, create_users, hide_account
from tests.paths import OPERATIONS

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VIEWER = {"query": "{ viewer { username } }"}
FEED = "{ publicFeed(first: 2) { edges { node { text author { username } } } } }"


@pytest.fixture
async def client(origin: str, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=origin, timeout=TIMEOUT) as opened:
        yield opened


async def sign_in(client: httpx.AsyncClient, username: str, **options: Any) -> httpx.Response:
    return await client.post("/playground/sign-in", json={"username": username}, **options)


async def test_the_page_allows_only_its_own_scripts_and_its_files_never_change(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/graphql/", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "accept" in page.headers["vary"].split(", ")
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page.text)
    links = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert [Path(link).suffix for link in links] == [".css", ".js"]
    for link in [*links, "/playground/licenses.txt"]:
        plain = await client.get(link, headers={"accept-encoding": "gzip;q=0, identity"})
        assert "content-encoding" not in plain.headers
        compressed = await client.get(link, headers={"accept-encoding": "br, gzip"})
        assert compressed.headers["content-encoding"] == "gzip"
        assert compressed.content == plain.content
        assert "immutable" in plain.headers["cache-control"]
        assert plain.headers["vary"] == "Accept-Encoding"
    for missing in ("manifest.json", "playground.js", "..%2fplayground.py", ""):
        assert (await client.get(f"/playground/{missing}")).status_code == 404, missing


async def test_any_active_user_is_signed_in_without_a_password(
    client: httpx.AsyncClient, database: Database
) -> None:
    _, deleted = await create_users(database, 2)
    session = (await sign_in(client, "P1")).json()
    assert session["username"] == "p1"
    headers = {"authorization": f"Bearer {session['accessToken']}"}
    answer = await client.post("/graphql/", json=VIEWER, headers=headers)
    assert answer.json() == {"data": {"viewer": {"username": "p1"}}}
    await hide_account(database, deleted)
    for unknown in ("p2", "nobody", ""):
        assert (await sign_in(client, unknown)).status_code == 400


async def test_other_hosts_and_other_sites_are_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    await create_users(database, 1)
    rebound = {"host": "attacker.example.com"}
    assert (await sign_in(client, "p1", headers=rebound)).status_code == 403
    for path in ("operations", "traces/1"):
        assert (await client.get(f"/playground/{path}", headers=rebound)).status_code == 403
    # What a page of another origin can send without a preflight:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await client.post(
            "/playground/sign-in",
            content='{"username": "p1"}',
            headers={"content-type": content_type},
        )
        assert answer.status_code == 415
    preflight = await client.options(
        "/playground/sign-in", headers={"origin": "http://attacker.example.com"}
    )
    assert preflight.status_code in {404, 405}
    assert "access-control-allow-origin" not in preflight.headers


async def test_pages_of_this_machine_may_call_the_api(client: httpx.AsyncClient) -> None:
    for origin, allowed in [
        ("http://localhost:3000", True),
        ("https://localhost:5173", True),
        ("http://other.example.com", False),
    ]:
        answer = await client.post("/graphql/", json=VIEWER, headers={"origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
        session = await sign_in(client, "p1", headers={"origin": origin})
        assert "access-control-allow-origin" not in session.headers


@pytest.mark.parametrize(
    ("body", "status"), [("{", 400), ("[]", 400), ("{}", 400), (f'{{"a": "{"x" * 300_000}"}}', 413)]
)
async def test_a_bad_body_is_refused(client: httpx.AsyncClient, body: str, status: int) -> None:
    headers = {"content-type": "application/json"}
    for path in ("sign-in", "plan"):
        answer = await client.post(f"/playground/{path}", content=body, headers=headers)
        assert answer.status_code == status


async def test_the_operations_are_those_of_the_contract(client: httpx.AsyncClient) -> None:
    operations = (await client.get("/playground/operations")).json()
    assert {each["name"]: each["text"] for each in operations} == {
        path.stem: path.read_text() for path in OPERATIONS.glob("*.graphql")
    }


async def test_a_traced_request_has_its_statements(
    client: httpx.AsyncClient, database: Database
) -> None:
    [author] = await create_users(database, 1)
    await create_posts(database, author, 2)
    assert (await client.get("/playground/traces/none")).status_code == 404
    plain = await client.post("/graphql/", json={"query": FEED})
    traced = await client.post("/graphql/", json={"query": FEED}, headers={"x-trace": "one"})
    assert traced.json()["data"] == plain.json()["data"]
    session = (await sign_in(client, "p1")).json()
    headers = {"x-trace": "two", "authorization": f"Bearer {session['accessToken']}"}
    posted = {"query": 'mutation { createPost(input: {text: "x"}) { post { id } } }'}
    assert (await client.post("/graphql/", json=posted, headers=headers)).json()["data"]
    trace = (await client.get("/playground/traces/two")).json()
    assert any("INSERT INTO" in each["sql"] for each in trace["statements"])
    assert trace["milliseconds"] > 0
    for each in trace["statements"]:
        assert each["milliseconds"] > 0
        assert each["rows"] >= 0


async def test_only_the_newest_traces_are_kept(client: httpx.AsyncClient) -> None:
    for number in range(60):
        headers = {"x-trace": f"number {number}"}
        await client.post("/graphql/", json={"query": "{ __typename }"}, headers=headers)
    statuses = [
        (await client.get(f"/playground/traces/number {number}")).status_code
        for number in (0, 9, 10, 59)
    ]
    assert statuses == [404, 404, 200, 200]
    await client.post("/graphql/", json=VIEWER, headers={"x-trace": "x" * 65})
    assert (await client.get(f"/playground/traces/{'x' * 65}")).status_code == 404


async def test_a_plan_is_explained_with_its_counts(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/playground/plan", json={"query": FEED})).json()
    assert answer["counts"]["fields"] == [6, 1000]
    assert "resolver FeedQuery.public_feed" in answer["plan"]
    two = {"query": "query A { a: __typename } query B { b: __typename }", "operationName": "B"}
    assert "b: String!" in (await client.post("/playground/plan", json=two)).json()["plan"]
    for wrong in ({"query": "{"}, {"query": "{ nothing }"}, {"query": two["query"]}):
        assert (await client.post("/playground/plan", json=wrong)).status_code == 400
