"""The playground's bundle and sources."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, print_ast, validate

from core.config.schema import graphql_schema
from core.server.playground import FILES
from tests.paths import OPERATIONS, ROOT

SOURCES = ROOT / "playground"
OWN_OPERATIONS = {
    *("Sizes", "FeedEntry", "Posts", "HomeTimeline", "NextEntry", "HomeTimelineEvents"),
    *("ProfilePosts", "BookmarkedPosts", "FoundPosts", "HashtagPosts", "TrendingPosts"),
}
"""Operations and fragments of the demo for which the contract has none."""


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
