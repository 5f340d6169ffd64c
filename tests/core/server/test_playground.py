"""The playground's page and files, as a server serves them; `tests/browser/` opens them in a browser."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import httpx
import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, print_ast, validate

from core.config.schema import graphql_schema
from core.server.playground import FILES
from tests.core.server.served import TIMEOUT, served
from tests.paths import OPERATIONS, ROOT

SOURCES = ROOT / "playground"
OWN_OPERATIONS = {
    *("Sizes", "FeedEntry", "Posts", "HomeTimeline", "NextEntry", "HomeTimelineEvents"),
    *("ProfilePosts", "BookmarkedPosts", "FoundPosts", "HashtagPosts", "TrendingPosts"),
}
"""Operations and fragments of the demo for which the contract has none."""
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_the_bundle_was_built_from_the_sources() -> None:
    files = [path for path in (SOURCES / "src").rglob("*") if path.is_file()]
    sources = [
        path.relative_to(SOURCES).as_posix() for path in files if "__generated__" not in path.parts
    ]
    names = sorted(["build.mjs", "codegen.ts", "package-lock.json", *sources])
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (SOURCES / name).read_bytes() + b"\0")
    manifest = json.loads((FILES / "manifest.json").read_text())
    assert manifest["sources"] == digest.hexdigest(), "Run: make playground"


def test_the_demo_sends_the_operations_of_the_contract_word_for_word() -> None:
    contract = dict(each for path in OPERATIONS.glob("*.graphql") for each in _definitions(path))
    file = SOURCES / "src" / "demo" / "operations.graphql"
    assert validate(graphql_schema, parse(file.read_text())) == []
    own = {name for name, text in _definitions(file) if contract.get(name) != text}
    assert own == OWN_OPERATIONS


def _definitions(file: Path) -> list[tuple[str, str]]:
    """Names and texts of the operations and fragments in a file."""
    return [
        (node.name.value, print_ast(node))
        for node in parse(file.read_text()).definitions
        if isinstance(node, FragmentDefinitionNode | OperationDefinitionNode) and node.name
    ]


def test_packages_are_locked_by_hash_and_name_no_host() -> None:
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def test_the_bundle_names_the_licenses_of_its_packages() -> None:
    licenses = gzip.decompress((FILES / "licenses.txt.gz").read_bytes()).decode()
    for name in ("graphiql", "monaco-editor", "react-dom", "graphql"):
        assert re.search(rf"^{name} \d+\.\d+\.\d+.* \(MIT\)$", licenses, re.MULTILINE), name


@pytest.mark.usefixtures("django_db_setup")
async def test_the_page_allows_only_its_own_scripts_and_its_files_never_change(
    tmp_path: Path,
) -> None:
    with served(tmp_path, DEBUG="true") as server:
        await server.becomes_ready(1)
        address = f"http://{server.address}"
        async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT) as client:
            page = await client.get("/graphql/", headers=BROWSER)
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "accept" in page.headers["vary"].split(", ")
            policy = page.headers["content-security-policy"].split("; ")
            assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy)
            assert not re.search(r"<script(?![^>]*\ssrc=)", page.text)
            links = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
            assert [Path(link).suffix for link in links] == [".css", ".js"]
            for link in [*links, "/playground/licenses.txt"]:
                plain = await client.get(link, headers={"accept-encoding": "gzip;q=0, identity"})
                assert "content-encoding" not in plain.headers
                compressed = await client.get(link, headers={"accept-encoding": "br, gzip"})
                assert compressed.headers["content-encoding"] == "gzip"
                assert compressed.content == plain.content
                assert "immutable" in plain.headers["cache-control"]
                assert plain.headers["vary"] == "Accept-Encoding"
            for missing in ("manifest.json", "playground.js", "..%2fplayground.py", ""):
                assert (await client.get(f"/playground/{missing}")).status_code == 404, missing


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize("setting", ["", "true"], ids=["default", "on"])
async def test_in_production_the_playground_is_off_unless_it_is_set(
    tmp_path: Path, setting: str
) -> None:
    with served(tmp_path, DEBUG="false", ALLOWED_HOSTS="127.0.0.1", PLAYGROUND=setting) as server:
        await server.becomes_ready(1)
        address = f"http://{server.address}"
        async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT) as client:
            page = await client.get("/graphql/", headers=BROWSER)
            file = await client.get("/playground/licenses.txt")
            if setting:
                assert (page.status_code, file.status_code) == (200, 200)
                assert "&quot;development&quot;:false" in page.text
            else:
                assert (page.status_code, file.status_code) == (400, 404)
