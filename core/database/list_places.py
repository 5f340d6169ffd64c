"""Places in a list: what a cursor records, so that paging towards newer rows neither skips nor repeats one.

A row gets its key when it is inserted and becomes visible when its transaction commits, so it may appear below keys
that were read before. A reader who pages towards newer rows must get it all the same, once. A statement therefore
also returns a horizon: a key below those of all running transactions, and the snapshot of the statement. At or below
the horizon a row's key suffices as the place. Above it the place also records which rows were seen: those up to the
key whose inserting transaction the snapshot saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

MAX_SEEN = 16
"""More arise only where several late rows in a row don't fit into the reader's pages."""


class Seen(NamedTuple):
    """Rows that a reader has seen: those with keys up to `up_to` that were visible in the snapshot."""

    up_to: int
    snapshot: str
    """PostgreSQL's text of it: xmin:xmax:running,…"""


class Place(NamedTuple):
    """A reader's place in a list: the key of a row, and which rows above the lower bound the reader has seen."""

    position: int
    lower_bound: int
    """No unseen row has this key or a lower one."""
    seen: tuple[Seen, ...] = ()

    def numbers(self) -> list[int]:
        """The place as non-negative numbers."""
        numbers = [self.position, self.position - self.lower_bound]
        for up_to, snapshot in self.seen:
            _xmin, xmax, in_progress = snapshot.split(":")
            running = sorted(map(int, in_progress.split(",")), reverse=True) if in_progress else []
            steps = [a - b for a, b in zip([int(xmax), *running], running, strict=False)]
            numbers += [up_to - self.position, int(xmax), len(running), *steps]
        return numbers


START = Place(0, 0)
"""Before all rows."""


def place_from_numbers(numbers: Sequence[int]) -> Place:
    """The inverse of `Place.numbers`. Errors: ValueError."""
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
    """The rows that a statement may have missed: those with keys above `key` that its snapshot did not see."""

    key: int
    snapshot: str
    before: Place | None = None
    """The reader's place before the statement, if it read towards newer rows."""

    def place(self, position: int) -> Place:
        """The place at a row of the statement."""
        before = self.before
        lower_bound = min(position, self.key)
        seen: tuple[Seen, ...] = ()
        if before is not None:
            lower_bound = max(lower_bound, before.lower_bound)
            seen = tuple(each for each in before.seen if each.up_to > position)
        if position > self.key:
            # The newest snapshot is needed: without it the same rows would be returned for ever. The oldest covers
            # the most rows. Where another one is dropped, an older one still covers all but a few rows.
            retained = seen if len(seen) < MAX_SEEN else (seen[0], *seen[-MAX_SEEN + 2 :])
            seen = (*retained, Seen(position, self.snapshot))
        return Place(position, lower_bound, seen)


@lru_cache(maxsize=64)
def horizon_from_text(text: str) -> Horizon:
    """The horizon in the text that `_list_snapshot.sql` returns."""
    key, xmin, xmax, in_progress = text.split(":")[:4]
    return Horizon(int(key), f"{xmin}:{xmax}:{in_progress}")
