"""`manage.py trust_documents` stores all documents of its manifests or none, and keeps them in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.documents.models import TrustedDocument
from tests.live.world import operation
from tests.paths import ROOT

FEED = operation("PublicFeed")
DETAIL = operation("PostDetail")
Write = Callable[..., Path]


def hashed(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def run(*arguments: Any) -> str:
    """The command's output."""
    output = StringIO()
    call_command("trust_documents", *map(str, arguments), stdout=output)
    return output.getvalue()


def refused(*arguments: Any) -> tuple[str, list[str]]:
    """The command's error, and the lines before it."""
    lines = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("trust_documents", *map(str, arguments), stdout=StringIO(), stderr=lines)
    return str(error.value), lines.getvalue().splitlines()


def stored() -> dict[str, str]:
    return dict(TrustedDocument.objects.values_list("identifier", "text"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, **documents: str) -> Path:
        file = tmp_path / name
        file.write_text(json.dumps(documents))
        return file

    return write


@pytest.mark.usefixtures("orm")
class TestStored:
    def test_documents_of_all_files_are_trusted(self, write: Write) -> None:
        web = write("web.json", **{hashed(FEED): FEED, hashed(DETAIL): DETAIL})
        phone = write("phone.json", **{"feed-1": FEED, hashed(FEED): FEED})
        assert run(web, phone) == "3 documents are trusted.\n"
        assert stored() == {hashed(FEED): FEED, hashed(DETAIL): DETAIL, "feed-1": FEED}

    def test_again_changes_nothing_but_the_date(self, write: Write) -> None:
        file = write("web.json", **{hashed(FEED): FEED})
        run(file)
        before = timezone.now()
        TrustedDocument.objects.update(trusted_at=before - timedelta(days=9))
        run(file)
        [document] = TrustedDocument.objects.all()
        assert document.trusted_at >= before

    def test_one_bad_document_refuses_all(self, write: Write) -> None:
        old = "query Old { posts { title } }"
        broken = "query {"
        file = write("web.json", **{hashed(FEED): FEED, hashed(old): old, "broken": broken})
        message, lines = refused(file)
        assert message == "2 problems. Nothing is stored."
        unknown = "Cannot query field 'posts' on type 'Query'. Did you mean 'post' or 'nodes'?"
        assert lines == [
            f"{file}: {hashed(old)}: {unknown} (line 1, column 13)",
            f"{file}: broken: Syntax Error: Expected Name, found <EOF>. (line 1, column 8)",
        ]
        assert stored() == {}

    def test_a_document_over_a_limit_is_refused(self, write: Write) -> None:
        deep = (
            "{ publicFeed "
            + "{ edges { node { author { posts " * 8
            + "{ nodes { id } }"
            + " } } } }" * 8
            + "}"
        )
        message, [line, *_] = refused(write("web.json", deep=deep))
        assert message.endswith("Nothing is stored.")
        assert "The limit on depth is 12" in line

    def test_an_identifier_keeps_its_text(self, write: Write) -> None:
        run(write("web.json", home=FEED))
        message, lines = refused(write("new.json", **{"home": DETAIL, hashed(FEED): FEED}))
        assert message == "1 problems. Nothing is stored."
        assert "Another text is stored under this identifier" in lines[0]
        assert stored() == {"home": FEED}
        assert run("--remove", "home").startswith("Removed 1 documents.")
        run(write("new.json", home=DETAIL))
        assert stored() == {"home": DETAIL}

    def test_a_check_stores_nothing(self, write: Write) -> None:
        assert run("--check", write("web.json", home=FEED)) == "1 documents can be trusted.\n"
        message, _ = refused("--check", write("web.json", home="{ nothing }"))
        assert message == "1 problems. Nothing is stored."
        assert stored() == {}

    def test_stored_documents_are_checked_against_a_new_schema(self, write: Write) -> None:
        run(write("web.json", home=FEED))
        assert run("--check") == "1 stored documents match the schema.\n"
        gone = "query Gone { gone }"
        TrustedDocument.objects.create(identifier="gone", digest=hashed(gone), text=gone)
        message, lines = refused("--check")
        assert message == "1 problems. Clients that send them would get errors."
        assert lines == [
            "gone: Cannot query field 'gone' on type 'Query'. Did you mean 'node'? (line 1, column 14)"
        ]
        assert "gone  (does not match the schema)" in run("--list")

    def test_old_documents_are_listed_and_removed(self, write: Write) -> None:
        run(write("web.json", new=FEED, old=DETAIL))
        TrustedDocument.objects.filter(identifier="old").update(
            trusted_at=timezone.now() - timedelta(days=31)
        )
        first, second = run("--list").splitlines()
        assert first.endswith("  old  query PostDetail")
        assert second.endswith("  new  query PublicFeed")
        assert run("--remove-after", 31).startswith("Removed 1 documents.")
        assert stored() == {"new": FEED}
        message, _ = refused("--remove", "new", "unknown")
        assert message.startswith("Some identifiers are not stored")
        assert stored() == {}

    def test_options_that_do_not_go_together_are_refused(self, write: Write) -> None:
        file = write("web.json", home=FEED)
        for arguments in (
            (),
            ("--list", file),
            (file, "--remove-after", 3),
            (file.parent / "none.json",),
        ):
            refused(*arguments)
        assert stored() == {}


def test_a_manifest_is_checked_without_a_database(write: Write) -> None:
    """As in the CI of a client: no server, and a code other than 0 if something is wrong."""
    for text, code in ((FEED, 0), ("{ nothing }", 1)):
        file = write("web.json", **{hashed(text): text})
        done = subprocess.run(
            [sys.executable, "manage.py", "trust_documents", "--check", str(file)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DEBUG": "true"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
