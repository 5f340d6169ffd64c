"""`/exports/…`: archives of users' data, by signed links."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from core.context import Services
from interactions.exports import export_content, export_picture, linked_export
from interactions.graphql.exports import PATH

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": 'attachment; filename="export.ndjson.gz"',
    "X-Content-Type-Options": "nosniff",
}


def exports_route(services: Services) -> Route:
    """The route of archives. A part, or a picture, is read when the client has taken the one before."""

    async def export(request: Request) -> StreamingResponse:
        key = linked_export(services.cursors, request.path_params["link"])
        first = None if key is None else await export_content(services.database, key, 0)
        if key is None or first is None:
            raise HTTPException(404)
        return StreamingResponse(
            _parts(services, key, first), media_type="application/gzip", headers=HEADERS
        )

    return Route(f"{PATH}/{{link}}", export)


async def _parts(services: Services, key: int, first: bytes) -> AsyncIterator[bytes]:
    content: bytes | None = first
    number = 0
    while content is not None:
        yield content
        number += 1
        content = await export_content(services.database, key, number)
    picture = await export_picture(services.database, key, 0)
    while picture is not None:
        after, line = picture
        yield line
        picture = await export_picture(services.database, key, after)
