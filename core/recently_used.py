"""A bounded cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class RecentlyUsed(Generic[K, V]):
    """The values that were used last, up to a number of them and a total weight. Thread-safe.

    For results of a function of its arguments, `functools.lru_cache` does the same.
    """

    __slots__ = ("_limit", "_lock", "_values", "_weigh", "_weight_limit", "weight")

    def __init__(
        self, limit: int, *, weight_limit: int = 0, weigh: Callable[[V], int] = lambda _: 0
    ) -> None:
        self._limit = limit
        self._weight_limit = weight_limit
        self._weigh = weigh
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()
        self.weight = 0
        """The weight of all values."""

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value, if it is present. Errors: TypeError for a key that can't be hashed."""
        try:
            found = self._values[key]
            self._values.move_to_end(key)
        except KeyError:
            return None
        return found

    def put(self, key: K, value: V) -> list[V]:
        """Adds a value, and returns the values that it replaces: the old one of the key, and those used longest ago.

        A value above the weight limit replaces all others and itself.
        """
        with self._lock:
            values, weigh = self._values, self._weigh
            replaced = [values.pop(key)] if key in values else []
            values[key] = value
            self.weight += weigh(value) - sum(map(weigh, replaced))
            while len(values) > self._limit or self.weight > self._weight_limit:
                # At once, not through an iterator: another thread may move a value meanwhile.
                _, oldest = values.popitem(last=False)
                self.weight -= weigh(oldest)
                replaced.append(oldest)
        return replaced
