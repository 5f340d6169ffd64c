"""A server of the small schema, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.graphql.codes import ERROR_DOCS
from core.graphql.http.operations import HTMLPage
from tests.core.graphql.server import RunningServer, graphql_server


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with graphql_server(
        origins=("https://app.example.org",),
        page=HTMLPage(b"<h1>Page</h1>", ((b"x-page", b"yes"),)),
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors have no link to docs/errors.md, which other tests of the process may have switched on."""
    monkeypatch.setattr(ERROR_DOCS, "url", None)
