"""With DRAFT_STATUSES the statuses are those of the GraphQL over HTTP draft of 2026; without, those of before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.graphql.limits.limits import Limits
from tests.core.graphql.server import RunningServer, graphql_server

REQUESTS: list[tuple[bytes, str, int, int]] = [
    (b"NONSENSE", "BAD_REQUEST", 400, 400),
    (b'{"query":', "BAD_REQUEST", 400, 400),
    (b"", "BAD_REQUEST", 400, 400),
    (b'{"qeury": "{__typename}"}', "BAD_REQUEST", 400, 422),
    (b'{"query": "{ hello }", "variables": [7]}', "BAD_REQUEST", 400, 422),
    (b'{"query": 5}', "BAD_REQUEST", 400, 422),
    (b"[]", "BATCHING_NOT_SUPPORTED", 400, 422),
    (b'{"query": "{"}', "GRAPHQL_PARSE_FAILED", 400, 400),
    (b'{"query": "{ nothing }"}', "GRAPHQL_VALIDATION_FAILED", 400, 422),
    (b'{"query": "query A { hello } query B { hello }"}', "OPERATION_NOT_FOUND", 400, 422),
    (b'{"query": "{ hello }", "operationName": "A"}', "OPERATION_NOT_FOUND", 400, 422),
    (b'{"query": "query($n: Int!) { number(value: $n) }"}', "BAD_INPUT", 400, 422),
    (b'{"query": "{ a: hello b: hello c: hello }"}', "LIMIT_EXCEEDED", 400, 422),
    (b'{"documentId": "unknown"}', "PERSISTED_QUERY_NOT_FOUND", 400, 400),
]
FORM = {"BAD_REQUEST", "BATCHING_NOT_SUPPORTED"}
"""Codes that are HTTP errors to plain JSON, too."""


@pytest.fixture(scope="module", params=[False, True], ids=["before", "draft"])
def either(request: pytest.FixtureRequest) -> Iterator[tuple[RunningServer, bool]]:
    with graphql_server(Limits(aliases=2), draft_statuses=request.param) as running:
        yield running, request.param


@pytest.mark.parametrize(("body", "code", "before", "draft"), REQUESTS)
def test_refused_requests(
    either: tuple[RunningServer, bool], body: bytes, code: str, before: int, draft: int
) -> None:
    server, is_draft = either
    for accept, plain in (("application/graphql-response+json", False), ("application/json", True)):
        response = server.post_bytes(body, {"accept": accept})
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == code
        status = draft if is_draft else before
        assert response.status_code == (200 if plain and code not in FORM else status)


@pytest.mark.parametrize(
    ("query", "draft"),
    [("{ hello }", 200), ("{ hello refused }", 294), ("{ tree { must } }", 294)],
)
def test_executed_requests(either: tuple[RunningServer, bool], query: str, draft: int) -> None:
    server, is_draft = either
    response = server.post(query)
    answer: dict[str, Any] = response.json()
    assert "data" in answer
    assert response.status_code == (draft if is_draft else 200)
    assert response.headers["cache-control"] == "no-store"
    assert server.post(query, accept="application/json").status_code == 200
