"""Where a reader of a list stands towards newer rows, so that a gap closes without a hole.

A key is given when a row is inserted, and the row is seen once its transaction has been committed; so a row may
appear below keys that were read before. Whoever reads on towards newer rows is to be given it all the same, and
nothing twice. A statement therefore also gives a horizon: a key that all running transactions' keys are above, and
the snapshot in which it looked. For a row at or below the horizon its key says all. For one above it, a place says
as well what was seen: the rows up to that key that the snapshot saw, judged by the transaction that inserted them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

SEEN_AT_MOST = 16
"""More arise only where one reader after another gets several late rows in pages that are too small for them."""


class Seen(NamedTuple):
    """Rows that a reader has seen: those with a key up to here that the snapshot saw."""

    up_to: int
    snapshot: str
    """As PostgreSQL writes it: xmin:xmax:running,…"""


class Place(NamedTuple):
    """A reader's place in a list: at a row's key, and what they have seen of the rows above the baseline."""

    position: int
    baseline: int
    """Nothing is to come at or below this key."""
    seen: tuple[Seen, ...] = ()

    def numbers(self) -> list[int]:
        """The place as numbers that are not negative."""
        numbers = [self.position, self.position - self.baseline]
        for up_to, snapshot in self.seen:
            _xmin, xmax, in_progress = snapshot.split(":")
            running = sorted(map(int, in_progress.split(",")), reverse=True) if in_progress else []
            steps = [a - b for a, b in zip([int(xmax), *running], running, strict=False)]
            numbers += [up_to - self.position, int(xmax), len(running), *steps]
        return numbers


START = Place(0, 0)
"""Before all rows."""


def place_from_numbers(numbers: Sequence[int]) -> Place:
    """The place that gave these numbers. Errors: ValueError."""
    position, below, *rest = numbers
    seen = []
    while rest:
        above, xmax, count, *rest = rest
        last, running = xmax, []
        for step in rest[:count]:
            last -= step
            running.append(last)
        in_progress = ",".join(map(str, reversed(running)))
        seen.append(Seen(position + above, f"{last}:{xmax}:{in_progress}"))
        rest = rest[count:]
    return Place(position, position - below, tuple(seen))


class Horizon(NamedTuple):
    """What a statement may have been too early to see: rows above a key that its snapshot did not see."""

    key: int
    snapshot: str
    before: Place | None = None
    """Where the reader stood who was given the rows, if they read towards newer ones."""

    def place(self, position: int) -> Place:
        """The place at a row that the statement gave."""
        before = self.before
        baseline = min(position, self.key)
        seen: tuple[Seen, ...] = ()
        if before is not None:
            baseline = max(baseline, before.baseline)
            seen = tuple(each for each in before.seen if each.up_to > position)
        if position > self.key:
            # The newest snapshot must stay: without it the same rows would come again and again. So must the oldest,
            # which has the most rows. Where another is missing, an older one says what was seen but for a few rows.
            kept = seen if len(seen) < SEEN_AT_MOST else (seen[0], *seen[-SEEN_AT_MOST + 2 :])
            seen = (*kept, Seen(position, self.snapshot))
        return Place(position, baseline, seen)


@lru_cache(maxsize=64)
def horizon_from_text(text: str) -> Horizon:
    """The horizon in what `_list_snapshot.sql` gives."""
    key, xmin, xmax, in_progress = text.split(":")[:4]
    return Horizon(int(key), f"{xmin}:{xmax}:{in_progress}")
