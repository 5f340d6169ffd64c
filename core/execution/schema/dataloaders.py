"""Dataloaders, and fields that are resolved by them, for both executors."""

from __future__ import annotations

import asyncio
import inspect
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from strawberry.dataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loader(ABC, Generic[K, V]):
    """Values by key, fetched together; one instance serves one request and one set of arguments."""

    # Made when it is first needed: it refers back to its loader, and a cycle a request is garbage that
    # stays until the collector comes.
    _one_by_one: DataLoader[K, V] | None = None
    _callers: Counter[asyncio.Future[V]]
    """How many callers await each value."""
    _batch_of: dict[K, Batch[K, V]] | None = None
    """The batch of each key of `load_all`."""
    _primed: dict[K, V] | None = None
    _next: Batch[K, V] | None = None
    """The batch that has not begun."""

    @abstractmethod
    async def fetch(self, keys: list[K]) -> Sequence[V | BaseException]:
        """One value, or the exception to raise in its place, for each of the distinct `keys`, in their order."""

    async def load(self, key: K) -> V:
        """The value of one key, fetched together with those that are requested in the same turn of the loop.

        A caller that is cancelled leaves the value to the others that wait for it; the last one cancels it.
        """
        value = asyncio.ensure_future(self._alone().load(key))
        callers = self._callers
        callers[value] += 1
        try:
            return await asyncio.shield(value)
        except asyncio.CancelledError:
            if callers[value] == 1:
                value.cancel()
            raise
        finally:
            callers[value] -= 1
            if not callers[value]:
                del callers[value]

    async def load_all(self, keys: Sequence[K]) -> list[V | BaseException]:
        """One value, or exception, for each of `keys`, kept for later calls.

        Fetched together with those that other callers request in the same turn of the loop, for one future each.
        """
        if self._batch_of is None:
            self._batch_of = {}
        found, primed = self._batch_of, self._primed or {}
        new = [key for key in keys if key not in found and key not in primed]
        if new:
            batch = self._next
            if batch is None or batch.has_begun:
                batch = self._next = Batch(self.fetch)
            batch.keys.update(dict.fromkeys(new))
            found.update(dict.fromkeys(new, batch))
        for batch in dict.fromkeys(found[key] for key in keys if key not in primed):
            await batch.wait()
        return [primed[key] if key in primed else found[key].values[key] for key in keys]

    def prime(self, key: K, value: V) -> None:
        """Gives `load` and `load_all` a value that is known already."""
        if self._primed is None:
            self._primed = {}
        self._primed[key] = value
        self._alone().prime(key, value)

    def _alone(self) -> DataLoader[K, V]:
        if self._one_by_one is None:
            self._one_by_one = DataLoader(load_fn=self._fetch_or_end)
            self._callers = Counter()
        return self._one_by_one

    async def _fetch_or_end(self, keys: list[K]) -> Sequence[V | BaseException]:
        """The values. What ends the fetch ends each `load`, too: the DataLoader would leave them waiting."""
        try:
            return await self.fetch(keys)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001  # raised by each `load`
            return [error] * len(keys)

    async def load_batch(self, keys: Sequence[K]) -> list[V | BaseException]:
        """One value, or exception, for each of `keys` (which may repeat), in their order, in one batch.

        Makes no futures: all keys of a batch are known when it is called.
        """
        distinct = list(dict.fromkeys(keys))
        values = await self.fetch(distinct)
        if len(distinct) == len(keys) == len(values):
            return list(values)
        by_key = dict(zip(distinct, values, strict=True))
        return [by_key[key] for key in keys]


class Batch(Generic[K, V]):
    """Keys that several callers have fetched together."""

    def __init__(self, fetch: Callable[[list[K]], Awaitable[Sequence[V | BaseException]]]) -> None:
        self.keys: dict[K, None] = {}
        self.values: dict[K, V | BaseException] = {}
        self.has_begun = False
        self._fetch = fetch
        self._task = asyncio.ensure_future(self._run())
        self._callers = 0

    async def wait(self) -> None:
        """Returns when the values are there. Errors: of the fetch.

        A caller that is cancelled leaves the fetch to the others; the last one cancels it.
        """
        self._callers += 1
        try:
            await asyncio.shield(self._task)
        except asyncio.CancelledError:
            if self._callers == 1:
                self._task.cancel()
            raise
        finally:
            self._callers -= 1

    async def _run(self) -> None:
        # In the next turn of the loop.
        self.has_begun = True
        keys = list(self.keys)
        self.values.update(zip(keys, await self._fetch(keys), strict=True))


class UseLoader(NamedTuple):
    """How a field is resolved by a loader: the key is an attribute of the parent; `choose` gives the loader."""

    key: str
    choose: Callable[..., Loader[Any, Any]]


def loaded(key: str) -> Callable[[Callable[..., Loader[Any, Any]]], Callable[..., Awaitable[Any]]]:
    """A resolver made from a function that chooses the loader: `(info, **arguments) -> Loader`.

    `key` names the attribute of the parent that is the loader's key; a parent whose key is None gets null.
    The chooser is called once for a batch of parents, so it can't depend on the parent.
    Use below `@strawberry.field(graphql_type=...)`.
    """
    read_key = attrgetter(key)

    def declare(choose: Callable[..., Loader[Any, Any]]) -> Callable[..., Awaitable[Any]]:
        async def resolve(self: Any, info: Any, **arguments: Any) -> Any:
            found = read_key(self)
            return None if found is None else await choose(info, **arguments).load(found)

        signature = inspect.signature(choose)
        itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        resolve.__signature__ = signature.replace(  # type: ignore[attr-defined]  # functions may carry one
            parameters=[itself, *signature.parameters.values()]
        )
        resolve.__name__, resolve.__qualname__ = choose.__name__, choose.__qualname__
        resolve.__module__, resolve.__doc__ = choose.__module__, choose.__doc__
        resolve.__annotations__ = choose.__annotations__
        resolve.__resolution__ = UseLoader(key, choose)  # type: ignore[attr-defined]
        return resolve

    return declare
