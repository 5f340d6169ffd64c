"""`manage.py trust_documents`: stores the documents that clients may send by their identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from core.config.environment import environment
from core.database.commands import ExplainedCommand, whole_number
from core.documents.manifests import ListedDocument, ManifestUnreadable, read_manifests
from core.documents.models import TrustedDocument
from core.documents.services import (
    trusted_documents_create,
    trusted_documents_delete,
    trusted_documents_expire,
)
from core.graphql.document import Document
from core.server.documents import document_store

MAX_SHOWN = 200
MAX_DAYS = 3_650


class Command(ExplainedCommand):
    help = (
        "Trusts the documents in the manifests of client builds: of Apollo (generate-persisted-query-manifest), Relay "
        "(persistConfig), graphql-codegen (persistedDocuments) or gql.tada. All of them are stored, or none. Every "
        "process knows them at once."
    )
    examples: ClassVar = {
        "persisted-query-manifest.json persisted-documents.json": "trusts the documents of two clients",
        "--check persisted-documents.json": "only checks the file, without a database; for the client's CI",
        "--check": "checks the stored documents against this version's schema; before a deployment",
        "--list": "lists the stored documents, those first that no manifest has contained for longest",
        "--remove-after 180": "removes those that no manifest has contained for 180 days",
        "--remove sha256:3b0c…": "removes one by its identifier",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a manifest, JSON")
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument("--check", action="store_true", help="check, and store nothing")
        chosen.add_argument(
            "--list", dest="listing", action="store_true", help="list the stored documents"
        )
        chosen.add_argument(
            "--remove", nargs="+", metavar="ID", help="remove the documents with these identifiers"
        )
        chosen.add_argument(
            "--remove-after",
            type=whole_number(0, MAX_DAYS),
            metavar="DAYS",
            help="remove the documents that no manifest has contained for so many days",
        )

    def handle(
        self,
        *,
        files: list[Path],
        check: bool,
        listing: bool,
        remove: Sequence[str] | None,
        remove_after: int | None,
        **_: Any,
    ) -> None:
        if files and (listing or remove or remove_after is not None):
            raise CommandError(
                "Files can only be trusted or checked. Name them without options, or with --check."
            )
        self.documents = document_store(environment(), suggestions=True)
        if files:
            self._trust(files, only_check=check)
        elif check:
            self._check_stored()
        elif listing:
            self._list()
        elif remove:
            removed = trusted_documents_delete(remove)
            self._removed(removed)
            if removed < len(set(remove)):
                raise CommandError("Some identifiers are not stored. --list shows those that are.")
        elif remove_after is not None:
            self._removed(trusted_documents_expire(timedelta(days=remove_after)))
        else:
            raise CommandError(
                "Name the manifests, or one of --check, --list, --remove, --remove-after."
            )

    def _trust(self, files: Sequence[Path], *, only_check: bool) -> None:
        try:
            listed, problems = read_manifests(files)
        except ManifestUnreadable as unreadable:
            raise CommandError(str(unreadable)) from unreadable
        for each in tqdm(listed, unit=" documents", disable=None):
            problems += self._problems(f"{each.file}: {each.identifier}", each.text)
        if not problems and not only_check:
            problems = [_taken(each) for each in trusted_documents_create(listed)]
        self._refuse(problems, "Nothing is stored.")
        done = "can be trusted" if only_check else "are trusted"
        self.stdout.write(f"{len(listed):,} documents {done}.")

    def _check_stored(self) -> None:
        problems: list[str] = []
        count = 0
        for identifier, text in _stored("identifier").values_list("identifier", "text").iterator():
            problems += self._problems(identifier, text)
            count += 1
        self._refuse(problems, "Clients that send them would get errors.")
        self.stdout.write(f"{count:,} stored documents match the schema.")

    def _list(self) -> None:
        stored = _stored("trusted_at").values_list("identifier", "trusted_at", "text").iterator()
        for identifier, trusted_at, text in stored:
            names = _names(self.documents.by_text(text))
            self.stdout.write(f"{trusted_at:%Y-%m-%d %H:%M}  {identifier}  {names}")

    def _removed(self, count: int) -> None:
        self.stdout.write(f"Removed {count:,} documents. Processes forget them within a minute.")

    def _problems(self, where: str, text: str) -> list[str]:
        """A line for each error of the document."""
        lines = []
        for error in self.documents.by_text(text).errors:
            [place, *_] = error.get("locations") or [None]
            position = f" (line {place['line']}, column {place['column']})" if place else ""
            lines.append(f"{where}: {error['message']}{position}")
        return lines

    def _refuse(self, problems: Sequence[str], consequence: str) -> None:
        """Errors: CommandError, if there are problems. Each gets a line."""
        for problem in islice(problems, MAX_SHOWN):
            self.stderr.write(problem)
        if problems:
            more = f" The first {MAX_SHOWN} are shown." if len(problems) > MAX_SHOWN else ""
            raise CommandError(f"{len(problems):,} problems.{more} {consequence}")


def _stored(order: str) -> Any:
    return TrustedDocument.objects.order_by(order, "id")


def _names(document: Document) -> str:
    """The operations of the document, for reading."""
    if document.errors:
        return "(does not match the schema)"
    kinds: Iterable[str] = {
        f"{each.kind} {each.name or '(unnamed)'}" for each in document.operations
    }
    return ", ".join(sorted(kinds))


def _taken(listed: ListedDocument) -> str:
    return (
        f"{listed.file}: {listed.identifier}: Another text is stored under this identifier. Use identifiers made "
        "from the text (SHA-256), or remove the stored document first."
    )
