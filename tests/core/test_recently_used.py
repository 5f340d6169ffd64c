"""The cache is bounded, drops what was used longest ago, and can be shared by threads."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.recently_used import RecentlyUsed


@pytest.fixture
def _frequent_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_the_value_used_longest_ago_is_dropped() -> None:
    cache: RecentlyUsed[str, int] = RecentlyUsed(2)
    assert cache.put("a", 1) == []
    assert cache.put("b", 2) == []
    assert cache.get("a") == 1
    assert cache.put("c", 3) == [2]
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_a_value_replaces_that_of_its_key() -> None:
    cache: RecentlyUsed[str, int] = RecentlyUsed(2, weight_limit=10, weigh=abs)
    cache.put("a", 4)
    assert cache.put("a", 5) == [4]
    assert (cache.get("a"), len(cache), cache.weight) == (5, 1, 5)


def test_a_value_above_the_limit_is_not_stored() -> None:
    cache: RecentlyUsed[str, int] = RecentlyUsed(2, weight_limit=10, weigh=abs)
    cache.put("a", 4)
    assert cache.put("b", 11) == [4, 11]
    assert (len(cache), cache.weight) == (0, 0)


def test_a_key_that_cannot_be_hashed_is_an_error() -> None:
    cache: RecentlyUsed[tuple[list[int]], int] = RecentlyUsed(2)
    with pytest.raises(TypeError):
        cache.get(([],))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8))), st.integers(1, 4))
def test_it_stays_within_its_limits(steps: list[tuple[int, int]], limit: int) -> None:
    cache: RecentlyUsed[int, int] = RecentlyUsed(limit, weight_limit=10, weigh=abs)
    present: dict[int, int] = {}
    for key, value in steps:
        replaced = cache.put(key, value)
        assert len(cache) <= limit
        assert cache.weight <= 10
        before = present
        present = {each: found for each in range(6) if (found := cache.get(each)) is not None}
        assert sum(present.values()) == cache.weight
        assert sum(replaced) == sum(before.values()) + value - cache.weight


@pytest.mark.usefixtures("_frequent_switches")
def test_threads_share_it() -> None:
    cache: RecentlyUsed[int, int] = RecentlyUsed(3, weight_limit=20, weigh=abs)

    def use(first: int) -> None:
        for number in range(first, first + 3_000):
            key = number % 7
            assert cache.get(key) in {None, key}
            cache.put(key, key)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use, range(4)))
    assert len(cache) == 3
    assert cache.weight == sum(filter(None, map(cache.get, range(7))))
