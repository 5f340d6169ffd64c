"""The list of the longest files names files that exist."""

from __future__ import annotations

from tests.longest_first import LONGEST_FIRST
from tests.paths import ROOT


def test_every_file_exists_and_is_named_once() -> None:
    assert len(LONGEST_FIRST) == len(set(LONGEST_FIRST)) > 20
    assert [name for name in LONGEST_FIRST if not (ROOT / "tests" / name).is_file()] == []
