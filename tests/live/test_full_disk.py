"""A full disk of PostgreSQL loses nothing that was acknowledged, and ends when there is space again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.live.full_disk import measure


@pytest.mark.timeout(300)
def test_a_full_disk_refuses_writes_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, os.environ[name])  # Set back at the end.
    try:
        measure(tmp_path, 6)
    except SystemExit as refused:
        pytest.skip(str(refused))
