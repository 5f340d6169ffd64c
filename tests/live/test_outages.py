"""Under more clients than the pool can serve, and while servers are away, there are only clear errors; then none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.outages import run
from tests.live.surroundings import surroundings


@pytest.mark.timeout(300)
async def test_errors_are_clear_and_end_with_their_cause(tmp_path: Path) -> None:
    with surroundings(tmp_path) as around:
        stages = await run(tmp_path, around.postgres, around.valkey, clients=150, away=4)
    few, many, *_, again = stages
    for stage in stages:
        assert stage.unclear == [], stage
        assert stage.answers["200"], stage
    assert few.errors == again.errors == 0
    assert many.errors > 0, "the pool was not exhausted"
