"""Sockets that never complete a request do no harm to others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.half_open import run

SOCKETS = 1_000
MIB_EACH = 0.02


@pytest.mark.usefixtures("database")
async def test_a_thousand_half_open_sockets_do_no_harm(tmp_path: Path) -> None:
    outcome = await run(tmp_path, SOCKETS, seconds=3, head_seconds=5)
    assert outcome.closed == SOCKETS
    before, meanwhile = outcome.memory
    assert meanwhile - before < SOCKETS * MIB_EACH
