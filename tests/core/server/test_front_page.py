"""`/` describes the server."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.core.server.served import TIMEOUT
from tests.docs.pages import PAGES, anchors
from tests.paths import ROOT

TARGET = re.compile(r'(?:href|src)="(?!https?:|mailto:)([^"#]+)')
MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


async def test_in_development_every_link_of_the_front_page_leads_somewhere(
    origin: str,
) -> None:
    async with httpx.AsyncClient(base_url=origin, timeout=TIMEOUT) as client:
        page = await client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        links = re.findall(r'href="([^"]+)"', page.text)
        assert {"/graphql/", "/admin/", "/docs/"} <= set(links)
        for link in links:
            answer = await client.get(link, headers={"accept": "text/html"})
            assert answer.status_code in {200, 302}, link


@pytest.mark.parametrize("path", ["/", "/api", "/graphql/x", "/v1/graphql"])
async def test_a_request_beside_the_api_is_told_where_the_api_is(origin: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=origin, timeout=TIMEOUT) as client:
        answer = await client.post(path, json={"query": "{ __typename }"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "Nothing is here. The GraphQL API is at /graphql/.\n"


async def test_in_development_the_documentation_is_served_and_no_other_file(
    origin: str,
) -> None:
    linked = re.findall(r"\]\(([\w./-]+)\)", (ROOT / "README.md").read_text())
    assert {"CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"} <= set(linked)
    assert "docs/pictures/terminal.svg" in linked
    async with httpx.AsyncClient(base_url=origin, timeout=TIMEOUT) as client:
        index = await client.get("/docs/")
        assert index.content == (ROOT / "README.md").read_bytes()
        for name in ["README.md", "live.md", "pictures/rooms.svg", *linked]:
            answer = await client.get(f"/docs/{name}")
            assert answer.status_code == 200, name
            media_type = MEDIA_TYPES.get(Path(name).suffix, "text/plain")
            assert answer.headers["content-type"].startswith(media_type), name
            file = ROOT / name if (ROOT / name).is_file() else ROOT / "docs" / name
            assert answer.content == file.read_bytes()
        client.headers["accept"] = "text/html,*/*"
        client.follow_redirects = True
        targets = set()
        for file in PAGES:
            page = await client.get(f"/docs/{file.relative_to(ROOT)}")
            targets |= {page.url.join(link) for link in TARGET.findall(page.text)}
            assert page.headers["content-type"] == "text/html; charset=utf-8", file
            ids = set(re.findall(r'<h\d id="([^"]+)"', page.text))
            assert ids == anchors(file), file
        for short in ("/docs", "/docs/", "/docs/errors.md"):
            page = await client.get(short)
            targets |= {page.url.join(link) for link in TARGET.findall(page.text)}
        assert client.base_url.join("/docs/docs/performance.svg") in targets
        for target in targets:
            assert (await client.get(target)).status_code == 200, target
        for missing in (
            "none.md",
            "manage.py",
            ".env.example",
            "requirements/run.txt",
            "../manage.py",
            "%2e%2e/manage.py",
            "docs/../manage.py",
            "pictures",
        ):
            assert (await client.get(f"/docs/{missing}")).status_code == 404, missing
