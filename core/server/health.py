"""Probes: liveness and readiness."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.server.app import Server


def health_routes(server: Server) -> list[Route]:
    """The routes of `/healthz`, the liveness probe, and `/readyz`, the readiness probe.

    The server is not ready (503) without the database. It is degraded (200) without the cache or while the cache
    refuses writes, since no request requires it, and while the database refuses writes (full disk, read only), when it
    still serves reads.
    """

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> JSONResponse:
        reachable = await server.probes.reachable()
        is_ready = reachable.accepts_writes and reachable.cache_accepts_writes
        state = "ready" if is_ready else "degraded"
        if not reachable.database:
            state = "not ready"
        cache = _word(reachable.cache)
        if reachable.cache and not reachable.cache_accepts_writes:
            cache = "refuses writes"
        body = {
            "status": state,
            "database": _word(reachable.database),
            "writes": "accepted" if reachable.accepts_writes else "refused",
            "cache": cache,
        }
        return JSONResponse(body, 200 if reachable.database else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _word(reachable: bool) -> str:
    return "reachable" if reachable else "unreachable"
