"""The query `rateLimit`."""

from __future__ import annotations

from datetime import datetime

import strawberry

from core.graphql.info import Info
from core.graphql.limits.directives import FREE
from core.graphql.limits.rate_limits import RateLimits


@strawberry.type(
    name="RateLimit",
    description="The client's rate limit, in points of cost: that of the signed-in user, or else of the address.",
)
class RateLimitStatus:
    limit: int = strawberry.field(
        description="The most points that can be left, at most 999,999,999."
    )
    remaining: int = strawberry.field(
        description="The points left, 0 to 999,999,999, after those that this operation may use were taken. "
        "What it does not use is given back."
    )
    reset_at: datetime = strawberry.field(
        description="When `remaining` reaches `limit` if the client sends nothing more."
    )
    cost: int = strawberry.field(
        description="The points that this operation may use, at most 1,000,000."
    )


@strawberry.type
class RateLimitQuery:
    @strawberry.field(
        description="The client's rate limit. If the server has none, `limit` and `remaining` are always 999,999,999.",
        directives=[FREE],
    )
    @staticmethod
    async def rate_limit(info: Info) -> RateLimitStatus:
        context = info.context
        status = await context.services.get(RateLimits).status(context)
        return RateLimitStatus(**status._asdict(), cost=context.cost)
