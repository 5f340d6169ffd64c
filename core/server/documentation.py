"""`/docs/` serves the documentation in development: to browsers as pages, to others as the files are."""

from __future__ import annotations

import re
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = (
    ("README.md", "text/plain"),
    ("CONTRIBUTING.md", "text/plain"),
    ("CHANGELOG.md", "text/plain"),
    ("SECURITY.md", "text/plain"),
    ("LICENSE", "text/plain"),
    ("docs/**/*.md", "text/plain"),
    ("core/*/README.md", "text/plain"),
    ("docs/**/*.svg", "image/svg+xml"),
    ("docs/**/*.png", "image/png"),
)
"""The files that are served, as patterns below the checkout, with their media types."""
INDEX = "README.md"
POLICY = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; --line: light-dark(#d5d9df, #3a414b); --code: light-dark(#f3f4f6, #1d2229) }}
  body {{ font: 1rem/1.55 system-ui, sans-serif; max-width: 60rem; margin: 1.5rem auto 6rem; padding: 0 1rem;
    overflow-wrap: break-word }}
  h1, h2, h3 {{ line-height: 1.25; margin-top: 2rem }}
  :target {{ background: light-dark(#fff3c4, #4a3d00) }}
  code {{ font: .9em ui-monospace, monospace; background: var(--code) }}
  pre {{ background: var(--code); padding: .75rem; overflow-x: auto }}
  table {{ display: block; overflow-x: auto; border-collapse: collapse }}
  th, td {{ border: 1px solid var(--line); padding: .3rem .6rem; text-align: start; vertical-align: top }}
  img {{ max-width: 100% }}
</style>
<a href="/docs/">Documentation</a>
{text}
</html>
"""


def documentation_routes() -> list[Route]:
    """The routes of DOCUMENTS, by their paths in the checkout, where `docs/` may be left out: `/docs/live.md`."""
    return [Route("/docs", _to_index), Route("/docs/{name:path}", _document)]


async def _to_index(_: Request) -> Response:
    return RedirectResponse("/docs/")


async def _document(request: Request) -> Response:
    name = request.path_params["name"] or INDEX
    documents = {
        str(path.relative_to(ROOT)): (path, media_type)
        for pattern, media_type in DOCUMENTS
        for path in ROOT.glob(pattern)
    }
    found = documents.get(name) or documents.get(f"docs/{name}")
    if found is None:
        raise HTTPException(404)
    path, media_type = found
    is_page = path.suffix == ".md" and "text/html" in request.headers.get("accept", "")
    if not is_page or find_spec("markdown_it") is None:
        return Response(path.read_bytes(), media_type=media_type, headers=POLICY)
    if name not in documents:  # From there its relative links lead to what they name.
        return RedirectResponse(f"/docs/docs/{name}")
    return HTMLResponse(_page(path), headers=POLICY)


def _page(path: Path) -> str:
    from markdown_it import MarkdownIt  # noqa: PLC0415  # production serves no documentation

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(path.read_text())
    for heading, content in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _anchor(content))
    return PAGE.format(title=path.name, text=markdown.renderer.render(tokens, markdown.options, {}))


def _anchor(heading: Token) -> str:
    """What a link to the heading names, as on GitHub."""
    return re.sub(r"[^\w\- ]", "", heading.content.lower()).replace(" ", "-")
