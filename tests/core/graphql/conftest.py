"""A server of the small schema, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.graphql.http.endpoint import Page
from tests.core.graphql.server import RunningServer, graphql_server


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with graphql_server(
        origins=("https://app.example.org",), page=Page(b"<h1>Page</h1>", ((b"x-page", b"yes"),))
    ) as running:
        yield running
