"""GraphQL over HTTP according to its specification: media types, status codes, parameters."""

from __future__ import annotations

from typing import Any

import pytest

from core.graphql.http.cors import CORSPolicy
from tests.core.graphql.server import GRAPHQL_JSON, RunningServer, entries, refused

JSON = "application/json"
BOTH = pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        (", ,", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL_JSON),
        (f"{JSON}, */*", JSON),
        (f"{GRAPHQL_JSON};q=0.5, {JSON};q=0.9", JSON),
        (f"{GRAPHQL_JSON};q=0.9, {JSON};q=0.5", GRAPHQL_JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        ("Application/GraphQL-Response+JSON", GRAPHQL_JSON),
        (f"text/html, {JSON};q=nonsense, */*;q=0.1", JSON),
        ('multipart/mixed;boundary="graphql", application/json', JSON),
    ],
)
def test_the_response_has_the_preferred_media_type(
    server: RunningServer, accept: str | None, media_type: str
) -> None:
    request = server.client.build_request("POST", "/graphql", json={"query": "{ hello }"})
    if accept is None:
        del request.headers["accept"]
    else:
        request.headers["accept"] = accept
    response = server.client.send(request)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json() == {"data": {"hello": "Hello world"}}


def test_repeated_accept_headers_are_joined(server: RunningServer) -> None:
    response = server.client.get(
        "/graphql",
        params={"query": "{ hello }"},
        headers=[("accept", "text/csv"), ("accept", GRAPHQL_JSON)],
    )
    assert response.headers["content-type"].startswith(GRAPHQL_JSON)


@pytest.mark.parametrize(
    "accept", ["text/html", "text/csv", f"{JSON};q=0", f"{JSON}; charset=utf-16", "a" * 5_000]
)
def test_unsupported_accept_is_rejected(server: RunningServer, accept: str) -> None:
    response = server.post("{ hello }", accept=accept)
    assert "application/json" in refused(response, 406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON ; Charset=UTF8",
    ],
)
def test_json_in_utf_8_is_accepted(server: RunningServer, content_type: str) -> None:
    body = '{"query": "query($n: String) { hello(name: $n) }", "variables": {"n": "Zoë 🏃"}}'
    response = server.post_bytes(body.encode(), {"content-type": content_type})
    assert response.json() == {"data": {"hello": "Hello Zoë 🏃"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/jsonx",
        "\xff",
    ],
)
def test_other_content_types_are_rejected(server: RunningServer, content_type: str) -> None:
    response = server.client.post(
        "/graphql",
        content=b'{"query": "{ hello }"}',
        headers=[(b"content-type", content_type.encode("latin-1"))],
    )
    assert "application/json" in refused(response, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_missing_content_type_is_rejected(server: RunningServer) -> None:
    response = server.client.post("/graphql", content=b'{"query": "{ hello }"}')
    assert "no Content-Type" in refused(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "nonsense"])
def test_compressed_bodies_are_rejected(server: RunningServer, encoding: str) -> None:
    response = server.post("{ hello }", headers={"content-encoding": encoding})
    refused(response, 415, "UNSUPPORTED_CONTENT_ENCODING")
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PROPFIND"])
def test_other_methods_are_rejected(server: RunningServer, method: str) -> None:
    response = server.client.request(method, "/graphql", params={"query": "{ hello }"})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST, QUERY, OPTIONS"
    if method == "HEAD":
        assert response.content == b""
    else:
        refused(response, 405, "METHOD_NOT_ALLOWED")


def test_get_answers_queries(server: RunningServer) -> None:
    query = "query A($n: String) { hello(name: $n) } query B { later }"
    response = server.get(query=query, operationName="A", variables='{"n": "Zoë +&"}')
    assert response.json() == {"data": {"hello": "Hello Zoë +&"}}
    assert server.get(query=query, operationName="B").json() == {"data": {"later": "later"}}
    response = server.get(query="{ hello }", operationName="", variables="", extensions="")
    assert response.json() == {"data": {"hello": "Hello world"}}


