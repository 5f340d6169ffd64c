"""Our protocol answers as uvicorn's does."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.graphql.http.http_errors import CLOSE
from core.graphql.http.operations import RECEIVED_BODY, WHOLE_RESPONSE
from core.graphql.streams.stream_endpoint import IS_STREAM
from core.server.uvicorn_http import HTTPProtocol
from tests.core.graphql.schema import Calls
from tests.core.graphql.server import RunningServer, running

HELLO = (b"content-type", b"text/plain")


def start(*fields: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": [*fields]}


def body(text: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": text, "more_body": more}


def length(of: int) -> tuple[bytes, bytes]:
    return b"content-length", str(of).encode()


ANSWERS: dict[str, list[dict[str, Any]]] = {
    "whole": [start(HELLO, length(5)), body(b"hello")],
    "names in capitals": [start((b"X-Name", b"Value"), length(5)), body(b"hello")],
    "an error": [start(HELLO, length(4), status=404), body(b"gone")],
    "empty": [start(length(0)), body(b"")],
    "nothing but the length": [start(length(2)), {"type": "http.response.body", "body": b"hi"}],
    "no body named": [start(length(0)), {"type": "http.response.body"}],
    "the length first": [start(length(5), HELLO), body(b"hello")],
    "no length": [start(HELLO), body(b"hello")],
    "no headers": [{"type": "http.response.start", "status": 200}, body(b"hello")],
    "no content": [start((b"x-a", b"b"), status=204), body(b"")],
    "in parts": [start(HELLO, length(6)), body(b"one", more=True), body(b"two")],
    "in parts of no length": [start(HELLO), body(b"one", more=True), body(b""), body(b"")],
    "too long": [start(HELLO, length(3)), body(b"hello")],
    "too short": [start(HELLO, length(9)), body(b"hello")],
    "closing": [start((b"connection", b"close"), length(5)), body(b"hello")],
    "in chunks": [start((b"transfer-encoding", b"chunked"), length(5)), body(b"hello")],
    "a header in two lines": [start((b"x-a", b"b\r\nx-c: d"), length(5)), body(b"hello")],
    "a name that is none": [start((b"x a", b"b"), length(5)), body(b"hello")],
    "a second head": [start(HELLO), start(HELLO, length(5)), body(b"hello")],
    "two bodies": [start(HELLO, length(5)), body(b"hello"), body(b"hello")],
    "a body first": [body(b"hello")],
    "nothing": [],
}


UNFRAMED = {
    "no length": b"hello",
    "no headers": b"hello",
    "in parts of no length": b"one",
    "a second head": b"",
}
"""The bodies of answers that uvicorn sends in chunks, which a client of HTTP/1.0 would take for a part of them."""


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Sends what the path names."""
    await receive()
    for message in ANSWERS.get(scope["path"][1:].replace("-", " "), []):
        await send(message)


@pytest.fixture(scope="module")
def theirs() -> Iterator[RunningServer]:
    with running(application, Calls(), HttpToolsProtocol) as server:
        yield server


@pytest.fixture(scope="module")
def ours() -> Iterator[RunningServer]:
    with running(application, Calls(), HTTPProtocol) as server:
        yield server


def received(server: RunningServer, sent: bytes) -> bytes:
    """All that comes back until the server closes, which it is asked to do in the end."""
    with server.connect() as connection:
        connection.sendall(sent + request("whole", more="Connection: close\r\n"))
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def received_whole(connection: socket.socket) -> bytes:
    """The response to `request("whole")`."""
    answer = b""
    while not answer.endswith(b"\r\n\r\nhello"):
        answer += connection.recv(65_536)
    return answer


