"""How much users and addresses may ask within a time: points of cost, and calls of some mutations."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from core.context import Context
from core.database.clock import CLOCK
from core.database.usage import Usage
from core.errors import ClientError
from core.graphql.codes import CODES
from core.graphql.document import DocumentOperation
from core.graphql.limits.cost_report import actual_cost
from core.graphql.limits.limits import LIMITS_REACHED, over_limit
from core.graphql.limits.token_buckets import Bucket, Rate, TokenBuckets
from core.graphql.ports import Admission
from core.graphql.request_record import RequestRecord
from core.ip_networks import network_of

MINUTE, HOUR = 60, 3_600
UNKNOWN_ADDRESS = "-"
REFUSAL_POINTS = 10
"""What a refused request takes from its sender's address."""

NO_LIMIT = 999_999_999
"""What stands for a limit where there is none: the highest that can be set."""

NOT_CHARGED = {
    code for code, handled in CODES.items() if handled.status >= 500 or handled.retry_after
}
"""Codes of errors that are not the client's fault, or that make it wait anyway."""

network = lru_cache(maxsize=4_096)(network_of)


class Rates(NamedTuple):
    """What may be taken; a missing or absent rate is no limit."""

    user: Rate | None = None
    """Points of a signed-in user."""
    address: Rate | None = None
    """Points of all anonymous clients of an address."""
    calls: Mapping[str, Rate] = {}  # never changed
    """Calls of mutations by a user, by the bucket of their `@rateLimit`."""
    calls_by_address: Mapping[str, Rate] = {}
    """The same of mutations that need no user."""


class PointsStatus(NamedTuple):
    """The bucket of points that a request takes from."""

    limit: int
    remaining: int
    reset_at: datetime
    """When it is full again."""


Wanted = tuple[Bucket, float]


class RateLimits(Admission):
    """The limits of one process."""

    def __init__(self, buckets: TokenBuckets, rates: Rates) -> None:
        self._buckets = buckets
        self._rates = rates

    def admit(
        self, operation: DocumentOperation, cost: int, context: Context
    ) -> Awaitable[None] | None:
        """Takes what the operation may use. Awaitable if Redis has to be asked. Errors: RATE_LIMITED."""
        context.cost = cost
        points = context.points = self._points(context)
        if not operation.cost.rates:
            if points is None or self._buckets.try_take(points, cost):
                return None
            return self._take_all([(points, cost)])
        wanted = self._calls(operation, context)
        if points is not None:
            wanted.append((points, cost))
        return self._take_all(wanted)

    def settle(
        self, operation: DocumentOperation, cost: int, usage: Usage, context: Context
    ) -> None:
        """Gives back what an executed operation has not used."""
        unused = cost - actual_cost(operation, cost, usage)
        if unused > 0 and context.points is not None:
            self._buckets.give_back(context.points, unused)

    def admit_document(self, points: int, address: str | None) -> Awaitable[None] | None:
        """Takes the price of a document that is not known. Awaitable if Redis has to be asked. Errors: RATE_LIMITED."""
        bucket = self._address_points(address)
        if bucket is None:
            return None
        points = min(points, bucket.rate.capacity)
        if self._buckets.try_take(bucket, points):
            return None
        return self._take_all([(bucket, points)])

    def refused(self, record: RequestRecord, address: str | None) -> None:
        """Takes the price of a request that was refused, by the client's fault and before anything was read."""
        if record.statements or not record.codes or not NOT_CHARGED.isdisjoint(record.codes):
            return
        bucket = self._address_points(address)
        if bucket is not None:
            self._buckets.charge(bucket, REFUSAL_POINTS)

    async def status(self, context: Context) -> PointsStatus:
        """The bucket of points of the request; without a limit, a full one. Cost: a round trip to Redis."""
        points = self._points(context)
        if points is None:
            return PointsStatus(NO_LIMIT, NO_LIMIT, CLOCK.moment())
        await self._buckets.refresh(points)
        seconds = points.seconds_until(points.rate.capacity)
        return PointsStatus(
            points.rate.capacity,
            max(0, int(points.tokens)),
            CLOCK.moment() + timedelta(seconds=seconds),
        )

    async def close(self) -> None:
        await self._buckets.close()

    def _points(self, context: Context) -> Bucket | None:
        if context.viewer_id is not None:
            rate = self._rates.user
            return rate and self._buckets.bucket(rate, str(context.viewer_id))
        return self._address_points(context.address)

    def _address_points(self, address: str | None) -> Bucket | None:
        rate = self._rates.address
        return rate and self._buckets.bucket(rate, network(address or UNKNOWN_ADDRESS))

    def _calls(self, operation: DocumentOperation, context: Context) -> list[Wanted]:
        wanted: list[Wanted] = []
        for name, count in operation.cost.rates:
            rate, key = self._rates.calls.get(name), str(context.viewer_id)
            if rate is None:
                rate = self._rates.calls_by_address.get(name)
                key = network(context.address or UNKNOWN_ADDRESS)
            elif context.viewer_id is None:
                continue  # The mutation will refuse it.
            if rate is not None:
                wanted.append((self._buckets.bucket(rate, key), count))
        return wanted

    async def _take_all(self, wanted: Sequence[Wanted]) -> None:
        """Takes from all buckets or from none. Errors: RATE_LIMITED."""
        taken: list[Wanted] = []
        is_refused = True
        try:
            for bucket, amount in wanted:
                if not self._buckets.try_take(bucket, amount) and not await self._buckets.take(
                    bucket, amount
                ):
                    raise _limited(bucket, amount)
                taken.append((bucket, amount))
            is_refused = False
        finally:
            if is_refused:
                for bucket, amount in taken:
                    self._buckets.give_back(bucket, amount)


def _limited(bucket: Bucket, amount: float) -> ClientError:
    rate = bucket.rate
    if amount > rate.capacity:  # It would be refused for ever.
        advice = "Send fewer of these mutations in one operation."
        return over_limit(f"{rate.name} at once", ceil(amount), rate.capacity, advice)
    seconds = max(1, ceil(bucket.seconds_until(amount)))
    LIMITS_REACHED.labels(rate.name).inc()
    per = "a minute" if rate.seconds == MINUTE else "an hour"
    return ClientError(
        f"The rate limit is {rate.capacity:,} {rate.name} {per}; this operation needs {amount:,.0f} and "
        f"{max(0, int(bucket.tokens)):,} are left. Try again in {seconds} seconds.",
        "RATE_LIMITED",
        retryAfterSeconds=seconds,
        limit=rate.name,
        allowed=rate.capacity,
    )
