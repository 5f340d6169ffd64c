"""Processes that are killed under writers lose nothing and double nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.live.kills import KINDS, kill_under_load, problems
from tests.live.surroundings import surroundings


@pytest.mark.timeout(300)
async def test_each_kind_of_process_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    with surroundings(tmp_path) as around:
        record = await kill_under_load(around, len(KINDS), random.Random(1))
        assert await problems(around, record) == {}, record.unclear[:5]
    assert len(record.posts) > 2 * len(KINDS)
    assert all(len(seconds) == 1 for seconds in record.away.values())