def answers(server: RunningServer, sent: bytes) -> list[tuple[bytes, list[bytes], bytes]]:
    """Status line, header lines but the date, and body of each answer."""
    found = []
    for answer in re.split(rb"(?=HTTP/1\.1 )", received(server, sent))[1:]:
        head, _, rest = answer.partition(b"\r\n\r\n")
        line, *fields = head.split(b"\r\n")
        found.append((line, sorted(f for f in fields if not f.startswith(b"date: ")), rest))
        assert sum(field.startswith(b"date: ") for field in fields) == 1
    return found


def request(name: str, method: str = "GET", version: str = "1.1", more: str = "") -> bytes:
    path = name.replace(" ", "-")
    return f"{method} /{path} HTTP/{version}\r\nHost: x\r\n{more}\r\n".encode()


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_answered_is_the_same(
    theirs: RunningServer, ours: RunningServer, name: str
) -> None:
    for sent in (
        request(name),
        request(name, "HEAD"),
        *([request(name, version="1.0")] if name not in UNFRAMED else []),
        request(name, more="Connection: close\r\n"),
        request(name, "POST", more="Content-Length: 3\r\n") + b"abc",
        request(name) + request("whole") + request("in parts"),
    ):
        assert answers(ours, sent) == answers(theirs, sent)


@pytest.mark.parametrize("name", UNFRAMED)
def test_a_client_of_http_1_0_gets_a_body_without_chunks(ours: RunningServer, name: str) -> None:
    [(line, fields, text)] = answers(ours, request(name, version="1.0"))
    assert (line, text) == (b"HTTP/1.1 200 OK", UNFRAMED[name])
    assert b"connection: close" in fields
    assert not [field for field in fields if field.startswith((b"transfer-", b"content-length"))]


@pytest.mark.parametrize("name", ["whole", "in parts", "no length"])
@pytest.mark.parametrize("pipelined", [1, 3])
def test_a_client_that_ends_its_sending_side_gets_its_answers(name: str, pipelined: int) -> None:
    may_answer = Event()

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        if scope["query_string"] == b"wait":
            await asyncio.to_thread(may_answer.wait, 20)
        await application(scope, receive, send)

    with running(waiting, Calls(), HTTPProtocol) as server, server.connect() as connection:
        connection.sendall(request(f"{name}?wait") * pipelined)
        connection.shutdown(socket.SHUT_WR)
        with server.connect() as other:  # Its answer comes after the end of the first was noticed.
            other.sendall(request("whole"))
            received_whole(other)
        may_answer.set()
        answered = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answered.count(b"HTTP/1.1 ") == pipelined


def test_a_stream_ends_with_the_sending_side_of_its_client() -> None:
    ended = Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/stream":
            return
        scope[IS_STREAM] = True
        await receive()
        await send(start(HELLO))
        await send(body(b"begun", more=True))
        if (await receive())["type"] == "http.disconnect":
            ended.set()

    with running(stream, Calls(), HTTPProtocol) as server, server.connect() as connection:
        connection.sendall(request("stream"))
        received = b""
        while b"begun" not in received:
            received += connection.recv(65_536)
        connection.shutdown(socket.SHUT_WR)
        assert ended.wait(20)
        assert connection.recv(65_536) == b""


def test_a_connection_stays_for_the_next_request(ours: RunningServer) -> None:
    with ours.connect() as connection:
        for _ in range(3):
            connection.sendall(request("whole"))
            assert received_whole(connection).count(b"HTTP/1.1 200 OK\r\n") == 1


@pytest.mark.parametrize("split", [False, True], ids=["at once", "in two"])
@pytest.mark.parametrize(
    "length_header", ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"]
)
def test_an_offer_to_upgrade_to_http2_is_ignored(length_header: str, split: bool) -> None:
    """As Java's HttpClient makes it with its first request, which may have a body."""

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        sent = await receive()
        while sent["more_body"]:
            sent = {**(more := await receive()), "body": sent["body"] + more["body"]}
        await send(start(length(len(sent["body"]))))
        await send(body(sent["body"]))

    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
    head = request("whole", "POST", more=offer + length_header)
    text = b"hello" if "5" in length_header else b"5\r\nhello\r\n0\r\n\r\n"
    with running(echo, Calls(), HTTPProtocol) as server, server.connect() as connection:
        for _ in range(3):
            connection.sendall(head if split else head + text)
            if split:
                time.sleep(0.05)
                connection.sendall(text)
            assert received_whole(connection).startswith(b"HTTP/1.1 200 OK\r\n")


