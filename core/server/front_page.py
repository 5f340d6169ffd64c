"""`/` says what the server is and has an icon; in development it has links, and `/docs/` serves the documentation."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = Path(__file__).with_name("front_page.html")
ICON = Path(__file__).with_name("icon.svg")
IN_PRODUCTION = "A social feed. Its GraphQL API is at /graphql/.\n"
DOCUMENTS = (
    ("README.md", "text/plain"),
    ("CONTRIBUTING.md", "text/plain"),
    ("CHANGELOG.md", "text/plain"),
    ("LICENSE", "text/plain"),
    ("docs/**/*.md", "text/plain"),
    ("core/*/README.md", "text/plain"),
    ("docs/pictures/*.svg", "image/svg+xml"),
    ("docs/pictures/*.png", "image/png"),
)
"""The files that `/docs/` serves, as patterns below the checkout, with their media types."""
POLICY = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
}


def front_page_routes(*, development: bool) -> list[Route]:
    """The routes of `/` and the icon; in development also that of `/docs/`, which serves DOCUMENTS unchanged."""
    icon = Route("/favicon.ico", _icon)
    if not development:
        return [Route("/", _production_page), icon]
    return [Route("/", _development_page), icon, Route("/docs/{name:path}", _document)]


async def _production_page(_: Request) -> PlainTextResponse:
    return PlainTextResponse(IN_PRODUCTION)


async def _development_page(_: Request) -> HTMLResponse:
    return HTMLResponse(PAGE.read_text(), headers=POLICY)


async def _icon(_: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(ICON.read_bytes(), headers=headers, media_type="image/svg+xml")


async def _document(request: Request) -> Response:
    """A file by its path in the checkout, where `docs/` may be left out: `/docs/live.md`."""
    name = request.path_params["name"]
    documents = {
        str(path.relative_to(ROOT)): (path, media_type)
        for pattern, media_type in DOCUMENTS
        for path in ROOT.glob(pattern)
    }
    found = documents.get(name) or documents.get(f"docs/{name}")
    if found is None:
        raise HTTPException(404)
    path, media_type = found
    return Response(path.read_bytes(), media_type=media_type, headers=POLICY)
