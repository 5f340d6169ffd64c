"""`/metrics`: figures for Prometheus."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.execution.counters import Counters


def metrics_route(counters: Counters) -> Route:
    """What `scraped` says."""

    async def metrics(_: Request) -> Response:
        # Prometheus' library takes 2 MB, and comes when somebody asks.
        from core.config.scrape import CONTENT_TYPE_LATEST, scraped  # noqa: PLC0415

        return Response(scraped(counters), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)
