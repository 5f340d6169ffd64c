"""`/` says what the server is and has an icon; in development it has links."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.config.environment import environment
from core.server.documentation import POLICY, documentation_routes

PAGE = Path(__file__).with_name("front_page.html")
ICON = Path(__file__).with_name("icon.svg")
IN_PRODUCTION = "A social feed. Its GraphQL API is at /graphql/.\n"


def front_page_routes(*, development: bool) -> list[Route]:
    """The routes of `/` and the icon; in development also those of the documentation."""
    icon = Route("/favicon.ico", _icon)
    if not development:
        return [Route("/", _production_page), icon]
    return [Route("/", _development_page), icon, *documentation_routes()]


async def _production_page(_: Request) -> PlainTextResponse:
    return PlainTextResponse(IN_PRODUCTION)


async def _development_page(_: Request) -> HTMLResponse:
    page = PAGE.read_text().replace("{admin_path}", environment().admin_path)
    return HTMLResponse(page, headers=POLICY)


async def _icon(_: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(ICON.read_bytes(), headers=headers, media_type="image/svg+xml")
