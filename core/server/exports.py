"""`/exports/…`: archives of users' data, by signed links."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from core.context import Services
from core.database.database import DatabaseUnavailable
from interactions.exports import export_content, export_picture, linked_export
from interactions.graphql.exports import PATH

logger = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": 'attachment; filename="export.ndjson.gz"',
    "X-Content-Type-Options": "nosniff",
}
Found = TypeVar("Found")


class ArchiveGone(Exception):
    """The archive was deleted or replaced, or has expired, while it was downloaded."""


class Download(StreamingResponse):
    """An archive. What can't be completed ends without the last chunk, so that no client takes a part for the whole."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except (ArchiveGone, DatabaseUnavailable) as error:
            logger.warning("The download of an archive was cut off: %s.", type(error).__name__)


def exports_route(services: Services) -> Route:
    """The route of archives. A part, or a picture, is read when the client has taken the one before."""

    async def export(request: Request) -> Response:
        key = linked_export(services.cursors, request.path_params["link"])
        try:
            first = None if key is None else await export_content(services.database, key, 0)
        except DatabaseUnavailable:
            return PlainTextResponse("Try again.", 503, {"retry-after": "5"})
        if key is None or first is None:
            raise HTTPException(404)
        content = () if request.method == "HEAD" else _parts(services, key, first)
        return Download(content, media_type="application/gzip", headers=HEADERS)

    return Route(f"{PATH}/{{link}}", export)


async def _parts(services: Services, key: int, first: tuple[bytes, bool]) -> AsyncIterator[bytes]:
    """Errors: ArchiveGone, DatabaseUnavailable."""
    number, (content, is_last) = 0, first
    yield content
    while not is_last:
        number += 1
        content, is_last = _still(await export_content(services.database, key, number))
        yield content
    after, line = _still(await export_picture(services.database, key, 0))
    while after is not None:
        yield line
        after, line = _still(await export_picture(services.database, key, after))


def _still(found: Found | None) -> Found:
    if found is None:
        raise ArchiveGone
    return found
