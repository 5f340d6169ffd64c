"""Settings of Python's garbage collector."""

from __future__ import annotations

import gc

THRESHOLDS = (10_000, 10, 5)
"""Allocations before a collection of the youngest generation; collections before one of the next generation.

So at most some 500,000 unreachable objects in cycles wait, which take 70 MiB: see
docs/decisions/cycle-free-connections.md.
"""


def tune_garbage_collection() -> None:
    """Exempts the objects of the start, sets THRESHOLDS, and enables the collector.

    A page creates some hundred objects and releases them all at its end. With the default thresholds the collector
    would run during every page. The garbage of the start stays: to find its 0.4 MB takes a tenth of the start.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
