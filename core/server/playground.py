"""The playground: the page at `/graphql/` for browsers, and its files at `/playground/`; in development also the demo.

`playground/` has the sources; `make playground` bundles them into FILES.
"""

from __future__ import annotations

import gzip
import html
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.graphql.http.compression import accepts_gzip
from core.graphql.http.operations import HTMLPage
from core.server.security_headers import security_headers

FILES = Path(__file__).with_name("playground_files")
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
}
# The editor makes style elements.
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/playground/{style}">
<script type="module" src="/playground/{script}"></script>
<div id="{name}" data-settings="{settings}"><noscript>This page needs JavaScript.</noscript></div>
</html>
"""


def playground_page(*, development: bool) -> HTMLPage:
    """The playground. `development`: the server has the routes for development."""
    return _page("playground", development=development)


def demo_page() -> HTMLPage:
    """A small client of the API, for development."""
    return _page("demo", development=True)


def demo_worker() -> Response:
    """The demo's service worker. Its address is always the same, so that a browser finds a newer one."""
    name = _manifest()["demo"]["worker"]
    script = gzip.decompress(_compressed_files()[name])
    return Response(script, headers={"Cache-Control": "no-cache"}, media_type="text/javascript")


def _page(name: str, *, development: bool) -> HTMLPage:
    files = _manifest()[name]
    settings = html.escape(orjson.dumps({"development": development}).decode())
    text = PAGE.format(name=name, title=name.capitalize(), settings=settings, **files)
    return HTMLPage(text.encode(), security_headers(POLICY))


def _manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = orjson.loads((FILES / "manifest.json").read_bytes())
    return manifest


def playground_routes() -> list[Route]:
    """The route of the page's files."""
    return [Route("/playground/{name}", _file)]


async def _file(request: Request) -> Response:
    """A file of FILES. Its name has a hash of its content, so it never changes."""
    name = request.path_params["name"]
    compressed = _compressed_files().get(name)
    if compressed is None:
        raise HTTPException(404)
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
    }
    if accepts_gzip(request.headers.get("accept-encoding", "").encode("latin-1")):
        headers["Content-Encoding"] = "gzip"
        content = compressed
    else:
        content = gzip.decompress(compressed)
    return Response(content, headers=headers, media_type=MEDIA_TYPES[Path(name).suffix])


@cache
def _compressed_files() -> dict[str, bytes]:
    """The content of FILES by name, compressed by gzip. Read at the first request."""
    return {path.stem: path.read_bytes() for path in FILES.glob("*.gz")}
