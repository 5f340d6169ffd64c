"""Responses are compressed where a client accepts it and it pays."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from core.graphql.http.compression import accepts_gzip
from tests.core.graphql.server import RunningServer, graphql_server

INTROSPECTION = "{ __schema { types { name fields { name type { name } } } } }"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with graphql_server(compress_from=500) as running:
        yield running


def raw(
    server: RunningServer, query: str, accept_encoding: str | None
) -> tuple[dict[str, str], bytes]:
    """Header fields and body as they are sent; clients decompress by themselves."""
    headers = {} if accept_encoding is None else {"accept-encoding": accept_encoding}
    with server.client.stream(
        "POST",
        "/graphql",
        json={"query": query},
        headers={"accept-encoding": "", **headers},
    ) as response:
        body = b"".join(response.iter_raw())
    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(body)
    return dict(response.headers), body


@pytest.mark.parametrize(
    "accepted", ["gzip, deflate, br, zstd", "GZIP", "br;q=1.0, gzip;q=0.5", "*", "*;q=0, gzip"]
)
def test_a_large_response_is_compressed(server: RunningServer, accepted: str) -> None:
    plain_headers, plain = raw(server, INTROSPECTION, None)
    assert "content-encoding" not in plain_headers
    headers, body = raw(server, INTROSPECTION, accepted)
    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "accept-encoding"
    assert gzip.decompress(body) == plain
    assert len(body) < len(plain) / 2


@pytest.mark.parametrize(
    "accepted", ["", "identity", "br, deflate", "gzip;q=0", "*;q=0", "gzip;q=0.000"]
)
def test_a_client_that_accepts_no_coding_gets_none(server: RunningServer, accepted: str) -> None:
    headers, body = raw(server, INTROSPECTION, accepted)
    assert "content-encoding" not in headers
    assert body.startswith(b'{"data":')


def test_a_small_response_is_sent_as_it_is(server: RunningServer) -> None:
    headers, body = raw(server, "{ hello }", "gzip, zstd")
    assert "content-encoding" not in headers
    assert "vary" not in headers
    assert body.startswith(b'{"data":')


def test_nothing_is_compressed_without_the_setting() -> None:
    with graphql_server() as plain:
        headers, _ = raw(plain, INTROSPECTION, "gzip, zstd")
    assert "content-encoding" not in headers


def test_a_long_header_costs_no_more() -> None:
    assert not accepts_gzip(b"x," * 5_000 + b"gzip")
