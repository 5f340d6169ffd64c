"""Small writes are not starved by many readers of heavy pages."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from tests.live.overload import run

READERS = 100


@pytest.mark.usefixtures("database")
async def test_writes_are_not_starved_by_a_hundred_readers(tmp_path: Path) -> None:
    outcome = await run(tmp_path, readers=READERS, seconds=3)
    print(outcome)
    assert outcome.failed_writes == []
    # They would take as long as the reads if they stood in one line with them.
    assert median(outcome.writes) < median(outcome.reads) / 3
