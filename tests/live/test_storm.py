"""Writes of all kinds at once leave correct counts, hide what a block hides, and end with their session."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from core.database.database import Database
from tests.commands import output_of
from tests.live.storm import storm
from tests.live.storm_record import REVOCATION_SECONDS

SECONDS = 8.0


async def test_a_storm_of_blocks_sign_outs_and_deletions(
    database: Database, tmp_path: Path
) -> None:
    found = await storm(tmp_path, database, seconds=SECONDS, seed=1)
    print(found)
    # A process that gets no processor time learns of a session's end as late as it answers.
    assert found.faults(late_seconds=REVOCATION_SECONDS + found.requests.slowest) == []
    assert found.hidden_writes
    assert any(session.refused for session in found.sessions)
    await asyncio.to_thread(output_of, sys.executable, "manage.py", "reconcile_counts")
