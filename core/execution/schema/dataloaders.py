"""Dataloaders, and fields that are resolved by them, for both executors."""

from __future__ import annotations

import asyncio
import inspect
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
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
    _fetches: dict[asyncio.Task[Any], list[K]]
    """The keys that each task fetches."""
    _primed: dict[K, V] | None = None

    @abstractmethod
    async def fetch(self, keys: list[K]) -> Sequence[V | BaseException]:
        """One value, or the exception to raise in its place, for each of the distinct `keys`, in their order."""

    async def load(self, key: K) -> V:
        """The value of one key, fetched together with those that are requested in the same turn of the loop.

        A caller that is cancelled leaves the value to the others that wait for it. The last one cancels it, and the
        last one of a batch waits until the fetch has ended.
        """
        value = asyncio.ensure_future(self._alone().load(key))
        callers = self._callers
        callers[value] += 1
        try:
            return await asyncio.shield(value)
        except asyncio.CancelledError:
            if callers[value] == 1:
                value.cancel()
                await self._fetch_ends(key)
            raise
        finally:
            callers[value] -= 1
            if not callers[value]:
                del callers[value]

    async def _fetch_ends(self, key: K) -> None:
        """Returns when the fetch of a cancelled key has ended, or at once if others wait for what it fetches."""
        fetch = next((task for task, keys in self._fetches.items() if key in keys), None)
        if fetch is None or any(map(self._is_awaited, self._fetches[fetch])):
            return
        # The DataLoader cancels it. A caller that is cancelled meanwhile cancels it again.
        while not fetch.done():
            try:
                await asyncio.wait([fetch])
            except asyncio.CancelledError:
                fetch.cancel()

    def _is_awaited(self, key: K) -> bool:
        value = self._alone().cache_map.get(key)
        return value is not None and not value.cancelled()

    def prime(self, key: K, value: V) -> None:
        """Gives `load` and `load_batch` a value that is known already."""
        if self._primed is None:
            self._primed = {}
        self._primed[key] = value
        self._alone().prime(key, value)

    def _alone(self) -> DataLoader[K, V]:
        if self._one_by_one is None:
            from strawberry.dataloader import DataLoader  # noqa: PLC0415  # with all of Strawberry

            self._one_by_one = DataLoader(load_fn=self._fetch_or_end)
            self._callers = Counter()
            self._fetches = {}
        return self._one_by_one

    async def _fetch_or_end(self, keys: list[K]) -> Sequence[V | BaseException]:
        """The values. What ends the fetch ends each `load`, too: the DataLoader would leave them waiting."""
        task: Any = asyncio.current_task()
        self._fetches[task] = keys
        try:
            return await self.fetch(keys)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001  # raised by each `load`
            return [error] * len(keys)
        finally:
            del self._fetches[task]

    async def load_batch(self, keys: Sequence[K]) -> Sequence[V | BaseException]:
        """One value, or exception, for each of `keys` (which may repeat), in their order, in one batch.

        Makes no futures: all keys of a batch are known when it is awaited.
        """
        primed = self._primed or {}
        distinct = list(dict.fromkeys(keys))
        if primed:
            distinct = [key for key in distinct if key not in primed]
        values = await self.fetch(distinct) if distinct else []
        if len(distinct) == len(keys) == len(values):
            return values
        by_key = {**primed, **dict(zip(distinct, values, strict=True))}
        return [by_key[key] for key in keys]


class UseLoader(NamedTuple):
    """How a field is resolved by a loader: the key is an attribute of the parent; `choose` gives the loader."""

    key: str
    choose: Callable[..., Loader[Any, Any]]
    attribute: str | None = None
    """Which attribute of the loaded object is the value; None if it is the object. Such fields share a batch."""

    def value(self, found: Any) -> Any:
        """The value of the field, of what was loaded."""
        return found if self.attribute is None else getattr(found, self.attribute)


def loaded(
    key: str, attribute: str | None = None
) -> Callable[[Callable[..., Loader[Any, Any]]], Callable[..., Awaitable[Any]]]:
    """A resolver made from a function that chooses the loader: `(info, **arguments) -> Loader`.

    `key` names the attribute of the parent that is the loader's key; a parent whose key is None gets null.
    `attribute`: of the loaded object, if that is not the value itself.
    The chooser is called once for a batch of parents, so it can't depend on the parent.
    Use below `@strawberry.field(graphql_type=...)`.
    """
    read_key = attrgetter(key)

    def declare(choose: Callable[..., Loader[Any, Any]]) -> Callable[..., Awaitable[Any]]:
        use = UseLoader(key, choose, attribute)

        async def resolve(self: Any, info: Any, **arguments: Any) -> Any:
            found = read_key(self)
            if found is None:
                return None
            return use.value(await choose(info, **arguments).load(found))

        signature = inspect.signature(choose)
        itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        resolve.__signature__ = signature.replace(  # type: ignore[attr-defined]  # functions may carry one
            parameters=[itself, *signature.parameters.values()]
        )
        resolve.__name__, resolve.__qualname__ = choose.__name__, choose.__qualname__
        resolve.__module__, resolve.__doc__ = choose.__module__, choose.__doc__
        resolve.__annotations__ = choose.__annotations__
        resolve.__resolution__ = use  # type: ignore[attr-defined]  # read by the plan
        return resolve

    return declare
