"""Any request to the whole server causes no fault and gets a response in its declared format."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.config.schema import graphql_schema
from tests.core.graphql.test_negotiation import APOLLO_MULTIPART, CHROME, URQL
from tests.live.documents import Known, parameters
from tests.live.fuzz import SETUPS, Setup, run
from tests.live.test_websocket_operations import ASK, VALUES, WATCH
from tests.live.world import TIMEOUT, operation

QUERIES = [
    ASK,
    WATCH,
    operation("PostInteractions"),
    operation("HomeFeedEvents"),
    "query($a: String, $n: Int) { publicFeed(first: $n, after: $a) { edges { cursor } } }",
    "query A { __typename } subscription B { homeFeedEvents { cursor } }",
    'mutation { signIn(input: {login: "x", password: "y"}) { errors { code } } }',
    "{",
    "",
]
DOCUMENTS = st.integers(0).map(
    lambda seed: parameters(graphql_schema, random.Random(seed), Known(usernames=[]))["query"]
)
SECONDS = 8.0
SLOWEST_SECONDS = 30.0
"""For the plain query; a bound for any machine. The command gives the figures."""
CURSORS = st.sampled_from(["x", "x\n\nevent: next\n\n", "\r", "\0", "a-b_c", "x" * 17_000, ""])
BODIES = st.fixed_dictionaries(
    {"query": st.sampled_from(QUERIES) | DOCUMENTS | VALUES},
    optional={
        "variables": VALUES
        | st.dictionaries(
            st.sampled_from(["after", "a", "n", "postIds"]),
            VALUES | CURSORS | st.just(["UG9zdDox"]) | st.integers(-(2**70), 2**70),
        ),
        "operationName": st.sampled_from(["", "A", "B"]) | VALUES,
        "extensions": VALUES,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "accept": st.sampled_from([URQL, APOLLO_MULTIPART, CHROME, "text/event-stream", "*/*", ""])
        | st.from_regex(r"(text/event-stream|application/json|[*]/[*])(;q=[0-9.a]{0,4}|, )", fullmatch=True),
        "content-type": st.sampled_from(["application/json", "text/plain", "application/json;charset=x"]),
        "authorization": st.sampled_from(["Bearer x", "Bearer ", "Basic eDp5", "x" * 3_000]),
        "last-event-id": st.sampled_from(["x", "a b", "\xff", "x" * 17_000]),
        "x-graphql-event-stream-token": st.just("x"),
        "origin": st.sampled_from(["https://app.example.org", "null", "\xe9"]),
        "content-encoding": st.sampled_from(["gzip", ""]),
    },
)  # fmt: skip
LINE = re.compile(r"|:.*|event: (next|complete)|id: [A-Za-z0-9_-]+|data:.*")

pytestmark = pytest.mark.usefixtures("database")
fuzz = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(address: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    """Sends a request and judges its answer; of a stream, what comes first."""
    sent = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers.items()]
    with (
        httpx.Client(base_url=f"http://{address}", timeout=TIMEOUT) as client,
        client.stream(method, path, content=body, headers=sent) as response,
    ):
        assert response.status_code < 500, response.read()
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind == "text/event-stream":
            for line in response.iter_lines():
                assert LINE.fullmatch(line), line
                if line.startswith("data:"):
                    judge(json.loads(line.removeprefix("data:")))
                    return
        elif kind == "multipart/mixed":
            assert next(response.iter_bytes()).startswith(b"\r\n--graphql\r\n")
        elif kind in {"application/json", "application/graphql-response+json"}:
            judge(json.loads(response.read()))
        else:
            assert (kind, response.status_code) in {("text/html", 200), ("", 204)}


def judge(result: Any) -> None:
    """Checks that a result is GraphQL's, and no fault."""
    assert set(result) <= {"data", "errors", "extensions"}
    for error in result.get("errors", ()):
        assert error["extensions"]["code"] not in {"INTERNAL", "UNAVAILABLE", "TIMEOUT"}


@fuzz
@given(
    method=st.sampled_from(["POST"] * 6 + ["PUT", "DELETE", "OPTIONS"]),
    body=BODIES.map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=40),
    headers=HEADERS,
)
def test_any_body_and_headers(
    address: str, method: str, body: bytes, headers: dict[str, str]
) -> None:
    answer(address, method, "/graphql/", body, {"content-type": "application/json", **headers})


@fuzz
@given(
    parameters=st.dictionaries(
        st.sampled_from(["query", "variables", "operationName", "extensions", "access_token"]),
        st.sampled_from(QUERIES)
        | DOCUMENTS
        | st.sampled_from(['{"postIds": ["UG9zdDox"]}', "{}", "[]", "\0"])
        | st.text(max_size=20),
    ),
    headers=HEADERS,
)
def test_any_url(address: str, parameters: dict[str, str], headers: dict[str, str]) -> None:
    pairs = (f"{name}={quote(value, errors='replace')}" for name, value in parameters.items())
    answer(address, "GET", "/graphql/?" + "&".join(pairs), b"", headers)


@pytest.mark.parametrize("setup", SETUPS, ids=str)
async def test_fifty_fuzzing_clients_do_not_slow_others(tmp_path: Path, setup: Setup) -> None:
    seed = random.randrange(10**6)
    outcome = await run(tmp_path, setup, seconds=SECONDS * SETUPS[setup], seed=seed)
    print(f"{setup}, seed {seed}\n{outcome}")
    assert outcome.faults == []
    assert max(outcome.plain + outcome.writes) < SLOWEST_SECONDS
    assert outcome.growth < 1.6
    assert outcome.sent["left early"]
    assert outcome.codes["200"]
