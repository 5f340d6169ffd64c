"""What is known to break servers of HTTP and GraphQL breaks nothing here, with the settings of production.

Sources: OWASP's cheat sheet for GraphQL, the checks of graphql-cop, RFC 9112 (sections 3.2, 6.1, 6.3, 7.1 and 11.2).
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.core.server.served import Served, served

SECONDS = 20.0
QUERY = b'{"query":"{ __typename }"}'
CLOSE = b"Connection: close\r\n"
HOST = b"Host: feed.example.org\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"1a\r\n" + QUERY + b"\r\n0\r\n\r\n"
HANDSHAKE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OUFCQ0RFRg==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
)
SIGN_OUT = b"mutation%7BsignOut(input:%7BrefreshToken:%22x%22%7D)%7Bchanged%7D%7D"
INSIDE = ("Traceback", "/site-packages/", "asyncpg", "django", "Did you mean")
"""What no answer may show."""


@pytest.fixture(scope="module")
def production(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    variables = {
        "DEBUG": "false",
        "PLAYGROUND": "",
        "ANONYMOUS_INTROSPECTION": "",
        "CORS_ORIGINS": "https://app.example.org",
        "ALLOWED_HOSTS": "feed.example.org",
        "LOG_FORMAT": "TEXT",
    }
    with served(tmp_path_factory.mktemp("production"), 1, **variables) as server:
        asyncio.run(server.becomes_ready(1))
        yield server


def answer(server: Served, data: bytes) -> bytes:
    """All that comes back until the server closes, which most of these make it do."""
    received = b""
    address = ("127.0.0.1", server.port)
    with (
        socket.create_connection(address, timeout=SECONDS) as connection,
        suppress(ConnectionError),
    ):
        connection.sendall(data)
        while part := connection.recv(65_536):
            received += part
    return received


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def posted(
    body: bytes = QUERY,
    fields: bytes = CLOSE,
    *,
    path: bytes = b"/graphql/",
    kind: bytes = b"application/json",
    length: bytes | None = None,
    host: bytes = HOST,
    version: bytes = b"1.1",
) -> bytes:
    head = b"POST %b HTTP/%b\r\n%bContent-Type: %b\r\n%b" % (path, version, host, kind, fields)
    declared = b"%d" % len(body) if length is None else length
    if CHUNKED not in fields or length is not None:
        head += b"Content-Length: %b\r\n" % declared
    return head + b"\r\n" + body


def got(target: bytes, fields: bytes = CLOSE, *, method: bytes = b"GET") -> bytes:
    return b"%b %b HTTP/1.1\r\n%b%b\r\n" % (method, target, HOST, fields)


def asked(query: str, **more: Any) -> bytes:
    return posted(json.dumps({"query": query, **more}).encode())


READ = "query($n: Int) { publicFeed(first: $n) { edges { cursor } } }"


def with_number(number: bytes) -> bytes:
    return posted(b'{"query":"%b","variables":{"n":%b}}' % (READ.encode(), number))


HTTP: dict[str, tuple[bytes, int]] = {
    "a plain request": (posted(), 200),
    "absolute form of another host": (posted(path=b"http://evil.example/graphql/"), 200),
    "HTTP/1.0": (posted(host=b"", version=b"1.0"), 200),
    "HTTP/3.0": (posted(version=b"3.0"), 400),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no host": (posted(host=b""), 400),
    "two hosts": (posted(host=HOST * 2), 400),
    "length and chunks": (posted(CHUNKS, CHUNKED, length=b"6"), 400),
    "chunks and length": (posted(CHUNKS, b"Content-Length: 4\r\n" + CHUNKED, length=b"4"), 400),
    "an unknown coding": (posted(CHUNKS, b"Transfer-Encoding: xchunked\r\n"), 400),
    "chunks that are not the last coding": (
        posted(CHUNKS, b"Transfer-Encoding: chunked, identity\r\n"),
        400,
    ),
    "two codings": (posted(CHUNKS, CHUNKED + b"Transfer-Encoding: identity\r\n"), 400),
    "a space before the colon": (posted(CHUNKS, b"Transfer-Encoding : chunked\r\n"), 400),
    "two lengths": (posted(fields=CLOSE + b"Content-Length: 5\r\n"), 400),
    "the same length twice": (posted(fields=CLOSE + b"Content-Length: 26\r\n"), 400),
    "a list of lengths": (posted(length=b"26, 26"), 400),
    "a length with a sign": (posted(length=b"+26"), 400),
    "a negative length": (posted(length=b"-1"), 400),
    "a length beyond 64 bits": (posted(length=b"9" * 30), 400),
    "a length in hexadecimal": (posted(length=b"0x1a"), 400),
    "a chunk beyond 64 bits": (posted(b"F" * 18 + b"\r\n", CHUNKED), 400),
    "a negative chunk": (posted(b"-1\r\n", CHUNKED), 400),
    "chunks ended by a line feed": (posted(CHUNKS.replace(b"\r", b""), CHUNKED), 400),
    "a chunk longer than declared": (posted(b"19" + CHUNKS[2:], CHUNKED), 400),
    "an extension of a chunk": (posted(CHUNKS.replace(b"1a", b"1a;a=b"), CLOSE + CHUNKED), 200),
    "a folded header": (posted(fields=b"X-A: b\r\n c\r\n"), 400),
    "a carriage return in a header": (got(b"/healthz", b"X-A: b\rX-B: c\r\n"), 400),
    "a null byte in a header": (got(b"/healthz", b"X-A: b\0c\r\n"), 400),
    "a null byte in the path": (got(b"/heal\0thz"), 400),
    "lines that end with a line feed": (got(b"/healthz").replace(b"\r", b""), 400),
    "a space before the method": (b" " + got(b"/healthz"), 400),
    "many headers": (got(b"/healthz", b"".join(b"X-%d: y\r\n" % n for n in range(1_000))), 431),
    "many headers at once, beyond the limit of bytes": (
        got(b"/healthz", b"a: b\r\n" * 30_000),
        431,
    ),
    "a long header": (got(b"/healthz", b"X-A: " + b"a" * 200_000 + b"\r\n"), 431),
    "a long URL": (got(b"/graphql/?query=" + b"a" * 100_000), 400),
    "the method TRACE": (got(b"/graphql/", method=b"TRACE"), 405),
    "the method CONNECT": (got(b"example.org:443", method=b"CONNECT"), 400),
    "a handshake with a body": (
        got(b"/graphql/", HANDSHAKE + b"Content-Length: 2\r\n") + b"{}",
        400,
    ),
    "a handshake with chunks": (got(b"/graphql/", HANDSHAKE + CHUNKED) + CHUNKS, 400),
    "a handshake with a long URL": (got(b"/graphql/?" + b"a" * 9_000, HANDSHAKE), 414),
    "a handshake with a long header": (
        got(b"/graphql/", HANDSHAKE + b"X-A: " + b"a" * 9_000 + b"\r\n"),
        431,
    ),
    "a handshake with many headers": (got(b"/graphql/", HANDSHAKE + b"X-A: b\r\n" * 150), 431),
    "a path outside of the pictures": (got(b"/media/../../etc/passwd"), 404),
    "a path outside of the files": (got(b"/static/..%2f..%2fmanage.py"), 404),
    "the documentation of development": (got(b"/docs/"), 404),
    "the demo page": (got(b"/demo/"), 404),
    "a path that does not exist": (got(b"/nowhere"), 404),
    "the admin under another host": (
        got(b"/admin/login/").replace(b"feed.example.org", b"evil.example"),
        400,
    ),
}


@pytest.mark.parametrize("name", HTTP)
def test_http(production: Served, name: str) -> None:
    sent, status = HTTP[name]
    received = answer(production, sent)
    # One answer at most: nothing of a body was taken for another request.
    assert statuses(received) == [status], received[:300]
    assert not any(each in received.decode("latin-1") for each in INSIDE)


INVALID, SYNTAX, LIMIT = "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "LIMIT_EXCEEDED"
MALFORMED, MEDIA_TYPE, METHOD = "BAD_REQUEST", "UNSUPPORTED_MEDIA_TYPE", "METHOD_NOT_ALLOWED"
ALIASES = " ".join(f"a{n}: __typename" for n in range(101))
GUESSES = " ".join(
    f'a{n}: signIn(input: {{ login: "a", password: "hush{n}" }}) {{ errors {{ code }} }}'
    for n in range(100)
)
CIRCLE = "{ __schema { types " + "{ fields { type " * 10 + "{ name }" + " } }" * 10 + " } }"
DEEP = "{ author { posts { edges { node " * 6 + "{ id }" + " } } } }" * 6
CREATE = "mutation($i: CreatePostInput!) { createPost(input: $i) { replayed } }"
COMPRESSED = gzip.compress(bytes(10_000_000))
GRAPHQL: dict[str, tuple[bytes, int, str | None]] = {
    "a batch": (posted(b"[%b]" % b",".join([QUERY] * 10)), 400, "BATCHING_NOT_SUPPORTED"),
    "a form": (
        posted(b"query=%7B__typename%7D", kind=b"application/x-www-form-urlencoded"),
        415,
        MEDIA_TYPE,
    ),
    "text": (posted(kind=b"text/plain"), 415, MEDIA_TYPE),
    "a form with files": (posted(kind=b"multipart/form-data; boundary=x"), 415, MEDIA_TYPE),
    "no type": (posted(kind=b""), 415, MEDIA_TYPE),
    "a mutation by GET": (got(b"/graphql/?query=" + SIGN_OUT), 405, METHOD),
    "a mutation by GET, called POST": (
        got(b"/graphql/?query=" + SIGN_OUT, CLOSE + b"X-HTTP-Method-Override: POST\r\n"),
        405,
        METHOD,
    ),
    "a bomb of gzip": (
        posted(COMPRESSED, CLOSE + b"Content-Encoding: gzip\r\n"),
        415,
        "UNSUPPORTED_CONTENT_ENCODING",
    ),
    "a null byte in the body": (posted(QUERY.replace(b" }", b"\0}")), 400, MALFORMED),
    "a null byte in the document": (asked("{ __typename \0 }"), 200, SYNTAX),
    "a lone surrogate in the body": (
        posted(b'{"query":"{ __typename } # \\ud800"}'),
        400,
        MALFORMED,
    ),
    "a lone surrogate in the document": (
        asked('{ user(username: "\\uD800") { id } }'),
        200,
        SYNTAX,
    ),
    "not UTF-8": (posted(b'{"query":"\xff"}'), 400, MALFORMED),
    "UTF-16": (posted(QUERY.decode().encode("utf-16")), 400, MALFORMED),
    "deep lists": (
        posted(b'{"variables":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        400,
        MALFORMED,
    ),
    "deep objects": (
        posted(b'{"variables":' + b'{"a":' * 40_000 + b"1" + b"}" * 40_001),
        400,
        MALFORMED,
    ),
    "a key twice": (posted(b'{"query":"{ nope }","query":"{ __typename }"}'), 200, None),
    "not a number": (with_number(b"NaN"), 400, MALFORMED),
    "infinity": (with_number(b"Infinity"), 400, MALFORMED),
    "1e400": (with_number(b"1e400"), 400, MALFORMED),
    "1e30": (with_number(b"1e30"), 200, "BAD_INPUT"),
    "2 to the 64th": (with_number(b"18446744073709551616"), 200, "BAD_INPUT"),
    "1e400 in the document": (
        asked("{ publicFeed(first: 1e400) { edges { cursor } } }"),
        200,
        INVALID,
    ),
    "introspection": (
        asked("{ __schema { types { name fields { name } } } }"),
        200,
        "INTROSPECTION_DISABLED",
    ),
    "introspection in a circle": (asked(CIRCLE), 200, LIMIT),
    "a hundred aliases": (asked(f"{{ {ALIASES} }}"), 200, LIMIT),
    "a field five hundred times": (asked("{ " + "__typename " * 500 + " }"), 200, LIMIT),
    "a hundred directives": (
        asked("{ __typename " + "@include(if: true) " * 100 + " }"),
        200,
        LIMIT,
    ),
    "unknown directives": (asked("{ __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }"), 200, INVALID),
    "fragments in a circle": (
        asked("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
        200,
        INVALID,
    ),
    "a fragment in itself": (asked("{ ...A } fragment A on Query { ...A }"), 200, INVALID),
    "a deep query": (asked(f"{{ publicFeed {{ edges {{ node {DEEP} }} }} }}"), 200, LIMIT),
    "guesses of passwords by aliases": (asked(f"mutation {{ {GUESSES} }}"), 200, LIMIT),
    "a field that is almost one": (asked("{ publicFed { edges { cursor } } }"), 200, INVALID),
    "an argument that is almost one": (
        asked("{ publicFeed(frist: 1) { edges { cursor } } }"),
        200,
        INVALID,
    ),
    "a type that is almost one": (asked("query($x: CreatePostInpt) { __typename }"), 200, INVALID),
    "a variable with a field that is almost one": (
        asked(CREATE, variables={"i": {"text": "a", "txt": "a"}}),
        200,
        "BAD_INPUT",
    ),
    "no operation": (asked("qwerty cop { abc }"), 200, SYNTAX),
    "a trace": (asked("{ __typename }", extensions={"tracing": True}), 200, None),
}


@pytest.mark.parametrize("name", GRAPHQL)
def test_graphql(production: Served, name: str) -> None:
    sent, status, code = GRAPHQL[name]
    received = answer(production, sent)
    assert statuses(received) == [status], received[:300]
    text = received.partition(b"\r\n\r\n")[2].decode()
    result = json.loads(text)
    codes = {error["extensions"]["code"] for error in result.get("errors", ())}
    assert codes == ({code} if code else set()), text[:300]
    assert result.keys() <= {"data", "errors"}
    assert not any(each in text for each in INSIDE)
    assert len(received) < 20_000


@pytest.mark.parametrize(
    "origin", [b"https://evil.example", b"https://app.example.org.evil.example", b"null", b"x"]
)
def test_pages_of_other_origins_open_no_websocket(production: Served, origin: bytes) -> None:
    received = answer(production, got(b"/graphql/", HANDSHAKE + b"Origin: %b\r\n" % origin))
    assert statuses(received) == [403]
    assert b"ORIGIN_NOT_ALLOWED" in received


@pytest.mark.parametrize(
    ("fields", "status"), [(b"", 101), (b"Origin: https://evil.example\r\n", 403)]
)
def test_the_url_of_a_websocket_is_not_logged(
    production: Served, fields: bytes, status: int
) -> None:
    """Clients of other servers send their access token in it."""
    sent = got(b"/graphql/?access_token=hush-hush", HANDSHAKE + fields)
    # Closed by the client, with an empty frame.
    received = answer(production, sent + b"\x88\x80abcd")
    assert statuses(received) == [status]
    assert "access_token" not in production.logged()


@pytest.mark.parametrize("fields", [b"", b"Origin: https://evil.example\r\n"])
def test_another_site_reads_nothing(production: Served, fields: bytes) -> None:
    received = answer(production, posted(fields=CLOSE + fields)).lower()
    assert b"access-control-allow-origin" not in received
    assert b"access-control-allow-credentials" not in received
    assert b"set-cookie" not in received


def test_nothing_of_it_was_a_fault(production: Served) -> None:
    assert statuses(answer(production, posted())) == [200]
    logged = production.logged()
    assert "Traceback" not in logged
    assert " ERROR " not in logged.replace("ERROR django.security.DisallowedHost", "")
