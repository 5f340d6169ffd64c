"""Positions in a list: what a cursor records, so that paging towards newer rows neither skips nor repeats one.

A row gets its key when it is inserted and becomes visible when its transaction commits, so it may appear below keys
that were read before. A reader who pages towards newer rows must get it all the same, once. So there is a horizon: a
key below those of all running transactions. At or below the horizon a row's key suffices as the position. For rows
above it a statement also returns its snapshot. Above it, the position also records which rows were seen: those up to
the key whose inserting transaction the snapshot saw.
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


class ListPosition(NamedTuple):
    """A reader's position in a list: the key of a row, and which rows above the lower bound the reader has seen."""

    key: int
    lower_bound: int
    """No unseen row has this key or a lower one."""
    seen: tuple[Seen, ...] = ()

    def numbers(self) -> list[int]:
        """The position as non-negative numbers."""
        numbers = [self.key, self.key - self.lower_bound]
        for up_to, snapshot in self.seen:
            _xmin, xmax, in_progress = snapshot.split(":")
            running = sorted(map(int, in_progress.split(",")), reverse=True) if in_progress else []
            steps = [a - b for a, b in zip([int(xmax), *running], running, strict=False)]
            numbers += [up_to - self.key, int(xmax), len(running), *steps]
        return numbers


LIST_START = ListPosition(0, 0)
"""Before all rows."""


def list_position_from_numbers(numbers: Sequence[int]) -> ListPosition:
    """The inverse of `ListPosition.numbers`. Errors: ValueError."""
    key, below, *rest = numbers
    seen = []
    while rest:
        above, xmax, count, *rest = rest
        last, running = xmax, []
        for step in rest[:count]:
            last -= step
            running.append(last)
        in_progress = ",".join(map(str, reversed(running)))
        seen.append(Seen(key + above, f"{last}:{xmax}:{in_progress}"))
        rest = rest[count:]
    return ListPosition(key, key - below, tuple(seen))


class Horizon(NamedTuple):
    """The rows that a statement may have missed: those with keys above `key` that its snapshot did not see."""

    key: int
    snapshot: str
    before: ListPosition | None = None
    """The reader's position before the statement, if it read towards newer rows."""

    def position_at(self, key: int) -> ListPosition:
        """The position at a row of the statement."""
        before = self.before
        lower_bound = min(key, self.key)
        seen: tuple[Seen, ...] = ()
        if before is not None:
            lower_bound = max(lower_bound, before.lower_bound)
            seen = tuple(each for each in before.seen if each.up_to > key)
        if key > self.key:
            # The newest snapshot is needed: without it the same rows would be returned for ever. The oldest covers
            # the most rows. Where another one is dropped, an older one still covers all but a few rows.
            retained = seen if len(seen) < MAX_SEEN else (seen[0], *seen[-MAX_SEEN + 2 :])
            seen = (*retained, Seen(key, self.snapshot))
        return ListPosition(key, lower_bound, seen)


@lru_cache(maxsize=64)
def horizon_from_text(key: int, text: str) -> Horizon:
    """The horizon at a key, with the snapshot in the text that `_snapshot_above.sql` or `_log_snapshot.sql` returns."""
    return Horizon(key, ":".join(text.split(":", 3)[:3]))
