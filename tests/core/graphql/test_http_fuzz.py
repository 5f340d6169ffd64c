"""Any bytes as a request get a well-formed response and cause no fault."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.graphql.server import RunningServer

fuzz = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

QUERIES = [
    "{ hello }",
    "{ counted tree { name children(first: 2) { name } } }",
    "query A($v: Int!, $l: [ID!]) { number(value: $v) items(ids: $l) } query B { later }",
    "mutation M { write }",
    "subscription { ticks }",
    'query ($d: DateTime!, $f: Float = 1.5) { moment(at: $d) real(value: $f) hello(name: "é") }',
    "{ ...F } fragment F on Query { __schema { types { name } } ...F }",
]
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4)
    ),
    max_leaves=10,
)
HEADER_VALUES = st.from_regex(rb"[\t\x20-\x7e\x80-\xff]{0,40}", fullmatch=True).map(bytes.strip)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"accept", b"content-type", b"content-encoding", b"authorization", b"origin", b"x-any"]
        ),
        HEADER_VALUES
        | st.sampled_from([b"application/json", b"application/json; charset=x", b"*/*", b"gzip"]),
    ),
    max_size=4,
)


@st.composite
def mangled_queries(draw: st.DrawFn) -> str:
    """A document with a part removed, doubled or replaced."""
    query = draw(st.sampled_from(QUERIES))
    start = draw(st.integers(0, len(query)))
    end = draw(st.integers(start, len(query)))
    return query[:start] + draw(st.text(max_size=6) | st.just(query[start:end])) + query[end:]


def well_formed(response: httpx.Response) -> None:
    """Checks that the response is a GraphQL response without a fault."""
    assert response.status_code < 500
    answer = response.json()
    assert isinstance(answer, dict)
    assert set(answer) <= {"data", "errors", "extensions"}
    for error in answer.get("errors", ()):
        assert isinstance(error["message"], str)
        assert error["extensions"]["code"] != "INTERNAL"
        assert not re.search(r"Traceback|orjson|codec|site-packages", error["message"])
    assert ("errors" in answer) or response.status_code == 200


@fuzz
@given(body=st.binary(max_size=400))
def test_any_bytes_as_a_body(server: RunningServer, body: bytes) -> None:
    well_formed(server.post_bytes(body))


@fuzz
@given(value=JSON_VALUES)
def test_any_json_as_a_body(server: RunningServer, value: Any) -> None:
    well_formed(server.post_bytes(json.dumps(value).encode()))


@fuzz
@given(
    query=mangled_queries() | st.text(max_size=60) | JSON_VALUES,
    name=st.none() | st.sampled_from(["A", "B", "M", ""]) | JSON_VALUES,
    variables=st.none()
    | st.dictionaries(st.sampled_from(["v", "l", "d", "f", "x"]), JSON_VALUES)
    | JSON_VALUES,
    extensions=st.none() | st.dictionaries(st.just("persistedQuery"), JSON_VALUES) | JSON_VALUES,
    identifier=st.none() | st.sampled_from(["", "a", f"sha256:{'0' * 64}"]) | JSON_VALUES,
)
def test_any_parameters(
    server: RunningServer, query: Any, name: Any, variables: Any, extensions: Any, identifier: Any
) -> None:
    sent = {
        "query": query,
        "operationName": name,
        "variables": variables,
        "extensions": extensions,
        "documentId": identifier,
    }
    well_formed(server.post_bytes(json.dumps(sent).encode()))


@fuzz
@given(headers=HEADERS, body=st.sampled_from([b'{"query": "{ hello }"}', b"x", b""]))
def test_any_headers(
    server: RunningServer, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    request = httpx.Request(
        "POST", server.client.base_url.join("/graphql"), headers=headers, content=body
    )
    well_formed(server.client.send(request))


@fuzz
@given(query_string=st.binary(max_size=100) | mangled_queries().map(str.encode))
def test_any_url(server: RunningServer, query_string: bytes) -> None:
    text = quote(query_string, safe="=&%+[]{}")
    well_formed(server.client.get(f"/graphql?query={text}"))
    well_formed(server.client.get(f"/graphql?{text}"))
