"""`/`: what this server is. In development with links, and with the documentation of the checkout."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = Path(__file__).with_name("front_page.html")
IN_PRODUCTION = "A social feed. Its GraphQL API is at /graphql/.\n"
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def front_page_routes(*, development: bool) -> list[Route]:
    """`/`, and in development `/docs/README.md` and every page under docs/ as it is written."""
    if not development:
        return [Route("/", _say_what_this_is)]
    return [Route("/", _show_links), Route("/docs/{name:path}", _show_document)]


async def _say_what_this_is(_: Request) -> PlainTextResponse:
    return PlainTextResponse(IN_PRODUCTION)


async def _show_links(_: Request) -> HTMLResponse:
    return HTMLResponse(PAGE.read_text(), headers=POLICY)


async def _show_document(request: Request) -> PlainTextResponse:
    name = request.path_params["name"]
    documents = {str(path.relative_to(ROOT / "docs")): path for path in ROOT.glob("docs/**/*.md")}
    path = ROOT / "README.md" if name == "README.md" else documents.get(name.removeprefix("docs/"))
    if path is None:
        raise HTTPException(404)
    return PlainTextResponse(path.read_text(), headers=POLICY)
