"""Whether the process is alive, and whether it can serve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.config.server import Server


def health_routes(server: Server) -> list[Route]:
    """`/healthz`: the process is alive. `/readyz`: whether it can serve.

    Without the database it can't: 503. Without the cache everything is served, so it is ready, and
    says that it is degraded.
    """

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> JSONResponse:
        answers = await server.reachable()
        state = "ready" if answers["cache"] else "degraded"
        if not answers["database"]:
            state = "not ready"
        said = {name: "reachable" if answer else "unreachable" for name, answer in answers.items()}
        return JSONResponse({"status": state, **said}, 200 if answers["database"] else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