@BOTH
def test_get_executes_no_mutation(server: RunningServer, accept: str) -> None:
    before = server.calls.written
    response = server.get({"accept": accept}, query="mutation { write }")
    refused(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "POST"
    query = "query A { hello } mutation B { write }"
    refused(server.get(query=query, operationName="B"), 405, "METHOD_NOT_ALLOWED")
    assert server.get(query=query, operationName="A").status_code == 200
    assert server.calls.written == before


def test_post_executes_mutations(server: RunningServer) -> None:
    before = server.calls.written
    assert server.data("mutation { write(by: 2) }") == {"write": before + 2}


def test_subscriptions_without_a_stream_are_rejected(server: RunningServer) -> None:
    refused(server.post("subscription { ticks }"), 400, "SUBSCRIPTION_NOT_SUPPORTED")


def test_a_browser_gets_the_page(server: RunningServer) -> None:
    for parameters in ({}, {"query": "{ hello }"}):
        response = server.client.get("/graphql", params=parameters, headers={"accept": CHROME})
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.text == "<h1>Page</h1>"
        assert response.headers["x-page"] == "yes"


def test_a_browser_that_posts_gets_json(server: RunningServer) -> None:
    assert server.post("{ hello }", accept=CHROME).headers["content-type"].startswith(JSON)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("query", value) for value in (None, 0, False, ["{ hello }"], {"a": 1}, 1.5)],
        *[("operationName", value) for value in (0, False, ["a"], {"a": 1})],
        *[("variables", value) for value in ("{}", 0, False, ["a"])],
        *[("extensions", value) for value in ("{}", 0, False, ["a"])],
    ],
)
@BOTH
def test_parameters_of_the_wrong_type_are_rejected(
    server: RunningServer, accept: str, name: str, value: Any
) -> None:
    sent = {"query": "{ hello }", name: value}
    response = server.client.post("/graphql", json=sent, headers={"accept": accept})
    assert f"`{name}`" in refused(response, 400, "BAD_REQUEST")


def test_parameters_may_be_null_or_unknown(server: RunningServer) -> None:
    response = server.post("{ hello }", None, operationName=None, extensions=None, other=[1])
    assert response.json() == {"data": {"hello": "Hello world"}}
    assert server.post("{ hello }", extensions={"other": {"a": 1}}).status_code == 200


def test_a_missing_document_is_rejected(server: RunningServer) -> None:
    response = server.client.post("/graphql", json={"qeury": "{ hello }"})
    assert "`query` is missing" in refused(response, 400, "BAD_REQUEST")
    assert "`query` is missing" in refused(server.get(), 400, "BAD_REQUEST")


@pytest.mark.parametrize("body", ['[{"query": "{ hello }"}]', "[]"])
def test_batches_are_rejected(server: RunningServer, body: str) -> None:
    message = refused(server.post_bytes(body.encode()), 400, "BATCHING_NOT_SUPPORTED")
    assert "separate request" in message


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("", None, "GRAPHQL_PARSE_FAILED"),
        ("{ hello \x00 }", None, "GRAPHQL_PARSE_FAILED"),
        ("qwerty cop { abc }", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("type A { a: Int }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($v: Int!) { number(value: $v) }", None, "BAD_INPUT"),
        ("query($v: Int!) { number(value: $v) }", {"v": "one"}, "BAD_INPUT"),
        ("query($v: Int!) { number(value: $v) }", {"v": 1e30}, "BAD_INPUT"),
    ],
)
def test_request_errors_have_the_status_of_the_media_type(
    server: RunningServer, query: str, variables: Any, code: str
) -> None:
    refused(server.post(query, variables), 400, code)
    refused(server.post(query, variables, accept=JSON), 200, code)


def test_the_operation_is_selected_by_name(server: RunningServer) -> None:
    both = "query A { hello } query B { later }"
    assert "A, B" in refused(server.post(both), 400, "OPERATION_NOT_FOUND")
    message = refused(server.post(both, operationName="C"), 400, "OPERATION_NOT_FOUND")
    assert "A, B" in message
    assert server.data(both, operationName="B") == {"later": "later"}
    message = refused(server.post("{ hello }", operationName="A"), 400, "OPERATION_NOT_FOUND")
    assert "omit `operationName`" in message


def test_partial_results_have_status_200(server: RunningServer) -> None:
    for accept in (JSON, GRAPHQL_JSON):
        response = server.post("{ hello broken refused }", accept=accept)
        assert response.status_code == 200
        assert response.json()["data"] == {
            "hello": "Hello world",
            "broken": None,
            "refused": None,
        }
        assert len(entries(response)) == 2


def test_null_data_with_field_errors_has_status_200(server: RunningServer) -> None:
    response = server.post("{ tree { must } }")
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert [error["path"] for error in entries(response)] == [["tree", "must"]]


