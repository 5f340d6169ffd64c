"""Figures for Prometheus, kept as plain numbers.

They take the calls of Prometheus' library, and the library reads them when somebody asks: until then it is
not loaded, for its memory is of no use to feeds.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from copy import copy
from itertools import accumulate
from math import inf
from time import time
from typing import ClassVar, NamedTuple, Self

__all__ = ["Counter", "Figure", "Gauge", "Histogram"]


class Sample(NamedTuple):
    """One number of a figure."""

    suffix: str
    labels: dict[str, str]
    value: float


class Figure(ABC):
    """One figure, or one for each combination of its labels' values."""

    all: ClassVar[list[Figure]] = []
    """In the order of their making."""
    kind: ClassVar[str]

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str] = (),
        **_for_the_library: str,
    ) -> None:
        self.name = name
        self.documentation = documentation
        self._labels = labels
        self._labelled: dict[tuple[str, ...], Self] = {}
        self.begin()
        self.all.append(self)

    def labels(self, *values: object) -> Self:
        """The one with these values."""
        said = tuple(map(str, values))
        one = self._labelled.get(said)
        if one is None:
            one = self._labelled[said] = copy(self)
            one.begin()
        return one

    def samples(self) -> Iterator[Sample]:
        """The figure as it is now, as the library would tell it."""
        if not self._labels:
            yield from self.own_samples()
        for values, one in self._labelled.items():
            labels = dict(zip(self._labels, values, strict=True))
            for sample in one.own_samples():
                yield sample._replace(labels=labels)

    @abstractmethod
    def begin(self) -> None:
        """From nothing."""

    @abstractmethod
    def own_samples(self) -> Iterator[Sample]:
        """Without its labels."""


class Counter(Figure):
    kind = "counter"

    def begin(self) -> None:
        self.value = 0.0
        self._since = time()

    def inc(self, amount: float = 1) -> None:
        self.value += amount

    def own_samples(self) -> Iterator[Sample]:
        yield Sample("_total", {}, self.value)
        yield Sample("_created", {}, self._since)


class Gauge(Figure):
    kind = "gauge"

    def begin(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1) -> None:
        self.value += amount

    def dec(self, amount: float = 1) -> None:
        self.value -= amount

    def set(self, value: float) -> None:
        self.value = value

    def own_samples(self) -> Iterator[Sample]:
        yield Sample("", {}, self.value)


class Histogram(Figure):
    """Without labels."""

    kind = "histogram"

    def __init__(self, name: str, documentation: str, *, buckets: Sequence[float]) -> None:
        self._bounds = [*map(float, buckets), inf]
        super().__init__(name, documentation)

    def begin(self) -> None:
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0
        self._since = time()

    def observe(self, amount: float) -> None:
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def own_samples(self) -> Iterator[Sample]:
        for bound, count in zip(self._bounds, accumulate(self._counts), strict=True):
            yield Sample("_bucket", {"le": "+Inf" if bound == inf else str(bound)}, count)
        yield Sample("_count", {}, sum(self._counts))
        yield Sample("_sum", {}, self._sum)
        yield Sample("_created", {}, self._since)


if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    # Processes that share their figures do so through the library's files.
    from prometheus_client import Counter, Gauge, Histogram  # type: ignore[assignment]