def test_any_number_of_offers_to_upgrade_may_arrive_at_once(
    ours: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    offer = request("whole", more="Connection: Upgrade\r\nUpgrade: h2c\r\n")
    found = answers(ours, offer * 1_000)
    assert [line for line, *_ in found] == [b"HTTP/1.1 200 OK"] * 1_001
    assert not caplog.records


@pytest.mark.parametrize("seconds", [1, 60])
def test_a_client_that_reads_nothing_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    monkeypatch.setattr("core.server.uvicorn_http.UNREAD_SECONDS", seconds)
    size = 32 * 2**20

    async def large(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(start(HELLO, length(size)))
        for _ in range(size // 65_536):
            await send(body(b"x" * 65_536, more=True))
        await send(body(b""))

    with running(large, Calls(), HTTPProtocol) as server, server.connect() as connection:
        connection.sendall(request("whole"))
        time.sleep(3)  # It reads nothing.
        read = 0
        with suppress(ConnectionResetError):
            while read < size and (data := connection.recv(65_536)):
                read += len(data)
    assert (read >= size) is (seconds > 3)


WHOLE = {
    "whole": [HELLO, length(5)],
    "closing": [CLOSE, length(5)],
    "no content": [(b"x-a", b"b")],
}
TWO_LINES = [(b"x-a", b"b\r\nx-c: d"), length(5)]


async def whole_application(scope: Any, receive: Any, send: Any) -> None:
    """Sends what `application` sends, in one message."""
    assert scope["extensions"] == {WHOLE_RESPONSE: {}}
    await receive()
    name = scope["path"][1:].replace("-", " ")
    status, text = (204, b"") if name == "no content" else (200, b"hello")
    fields = WHOLE.get(name, TWO_LINES)
    await send({"type": WHOLE_RESPONSE, "status": status, "headers": fields, "body": text})


@pytest.mark.parametrize("name", WHOLE)
def test_a_response_in_one_message_is_the_same(theirs: RunningServer, name: str) -> None:
    with running(whole_application, Calls(), HTTPProtocol) as ours:
        for sent in (
            request(name),
            request(name, "HEAD"),
            request(name, version="1.0"),
            request(name, more="Connection: close\r\n"),
            request(name, "POST", more="Content-Length: 3\r\n") + b"abc",
        ):
            assert answers(ours, sent) == answers(theirs, sent)


def test_a_response_in_one_message_has_no_header_of_two_lines() -> None:
    with running(whole_application, Calls(), HTTPProtocol) as server:
        [(line, fields, _)] = answers(server, request("two lines"))
    assert line == b"HTTP/1.1 500 Internal Server Error"
    assert not [field for field in fields if field.startswith(b"x-")]


def test_only_a_body_that_arrives_with_its_head_is_there_at_once() -> None:
    seen = []

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope.get(RECEIVED_BODY))
        text = b"" if scope["method"] == "POST" else b"."
        while not text.endswith(b"."):
            text += (await receive())["body"]
        await send(start(length(5)))
        await send(body(b"hello"))

    large = b"x" * 200_000 + b"."
    with running(echo, Calls(), HTTPProtocol) as server, server.connect() as connection:
        for first, rest in ((b"a.", b""), (b"a", b"b."), (b"", b"a."), (large, b"")):
            head = request("whole", "POST", more=f"Content-Length: {len(first + rest)}\r\n")
            connection.sendall(head + first)
            if rest:
                time.sleep(0.05)
                connection.sendall(rest)
            received_whole(connection)
    assert seen[-4:] == [b"a.", None, None, None]
