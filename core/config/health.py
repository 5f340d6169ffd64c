"""Whether the process is alive, and whether it can serve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.config.server import Server


def health_routes(server: Server) -> list[Route]:
    """`/healthz`: the process is alive. `/readyz`: the database and the cache answer, else 503 and which does not."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> JSONResponse:
        answers = await server.reachable()
        ready = all(answers.values())
        said = {name: "reachable" if answer else "unreachable" for name, answer in answers.items()}
        return JSONResponse(
            {"status": "ready" if ready else "not ready", **said}, 200 if ready else 503
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
