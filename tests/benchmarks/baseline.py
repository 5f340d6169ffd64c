"""The baseline: the four workloads written by hand over asyncpg and orjson, without GraphQL.

Run by uvicorn. The statements are its own and plain: they give the product's rows on the benchmark's data, where nobody
is blocked or muted, and ask for no more; the like writes only the row and the count. There are no documents, tokens or
checks; plain keys serve as ids and cursors. It is a lower bound of what a page costs in Python and in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from core.database.connecting import PLANNER
from core.database.time_ordered_keys import HIGHEST_KEY
from tests.benchmarks.likes import BY_HAND

SQL = {path.stem: path.read_text() for path in (Path(__file__).parent / "sql").glob("*.sql")}
PAGE = 20
COMMENTS_SHOWN = 3
CONNECTIONS = 8

JSONObject = dict[str, Any]
Columns = Sequence[Any]


class Baseline:
    """The ASGI application and its connection pool."""

    def __init__(self) -> None:
        self._pool: Any = None

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            os.environ["DATABASE_URL"],
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            reset=_no_reset,
            server_settings=PLANNER,
        )

    async def close(self) -> None:
        await self._pool.close()

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        given = {name: int(values[0]) for name, values in parse_qs(scope["query_string"]).items()}
        if scope["path"] == "/public":
            body = await self._public(given.get(b"after", HIGHEST_KEY))
        elif scope["path"] == "/home":
            body = await self._home(given[b"viewer"])
        else:
            body = await self._like(given[b"viewer"], given[b"post"])
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _rows(self, statement: str, *arguments: object) -> list[Any]:
        async with self._pool.acquire() as connection:
            rows: list[Any] = await connection.fetch(statement, *arguments)
        return rows

    async def _public(self, below: int) -> bytes:
        rows = await self._rows(SQL["public"], below, PAGE + 1)
        edges = [{"cursor": row[0], "node": _post(row)} for row in rows[:PAGE]]
        return _body("publicFeed", edges, more=len(rows) > PAGE)

    async def _home(self, viewer: int) -> bytes:
        rows = await self._rows(SQL["home"], viewer, PAGE + 1)
        edges = []
        comments: dict[int, list[JSONObject]] = {}
        for row in rows[:PAGE]:
            node = _post(row)
            node["viewerHasLiked"] = row[11]
            node["viewerHasShared"] = row[12]
            shown = comments[row[0]] = []
            node["comments"] = {"edges": shown}
            shared_by = None if row[13] is None else _user(row, 13)
            edges.append({"cursor": row[10], "sharedBy": shared_by, "node": node})
        for row in await self._rows(SQL["comments"], list(comments), COMMENTS_SHOWN):
            comment = {
                "id": row[1],
                "text": row[2],
                "createdAt": row[3],
                "author": _user(row, 4),
            }
            comments[row[0]].append({"node": comment})
        return _body("homeFeed", edges, more=len(rows) > PAGE)

    async def _like(self, viewer: int, post: int) -> bytes:
        row = (await self._rows(BY_HAND, viewer, post))[0]
        return orjson.dumps({"data": {"likePost": {"post": {"id": row[0], "likeCount": row[1]}}}})


def _user(row: Columns, at: int) -> JSONObject:
    return {
        "id": row[at],
        "username": row[at + 1],
        "displayName": row[at + 2],
        "avatarUrl": row[at + 3],
    }


def _post(row: Columns) -> JSONObject:
    return {
        "id": row[0],
        "text": row[1],
        "createdAt": row[2],
        "likeCount": row[3],
        "commentCount": row[4],
        "shareCount": row[5],
        "author": _user(row, 6),
    }


def _body(name: str, edges: list[JSONObject], *, more: bool) -> bytes:
    page = {"hasNextPage": more, "endCursor": edges[-1]["cursor"] if edges else None}
    return orjson.dumps({"data": {name: {"edges": edges, "pageInfo": page}}})


async def _no_reset(_: object) -> None:
    """Replaces asyncpg's reset: no request changes a connection's settings."""


baseline = Baseline()


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    await baseline.open()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    yield
    async with asyncio.timeout(5):
        await baseline.close()


_rest = Starlette(lifespan=lifespan)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    serve = _rest if scope["type"] == "lifespan" else baseline
    await serve(scope, receive, send)
