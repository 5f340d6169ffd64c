"""Whether the process is alive, and whether it can serve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.server.app import Server


def health_routes(server: Server) -> list[Route]:
    """`/healthz`: the process is alive. `/readyz`: whether it can serve.

    Without the database it can't: 503. Without the cache everything is served, and while the database refuses
    writes (a full disk, read only) reads are, so it is ready, and says that it is degraded.
    """

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> JSONResponse:
        reachable = await server.reachable()
        state = "ready" if reachable.cache and reachable.accepts_writes else "degraded"
        if not reachable.database:
            state = "not ready"
        said = {
            "status": state,
            "database": _word(reachable.database),
            "writes": "accepted" if reachable.accepts_writes else "refused",
            "cache": _word(reachable.cache),
        }
        return JSONResponse(said, 200 if reachable.database else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _word(reachable: bool) -> str:
    return "reachable" if reachable else "unreachable"
