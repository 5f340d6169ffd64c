"""Simulates fan-out: what writing entries for followers costs, and what merging authors at each read would.

An author with at most so many followers is written for: each post or share becomes an entry in the feed of each
follower. The others are merged: each page of a follower looks at them. docs/decisions/home-feed-at-any-size.md has what
follows from it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import NamedTuple

from core.datasets.distributions import Calendar, Crowd
from core.datasets.trace import BadLine, check_form, read_events

MICROSECONDS = 1_000_000
FOLLOWS_STEEPNESS = 1.5
"""How unequally many users the generated ones follow; the exponent of a Pareto distribution."""


class Network:
    """Who follows whom, and what they have done when."""

    def __init__(self) -> None:
        self.followers: defaultdict[int, set[int]] = defaultdict(set)
        """By followed user."""
        self.reasons: list[tuple[float, int]] = []
        """The second and the author of each post and share, in order of time."""
        self.actions: Counter[int] = Counter()
        """How often each user did anything. Who did nothing reads nothing, so has no kept feed."""


class Costs(NamedTuple):
    """What PostgreSQL's work takes. Units: microseconds of CPU."""

    entry: float
    """To add an entry to one feed."""
    source: float
    """To look at one merged author for one page."""


class FanoutOutcome(NamedTuple):
    """What one limit between writing and merging gives."""

    limit: int
    """The number of followers up to which an author is written for."""
    merged: int
    """How many authors are merged."""
    merged_at_most: int
    """The largest number of merged authors whom one reader follows."""
    entries: int
    """How many entries are written."""
    write_seconds: float
    source_reads: int
    """How often pages look at merged authors, if readers read one page for each of their actions."""
    source_seconds: float
    """What that takes."""
    lag_p99: float
    """Seconds from a post or share to the last entry of it, with one worker."""
    lag_most: float

    def total(self, pages: float) -> float:
        """Seconds of both if readers read so many pages for each of their actions."""
        return self.write_seconds + pages * self.source_seconds


def network_of_trace(path: Path) -> Network:
    """The network in a trace: an actor follows each target. Errors: TraceUnreadable."""
    check_form(path)
    network = Network()
    for event in read_events(path, until=datetime.now(UTC)):
        if isinstance(event, BadLine):
            continue
        network.actions[event.actor] += 1
        if event.actor != event.target:
            network.followers[event.target].add(event.actor)
        if event.kind != b"RE":
            network.reasons.append((event.second, event.actor))
    network.reasons.sort()
    return network


def generated_network(*, users: int, follows: int, reasons: int, seed: int) -> Network:
    """A network of so many users who follow each other and write, popular and active ones more than others.

    `follows`: the most that one user follows.
    """
    chance = Random(seed)  # noqa: S311  # no secret
    crowd = Crowd(chance, users)
    calendar = Calendar(chance, datetime(2026, 11, 1, tzinfo=UTC))
    network = Network()
    for user in range(users):
        wanted = min(follows, users // 2, int(5 * chance.paretovariate(FOLLOWS_STEEPNESS)))
        for followee in {crowd.popular() for _ in range(wanted)} - {user}:
            network.followers[followee].add(user)
    for _ in range(reasons):
        author = crowd.active()
        network.actions[author] += 1
        network.reasons.append((calendar.busy_time().timestamp(), author))
    network.reasons.sort()
    return network


def simulate(network: Network, costs: Costs, *, speed: float = 1) -> Iterator[FanoutOutcome]:
    """The outcome for each limit: powers of two, the last one as large as any number of followers.

    `speed`: how many times faster than in the network everything happens.
    """
    readers = {
        author: sum(1 for follower in followers if network.actions[follower])
        for author, followers in network.followers.items()
    }
    pages = {
        author: sum(network.actions[follower] for follower in followers)
        for author, followers in network.followers.items()
    }
    reasons = Counter(author for _, author in network.reasons)
    largest = max(readers.values(), default=1)
    for exponent in range(math.ceil(math.log2(max(largest, 1))) + 1):
        limit = 2**exponent
        merged = [author for author, count in readers.items() if count > limit]
        entries = sum(
            count * reasons[author] for author, count in readers.items() if count <= limit
        )
        source_reads = sum(pages[author] for author in merged)
        met = Counter(follower for author in merged for follower in network.followers[author])
        written = (
            (second / speed, readers.get(author, 0))
            for second, author in network.reasons
            if readers.get(author, 0) <= limit
        )
        lags = sorted(_lags(written, costs.entry / MICROSECONDS))
        yield FanoutOutcome(
            limit,
            merged=len(merged),
            merged_at_most=max(met.values(), default=0),
            entries=entries,
            write_seconds=entries * costs.entry / MICROSECONDS,
            source_reads=source_reads,
            source_seconds=source_reads * costs.source / MICROSECONDS,
            lag_p99=quantiles(lags, n=100)[98] if len(lags) > 1 else 0.0,
            lag_most=lags[-1] if lags else 0.0,
        )


def cheapest(outcomes: Sequence[FanoutOutcome], pages: float) -> FanoutOutcome:
    """The outcome with the least total; of equal ones that with the highest limit."""
    return min(reversed(outcomes), key=lambda outcome: outcome.total(pages))


def _lags(written: Iterable[tuple[float, int]], entry_seconds: float) -> Iterator[float]:
    """The lag of each post or share (its second, its number of entries), one after the other."""
    free_at = 0.0
    for second, entries in written:
        free_at = max(free_at, second) + entries * entry_seconds
        yield free_at - second