def test_errors_of_authentication_have_their_status(server: RunningServer) -> None:
    for accept in (JSON, GRAPHQL_JSON):
        response = server.post(
            "{ hello }", accept=accept, headers={"authorization": "Bearer expired"}
        )
        assert refused(response, 401, "UNAUTHENTICATED") == "The token has expired."
        assert response.headers["www-authenticate"] == "Bearer"
        response = server.post("{ hello }", accept=accept, headers={"authorization": "Bearer busy"})
        refused(response, 429, "RATE_LIMITED")
        assert response.headers["retry-after"] == "3"
        assert entries(response)[0]["extensions"]["retryAfterSeconds"] == 2.5
    unlisted = server.post("{ hello }", headers={"authorization": "Bearer unlisted"})
    refused(unlisted, 400, "UNLISTED")
    assert server.data("{ viewer }", headers={"authorization": "Bearer ann"}) == {"viewer": "ann"}


def test_allowed_origins_get_cors_headers(server: RunningServer) -> None:
    request = {
        "origin": "https://app.example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, authorization",
    }
    preflight = server.client.options("/graphql", headers=request)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == "https://app.example.org"
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert preflight.headers["access-control-allow-methods"] == "GET, POST, QUERY"
    assert preflight.headers["access-control-max-age"] == "7200"
    varies = preflight.headers.get_list("vary", split_commas=True)
    assert sorted(varies) == ["access-control-request-headers", "origin"]
    answer = server.post("{ hello }", headers={"origin": "https://app.example.org"})
    assert answer.headers["access-control-allow-origin"] == "https://app.example.org"
    assert answer.headers["access-control-expose-headers"] == "retry-after, x-request-id"
    assert answer.headers["vary"] == "origin"
    assert "access-control-allow-credentials" not in answer.headers
    refusal = server.post("{", headers={"origin": "https://app.example.org"})
    assert refusal.headers["access-control-allow-origin"] == "https://app.example.org"


def test_other_origins_get_no_cors_headers(server: RunningServer) -> None:
    for origin in ("https://evil.example.org", "null", "https://app.example.org.evil.org"):
        request = {"origin": origin, "access-control-request-method": "POST"}
        preflight = server.client.options("/graphql", headers=request)
        assert preflight.headers["allow"] == "GET, POST, QUERY, OPTIONS"
        for response in (preflight, server.post("{ hello }", headers={"origin": origin})):
            assert not [n for n in response.headers if n.startswith("access-control")]
            assert response.headers["vary"] == "origin"


def test_a_page_may_send_the_headers_that_it_asks_for(server: RunningServer) -> None:
    """Tracing libraries and clients add their own."""
    request = {"origin": "https://app.example.org", "access-control-request-method": "POST"}
    asked = "apollographql-client-name,content-type,sentry-trace,traceparent"
    for headers, allowed in [
        ({"access-control-request-headers": asked}, asked),
        ({"access-control-request-headers": 'a"b;c'}, "authorization, content-type, last-event-id"),
        (
            {"access-control-request-headers": "x" * 1_001},
            "authorization, content-type, last-event-id",
        ),
        ({}, "authorization, content-type, last-event-id"),
    ]:
        preflight = server.client.options("/graphql", headers={**request, **headers})
        assert preflight.headers["access-control-allow-headers"] == allowed
    other = {
        **request,
        "origin": "https://evil.example.org",
        "access-control-request-headers": asked,
    }
    assert (
        "access-control-allow-headers"
        not in server.client.options("/graphql", headers=other).headers
    )


def test_an_origin_may_have_any_port() -> None:
    policy = CORSPolicy(["http://localhost:*", "http://[::1]:*", "https://app.example.org"])

    def allows(origin: str) -> bool:
        return (b"access-control-allow-origin", origin.encode()) in policy.headers(origin.encode())

    for allowed in ("http://localhost:3000", "http://localhost", "http://[::1]:5173"):
        assert allows(allowed), allowed
    for other in (
        "https://localhost:3000",
        "http://localhost:3000.evil.example.org",
        "http://localhost.evil.example.org:80",
        "http://localhost:*",
        "http://localhost:",
        "https://app.example.org:8443",
        "http://[::1",
        "null",
    ):
        assert not allows(other), other


def test_responses_must_not_be_stored_by_proxies(server: RunningServer) -> None:
    assert server.get(query="{ hello }").headers["cache-control"] == "no-store"
