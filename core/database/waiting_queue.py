"""Callers that wait for a connection to PostgreSQL, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable
from contextvars import ContextVar

from asyncpg import Connection

from core.database.pool_metrics import POOL_REFUSALS
from core.database.usage import USAGE

WAITING_AT_MOST = 1_000
HAS_PRIORITY: ContextVar[bool] = ContextVar("HAS_PRIORITY", default=False)
"""Whether acquires in this context wait in the priority queue, which gets every second connection."""

Waiter = asyncio.Future[Connection]


class PoolExhausted(Exception):
    """No connection became free in time, or too many callers wait for one."""


class WaitingQueue:
    """Two queues of waiters with their deadlines, served alternately: with priority and without."""

    def __init__(self, at_most: int) -> None:
        """`at_most`: the length of each queue. Readers fill only their own, so writes still find room."""
        self._at_most = at_most
        self._priority = Turns()
        self._others = Turns()
        self._queues = (self._priority, self._others)
        """The queue to be served next comes first."""

    def __len__(self) -> int:
        return len(self._priority) + len(self._others)

    def append(self, deadline: float, waiter: Waiter) -> None:
        """Adds a waiter to the queue that `HAS_PRIORITY` selects.

        Errors: PoolExhausted if it is full, or more than half of it is of the same user. The first statement of a
        request decides whether it is served: to refuse a later one would waste the others.
        """
        queue = self._priority if HAS_PRIORITY.get() else self._others
        usage = USAGE.get()
        user = None if usage is None else usage.viewer_id
        key: Hashable = waiter if user is None else user
        if self._is_full_for(queue, key):
            queue.drop_done()
            has_begun = usage is not None and usage.statements > 0
            if self._is_full_for(queue, key) and not has_begun:
                POOL_REFUSALS.inc()
                raise PoolExhausted(f"{len(queue)} callers wait for a connection")
        queue.append(key, deadline, waiter)

    def _is_full_for(self, queue: Turns, user: Hashable) -> bool:
        return len(queue) >= self._at_most or 2 * queue.length_of(user) > self._at_most

    def first(self) -> Waiter | None:
        """A waiter that is not done, or None."""
        return self._queues[0].first() or self._queues[1].first()

    def next(self) -> Waiter | None:
        """Removes and returns the waiter to be served next, or None."""
        for served, other in (self._queues, self._queues[::-1]):
            waiter = served.next()
            if waiter is not None:
                self._queues = (other, served)
                return waiter
        return None

    def expired(self, now: float) -> list[Waiter]:
        """Removes and returns the waiters whose deadline has passed."""
        return [*self._priority.expired(now), *self._others.expired(now)]

    def deadlines(self) -> list[float]:
        """The earliest deadline of each user in each queue."""
        return [*self._priority.deadlines(), *self._others.deadlines()]

    def fail_all(self, error: Exception) -> None:
        """Fails all waiters."""
        while (waiter := self.next()) is not None:
            waiter.set_exception(error)


class Turns:
    """Waiters of users who take turns: one user's slow statements delay another's by one of them, not by all."""

    def __init__(self) -> None:
        self._users: OrderedDict[Hashable, deque[tuple[float, Waiter]]] = OrderedDict()
        """The waiters of each in the order of their arrival. Whose turn it is comes first."""
        self._length = 0

    def __len__(self) -> int:
        """With waiters that have been cancelled, until it is their turn."""
        return self._length

    def length_of(self, user: Hashable) -> int:
        return len(self._users.get(user, ()))

    def append(self, user: Hashable, deadline: float, waiter: Waiter) -> None:
        """Adds a waiter. `user`: the waiter itself for one that is nobody's."""
        self._users.setdefault(user, deque()).append((deadline, waiter))
        self._length += 1

    def first(self) -> Waiter | None:
        """The waiter whose turn it is, which is not done; or None."""
        while self._users:
            user, waiters = next(iter(self._users.items()))
            while waiters:
                waiter = waiters[0][1]
                if not waiter.done():
                    return waiter
                waiters.popleft()
                self._length -= 1
            del self._users[user]
        return None

    def next(self) -> Waiter | None:
        """Removes and returns the waiter whose turn it is, or None."""
        waiter = self.first()
        if waiter is not None:
            user, waiters = self._users.popitem(last=False)
            waiters.popleft()
            self._length -= 1
            if waiters:
                self._users[user] = waiters
        return waiter

    def drop_done(self) -> None:
        """Removes the waiters that are done."""
        for user, waiters in list(self._users.items()):
            left = deque(each for each in waiters if not each[1].done())
            self._length -= len(waiters) - len(left)
            if left:
                self._users[user] = left
            else:
                del self._users[user]

    def expired(self, now: float) -> list[Waiter]:
        """Removes and returns the waiters whose deadline has passed."""
        found = []
        for user, waiters in list(self._users.items()):
            while waiters and (waiters[0][0] <= now or waiters[0][1].done()):
                waiter = waiters.popleft()[1]
                self._length -= 1
                if not waiter.done():
                    found.append(waiter)
            if not waiters:
                del self._users[user]
        return found

    def deadlines(self) -> list[float]:
        """The earliest deadline of each user."""
        return [waiters[0][0] for waiters in self._users.values() if waiters]
