"""Cheap metrics for Prometheus: for what happens at each request and each statement."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client import Counter, Histogram
from prometheus_client.samples import Sample

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
"""Upper bounds for durations of requests and statements."""


class Tally(Histogram):
    """A histogram with `add`, a cheaper `observe`.

    `add` counts in plain numbers. They become visible when this process is scraped or calls `export_tallies`: processes
    that share their metrics do it in files, which to write at each request would cost 1 to 2 µs a value.
    """

    def _metric_init(self) -> None:
        super()._metric_init()
        self._counts = [0] * len(self._upper_bounds)
        self._exported = self._counts.copy()
        self._total = self._exported_total = 0.0
        TALLIES.append(self)

    def add(self, value: float) -> None:
        """Counts one value."""
        self._counts[bisect_left(self._upper_bounds, value)] += 1
        self._total += value

    def export(self) -> None:
        """Makes visible what was added since the last call."""
        # Numbers only grow, and are read once: a thread that adds meanwhile is seen the next time.
        counts, total = self._counts.copy(), self._total
        if counts == self._exported:
            return
        self._sum.inc(total - self._exported_total)
        for bucket, now, before in zip(self._buckets, counts, self._exported, strict=True):
            if now != before:
                bucket.inc(now - before)
        self._exported, self._exported_total = counts, total

    def _child_samples(self) -> Iterable[Sample]:
        self.export()
        return super()._child_samples()


class CountTally(Counter):
    """A counter with `add`, a cheaper `inc`, which becomes visible as that of a `Tally` does."""

    def _metric_init(self) -> None:
        super()._metric_init()
        self._count = self._exported = 0
        TALLIES.append(self)

    def add(self) -> None:
        """Counts one."""
        self._count += 1

    def export(self) -> None:
        """Makes visible what was added since the last call."""
        count = self._count
        self.inc(count - self._exported)
        self._exported = count

    def _child_samples(self) -> Iterable[Sample]:
        self.export()
        return super()._child_samples()


TALLIES: list[Tally | CountTally] = []
"""All of this process that have values: those without labels, and the children of the others."""


def export_tallies() -> None:
    """Exports all tallies of this process."""
    for one in tuple(TALLIES):
        one.export()
