"""Whether the process is alive, and whether it can serve."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.database.pool import Database, DatabaseUnavailable


CacheAnswers = Callable[[], Awaitable[bool]]


def health_routes(database: Database, cache_answers: CacheAnswers) -> list[Route]:
    """`/healthz`: the process is alive. `/readyz`: the database and the cache answer, else 503 and which does not."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> JSONResponse:
        answers = {"database": await database_answers(database), "cache": await cache_answers()}
        ready = all(answers.values())
        said = {name: "reachable" if answer else "unreachable" for name, answer in answers.items()}
        return JSONResponse({"status": "ready" if ready else "not ready", **said}, 200 if ready else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def database_answers(database: Database) -> bool:
    """Whether PostgreSQL answers."""
    try:
        await database.fetch("SELECT 1")
    except DatabaseUnavailable:
        return False
    return True
