"""Manifests of client builds are read, and bad ones refused with a line that says what is wrong."""

from __future__ import annotations

import json
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import pytest

from core.documents import manifests
from core.documents.manifests import Manifests, ManifestUnreadable, read_manifests

A, B = "query A { __typename }", "query B { __typename }"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def apollo(*operations: Any, version: int = 1) -> dict[str, Any]:
    return {
        "format": "apollo-persisted-query-manifest",
        "version": version,
        "operations": list(operations),
    }


def read(folder: Path, *contents: Any) -> Manifests:
    """What the manifests contain together."""
    files = [folder / f"{number}.json" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_manifests(files)


def problems(folder: Path, *contents: Any) -> list[str]:
    """The problems, without the folder."""
    return [line.replace(f"{folder}/", "") for line in read(folder, *contents).problems]


def unreadable(folder: Path, content: Any) -> str:
    with pytest.raises(ManifestUnreadable) as refused:
        read(folder, content)
    return str(refused.value).replace(f"{folder}/", "")


def test_the_forms_of_all_tools_are_read(tmp_path: Path) -> None:
    relay = md5(A.encode(), usedforsecurity=False).hexdigest()
    found = read(
        tmp_path,
        apollo({"id": digest(A), "name": "A", "type": "query", "body": A}),
        {relay: A},  # Relay
        {digest(A): A, digest(B): B},  # graphql-codegen
        {f"sha256:{digest(B)}": B},  # gql.tada
    )
    assert found.problems == []
    # A document is listed once by each identifier.
    assert [(each.identifier, each.text) for each in found.documents] == [
        (f"sha256:{digest(A)}", A),
        (relay, A),
        (f"sha256:{digest(B)}", B),
    ]


def test_a_hash_must_be_that_of_its_document(tmp_path: Path) -> None:
    for manifest in (
        {digest(A): B},
        {f"sha256:{digest(A)}": B},
        apollo({"id": digest(A), "body": B}),
    ):
        [line] = problems(tmp_path, manifest)
        assert f"The SHA-256 of the document is {digest(B)}" in line


def test_an_identifier_has_one_text(tmp_path: Path) -> None:
    [line] = problems(tmp_path, {"home": A}, {"home": B, "other": A})
    assert line == (
        "1.json: home: 0.json has another text under this identifier. "
        "Give each document an identifier of its own."
    )
    twice = apollo({"id": "home", "body": A}, {"id": "home", "body": B})
    assert len(problems(tmp_path, twice)) == 1
    # Of equal keys of an object, JSON's parsers silently keep the last.
    assert "0.json has the key home twice" in unreadable(
        tmp_path, f'{{"home": "{A}", "home": "{B}"}}'
    )


@pytest.mark.parametrize(
    ("manifest", "line"),
    [
        ({"": A}, "must be 1 to 200 of the characters"),
        ({"a b": A}, "must be 1 to 200 of the characters"),
        ({"x" * 201: A}, "must be 1 to 200 of the characters"),
        ({"sha256:12": A}, "must have 64 digits"),
        ({"home": 5}, "must be strings"),
        ({"home": {"text": A}}, "must be strings"),
        ({"home": f"{A}\0"}, "null character"),
        ('{"home": "\\ud800"}', "not valid Unicode"),
        (apollo({"id": "home"}), "must be strings"),
        (apollo({"body": A}), "must be strings"),
        (apollo("home"), "must be strings"),
    ],
)
def test_an_entry_that_is_wrong_gets_a_line(tmp_path: Path, manifest: Any, line: str) -> None:
    [found] = problems(tmp_path, manifest)
    assert line in found
    assert found.startswith("0.json: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "0.json is not JSON"),
        ("{", "0.json is not JSON"),
        ("[" * 100_000, "0.json is nested too deeply"),
        ("[]", "0.json is no manifest"),
        ('"text"', "0.json is no manifest"),
        ("{}", "0.json has no documents"),
        (apollo(), "0.json has no documents"),
        (apollo({"id": "a", "body": A}, version=2), "0.json is no manifest of Apollo"),
        ({"format": "other", "version": 1, "operations": []}, "0.json is no manifest of Apollo"),
        (
            {"format": "apollo-persisted-query-manifest", "version": 1},
            "0.json is no manifest of Apollo",
        ),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    assert unreadable(tmp_path, content).startswith(message)


def test_a_manifest_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"id-{number}": A for number in range(manifests.MAX_DOCUMENTS + 1)}
    assert "10,001 documents; a manifest may have 10,000" in unreadable(tmp_path, many)
    monkeypatch.setattr(manifests, "MAX_BYTES", 100)
    assert unreadable(tmp_path, {"home": A * 10}) == "0.json is larger than 100 bytes."
    missing = tmp_path / "missing.json"
    with pytest.raises(ManifestUnreadable, match=r"missing.json can't be read: No such file"):
        read_manifests([missing])
    with pytest.raises(ManifestUnreadable, match="can't be read: Is a directory"):
        read_manifests([tmp_path])
