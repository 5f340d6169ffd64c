"""After a crash of PostgreSQL no subscriber misses an event unnoticed."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.live.crash import crash_round
from tests.live.surroundings import Surroundings, surroundings


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    with surroundings(tmp_path_factory.mktemp("around")) as found:
        yield found


@pytest.mark.parametrize("seed", range(3))
async def test_a_crash_leaves_no_gap(around: Surroundings, seed: int) -> None:
    came = await crash_round(around, random.Random(seed))
    assert came.resumed
    assert (came.missed, came.missed_live, came.twice) == (0, 0, 0)
