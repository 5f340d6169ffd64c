"""Invalid input of any kind gets a clear GraphQL error, and the server keeps serving."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from core.graphql.limits.limits import Limits
from tests.core.graphql.server import GRAPHQL_JSON, RunningServer, entries, graphql_server, refused

LIBRARY_WORDS = ("Traceback", "orjson", "Error(", "line 1", "set_int_max_str_digits", "codec")
NUMBER = "query($v: Float!) { real(value: $v) }"


@pytest.fixture(autouse=True)
def server_still_serves(server: RunningServer) -> Iterator[None]:
    """Checks after each test that the server answers."""
    yield
    assert server.data("{ hello }") == {"hello": "Hello world"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b" ", "not valid JSON"),
        (b'{"query": "{ hello }"', "not valid JSON"),
        (b"{'query': '{ hello }'}", "near character 2"),
        (b'{"query": "{ hello }"}\x00', "not valid JSON"),
        (b'{"query": "\x00"}', "not valid JSON"),
        (b"null", "JSON object"),
        (b"1", "JSON object"),
        (b'"{ hello }"', "JSON object"),
        (b'{"query": "\xff"}', "UTF-8"),
        (b'{"query": "\xed\xa0\x80"}', "UTF-8"),
        ('{"query": "{ hello }"}'.encode("utf-16"), "UTF-8"),
        (b'\xef\xbb\xbf{"query": "{ hello }"}', "not valid JSON"),
        (b'{"query": "\\ud800"}', "not valid JSON"),
        (gzip.compress(b'{"query": "{ hello }"}', mtime=0), "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "nested too deeply"),
        (b'{"query": "{ hello }", "variables": {"v": NaN}}', "not valid JSON"),
        (b'{"query": "{ hello }", "variables": {"v": -Infinity}}', "not valid JSON"),
        (b'{"query": "{ hello }", "variables": {"v": 1e999}}', "too large"),
        (b'{"query": "{ hello }", "variables": {"v": ' + b"1" * 10_000 + b"}}", "too large"),
    ],
)
def test_malformed_bodies_are_rejected(server: RunningServer, body: bytes, message: str) -> None:
    response = server.post_bytes(body)
    assert message in refused(response, 400, "BAD_REQUEST")
    assert not [word for word in LIBRARY_WORDS if word in response.text]


@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_deeply_nested_json_is_rejected(server: RunningServer, name: str) -> None:
    deep = f'{{"query": "{{ hello }}", "{name}": {{"v": {"[" * 900}{"]" * 900}}}}}'
    response = server.post_bytes(deep.encode(), {"accept": GRAPHQL_JSON})
    assert f"depth of {name}" in refused(response, 400, "LIMIT_EXCEEDED")


def test_too_many_variables_are_rejected(server: RunningServer) -> None:
    query = "query($ids: [ID!]!) { items(ids: $ids) }"
    assert server.data(query, {"ids": ["1"] * 1_000}) == {"items": 1_000}
    message = refused(server.post(query, {"ids": ["1"] * 1_001}), 400, "LIMIT_EXCEEDED")
    assert "list items is 1,000; this request has 1,001." in message
    lists = {f"v{number}": ["1"] * 900 for number in range(12)}
    message = refused(server.post("{ hello }", lists), 400, "LIMIT_EXCEEDED")
    assert "10,000" in message
    many = {str(number): number for number in range(11_000)}
    refused(server.post("{ hello }", many), 400, "LIMIT_EXCEEDED")


def test_a_list_of_many_invalid_values_gives_few_errors(server: RunningServer) -> None:
    query = "query($ids: [ID!]!) { items(ids: $ids) }"
    response = server.post(query, {"ids": [None] * 1_000})
    assert response.status_code == 400
    assert len(entries(response)) <= 101
    assert len(response.content) < 50_000


@pytest.mark.parametrize(
    "query",
    [
        "{ number(value: %s) }",
        "{ real(value: %s) }",
        "{ real(value: %s.5) }",
        "{ items(ids: %s) }",
        "{ number(value: -%s) }",
        "query($v: Int = %s) { number(value: $v) }",
    ],
)
def test_long_number_literals_are_rejected(server: RunningServer, query: str) -> None:
    response = server.post(query % ("9" * 10_000))
    assert "characters of a number" in refused(response, 400, "LIMIT_EXCEEDED")
    assert len(response.content) < 1_000


def test_invalid_numbers_are_rejected(server: RunningServer) -> None:
    assert server.data(NUMBER, {"v": 1e300}) == {"real": 1e300}
    values: list[Any] = ["1e40", "NaN", [1], True]
    for value in values:
        refused(server.post(NUMBER, {"v": value}), 400, "BAD_INPUT")


def test_the_exception_of_a_scalar_is_not_shown(server: RunningServer) -> None:
    query = "query($at: DateTime!) { moment(at: $at) }"
    values: list[Any] = ["soon", "\u0000", "2020-13-45", 5, {}, "9" * 5_000]
    for value in values:
        message = refused(server.post(query, {"at": value}), 400, "BAD_INPUT")
        assert "DateTime" in message
        assert not [word for word in ("format", "parser", "month", "ISO") if word in message]
    message = refused(server.post('{ moment(at: "soon") }'), 400, "GRAPHQL_VALIDATION_FAILED")
    assert message == "Value cannot represent a DateTime."


def test_errors_are_short(server: RunningServer) -> None:
    response = server.post('{ hello @include(if: "' + "x" * 30_000 + '") }')
    assert len(refused(response, 400, "GRAPHQL_VALIDATION_FAILED")) < 600


def test_errors_suggest_no_names_of_the_schema(server: RunningServer) -> None:
    for query in ("{ helo }", "{ hello(nam: 1) }", "{ __schema { directive } }", "{ t: __typ }"):
        assert "Did you mean" not in server.post(query).text


@pytest.mark.parametrize(
    "query_string",
    [
        "query=%ff",
        "query={hello}&query={hello}",
        "query={hello}&variables={",
        "query={hello}&variables=[]",
        "query={hello}&variables=%00",
        "query={hello}&extensions=1",
        "query={hello}&variables=%7B%22a%22%3A" + "1" * 5_000 + "%7D",
        "&".join(f"p{number}=1" for number in range(200)),
    ],
)
def test_malformed_urls_are_rejected(server: RunningServer, query_string: str) -> None:
    response = server.client.get(f"/graphql?{query_string}")
    refused(response, 400, "BAD_REQUEST")
    assert not [word for word in LIBRARY_WORDS if word in response.text]


def raw(server: RunningServer, *parts: bytes) -> bytes:
    """Everything that the server sends before it closes the connection."""
    with server.connect() as connection:
        for part in parts:
            connection.sendall(part)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    return received


def head(length: str, *fields: str) -> bytes:
    lines = ["POST /graphql HTTP/1.1", "host: localhost", "content-type: application/json"]
    return "\r\n".join([*lines, length, *fields, "", ""]).encode()


def test_a_declared_large_body_is_rejected_before_it_is_sent(server: RunningServer) -> None:
    with server.connect() as connection:
        connection.sendall(head("content-length: 300000"))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")
        # The rest of the body is discarded, and the connection stays usable.
        connection.sendall(b"x" * 300_000)
        connection.sendall(head("content-length: 21", "connection: close"))
        connection.sendall(b'{"query":"{ hello }"}')
        assert b'{"data":{"hello":"Hello world"}}' in connection.recv(65_536)


def test_a_client_that_sends_a_large_body_gets_the_error(server: RunningServer) -> None:
    response = server.post("{ hello }", other="x" * 3_000_000)
    assert "262,144" in refused(response, 413, "REQUEST_TOO_LARGE")


def test_a_huge_body_closes_the_connection(server: RunningServer) -> None:
    answer = raw(server, head("content-length: 99999999999"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def test_a_chunked_body_is_bounded(server: RunningServer) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    fields = head("transfer-encoding: chunked", "connection: close")
    answer = raw(server, fields, *[chunk] * 20, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_closes_the_connection(server: RunningServer) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with server.connect() as connection:
        connection.sendall(head("transfer-encoding: chunked"))
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            connection.sendall(chunk * 500)


def test_a_chunked_body_is_accepted(server: RunningServer) -> None:
    pieces = [b'5\r\n{"que\r\n', b'10\r\nry":"{ hello }"}\r\n', b"0\r\n\r\n"]
    fields = head("transfer-encoding: chunked", "connection: close")
    assert b'{"data":{"hello":"Hello world"}}' in raw(server, fields, *pieces)


def test_a_long_url_is_rejected() -> None:
    with graphql_server(Limits(body_bytes=20_000)) as server:
        response = server.get(query="{ hello #" + "x" * 30_000 + "\n}")
        assert "POST" in refused(response, 414, "REQUEST_TOO_LARGE")


def test_a_slow_body_times_out() -> None:
    with graphql_server(Limits(body_seconds=0.2)) as server:
        answer = raw(server, head("content-length: 100"), b"{")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"REQUEST_TIMEOUT"' in answer
        assert server.data("{ hello }") == {"hello": "Hello world"}


def test_a_client_that_disconnects_while_sending(server: RunningServer) -> None:
    for _ in range(20):
        with server.connect() as connection:
            connection.sendall(head("content-length: 100") + b"{")
    for _ in range(20):
        connection = server.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(head("content-length: 21") + b'{"query":"{ later }"}')
        connection.close()


def test_a_client_that_disconnects_before_its_response() -> None:
    with graphql_server() as server:
        with server.connect() as connection:
            body = b'{"query":"{ held }"}'
            connection.sendall(head(f"content-length: {len(body)}") + body)
        server.let_go()
        assert server.data("{ held }") == {"held": 2}


def test_a_slow_operation_times_out() -> None:
    with graphql_server(Limits(execution_seconds=0.2)) as server:
        response = server.post("{ held }")
        assert (response.status_code, response.json()["data"]) == (503, None)
        [error] = entries(response)
        assert error["extensions"]["code"] == "TIMEOUT"
        assert "0.2 seconds" in error["message"]
        response = server.post("{ held }", accept="application/json")
        assert (response.status_code, response.json()["data"]) == (200, None)
        assert server.calls.cancelled == 2
