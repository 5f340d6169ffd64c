"""Random users and times, distributed as in real feeds."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

WINDOW = timedelta(days=30)
STEEPNESS = 0.9  # The exponent of the weight by rank; 1 is Zipf's law.
BURSTS = 12
BURST_LENGTH = timedelta(hours=2)
DELAY = timedelta(hours=6)


class Crowd:
    """Picks users by activity or popularity, both of which follow Zipf-like laws."""

    def __init__(self, chance: Random, size: int) -> None:
        self._chance = chance
        self._last = size - 1
        weights = [1 / (rank + 1) ** STEEPNESS for rank in range(size)]
        self._reach = list(accumulate(weights))
        self._by_activity = chance.sample(range(size), size)
        self._by_popularity = chance.sample(range(size), size)
        mean = self._reach[-1] / size
        self.popularity = dict(
            zip(self._by_popularity, (weight / mean for weight in weights), strict=True)
        )
        """Popularity by user. Units: the mean is 1."""

    def active(self) -> int:
        """A random user, weighted by activity."""
        return self._by_activity[self._rank()]

    def popular(self) -> int:
        """A random user, weighted by popularity."""
        return self._by_popularity[self._rank()]

    def most_popular(self, at_most: int) -> list[int]:
        return self._by_popularity[:at_most]

    def _rank(self) -> int:
        place = self._chance.random() * self._reach[-1]
        return min(bisect_right(self._reach, place), self._last)


class Calendar:
    """Picks times in the 30 days before `until`."""

    def __init__(self, chance: Random, until: datetime) -> None:
        self._chance = chance
        self.since = until - WINDOW
        self.until = until
        self._bursts = [self.any_time() for _ in range(BURSTS)]

    def any_time(self, since: datetime | None = None) -> datetime:
        since = max(self.since, since or self.since)
        return since + (self.until - since) * self._chance.random()

    def busy_time(self) -> datetime:
        """A random time, in half of the cases within one of a few bursts."""
        if self._chance.random() < 0.5:
            return self.soon_after(self._chance.choice(self._bursts), BURST_LENGTH)
        return self.any_time()

    def soon_after(self, moment: datetime, delay: timedelta = DELAY) -> datetime:
        """A random later time, mostly within the delay."""
        later = moment + delay * self._chance.expovariate(1)
        if later < self.until:
            return later
        return moment + (self.until - moment) * self._chance.random()
