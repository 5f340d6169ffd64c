"""While servers are away, and under more clients than the pool can serve, there are only clear errors; then none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.kills import problems
from tests.live.outages import SERVER, faults, run
from tests.live.surroundings import surroundings


@pytest.mark.timeout(300)
async def test_errors_are_clear_and_end_with_their_cause(tmp_path: Path) -> None:
    with surroundings(tmp_path, **SERVER) as around:
        record, stages = await run(around, readers=150, away=1)
        assert await problems(around, record) == {}, record.unclear[:5]
        assert faults(around) == []
    for stage in stages:
        assert stage.unclear == [], stage
        assert any(answer.error is None for answer in stage.answers), stage
        assert stage.late_errors == 0, stage
    assert any(stage.errors for stage in stages[4:]), "the pool was not exhausted"
    assert not stages[0].errors
