"""A cache of the values used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class RecentlyUsed(Generic[K, V]):
    """The values that were used last, up to a limit."""

    __slots__ = ("_limit", "_values")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """Errors: TypeError for a key that can't be hashed."""
        values = self._values
        found = values.get(key)
        if found is not None:
            try:
                values.move_to_end(key)
            except KeyError:  # Another thread has just removed it.
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        values = self._values
        # A new entry is the last one; one that is there already stays where it is until it is used.
        values[key] = value
        while len(values) > self._limit:
            values.popitem(last=False)
