"""Stores and removes trusted documents, for the command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from core.documents.identifiers import identifier_of
from core.documents.manifests import ListedDocument
from core.documents.models import TrustedDocument

LOCK = "LOCK TABLE trusted_documents IN SHARE ROW EXCLUSIVE MODE"
BATCH = 500


def trusted_documents_create(listed: Sequence[ListedDocument]) -> list[ListedDocument]:
    """Trusts the documents, all or none. Returns those whose identifier another text has: then none is stored.

    Those that are stored already are dated anew. Locks: the table, against other writers.
    """
    now = timezone.now()
    rows = [
        TrustedDocument(
            identifier=each.identifier,
            digest=identifier_of(each.text),
            text=each.text,
            trusted_at=now,
        )
        for each in listed
    ]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        stored = dict(
            TrustedDocument.objects.filter(
                identifier__in=[row.identifier for row in rows]
            ).values_list("identifier", "digest")
        )
        taken = [
            each
            for each, row in zip(listed, rows, strict=True)
            if stored.get(row.identifier, row.digest) != row.digest
        ]
        if not taken:
            TrustedDocument.objects.bulk_create(
                rows,
                batch_size=BATCH,
                update_conflicts=True,
                unique_fields=["identifier"],
                update_fields=["trusted_at"],
            )
    return taken


def trusted_documents_delete(identifiers: Iterable[str]) -> int:
    """Removes the documents with these identifiers. Returns how many there were."""
    return TrustedDocument.objects.filter(identifier__in=list(identifiers)).delete()[0]


def trusted_documents_expire(age: timedelta) -> int:
    """Removes the documents that no manifest has contained for so long. Returns how many."""
    return TrustedDocument.objects.filter(trusted_at__lt=timezone.now() - age).delete()[0]
