"""A server for each module and executor, an empty database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.conftest import api
from tests.live.world import serving

__all__ = ["api"]


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "standard"])
def address(django_db_setup: None, request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(compiled_execution=request.param) as address:
        yield address
