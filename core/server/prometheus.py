"""Prometheus: the endpoint `/metrics`, and the counter of executions."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.execution import Counters
from core.ip_networks import is_private
from core.server.prometheus_folder import exposition
from core.tallies import CountTally

EXECUTIONS = CountTally("feed_executions", "Operations, by how they were executed.", ["how"])


class ExecutionCounters(Counters):
    """Counts executions in the metric `feed_executions`."""

    def __init__(self) -> None:
        super().__init__()
        self.ran_compiled = EXECUTIONS.labels("compiled").add  # type: ignore[method-assign]  # the same

    def fell_back(self, reason: str) -> None:
        EXECUTIONS.labels(f"standard: {reason}").add()


def metrics_route() -> Route:
    """The route of `/metrics`, which clients from the Internet don't find.

    It says which statements run, what fails for others, and by which names clients call their operations.
    """

    async def metrics(request: Request) -> Response:
        if request.client is not None and not is_private(request.client.host):
            raise HTTPException(404)
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)
