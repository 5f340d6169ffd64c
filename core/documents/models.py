"""Trusted documents."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from core.documents.identifiers import MAX_LENGTH


class TrustedDocument(models.Model):
    """A document that `manage.py trust_documents` has stored, under one of its identifiers."""

    id = models.BigAutoField(primary_key=True)
    identifier = models.CharField(
        max_length=MAX_LENGTH, help_text="What a client sends in place of the text."
    )
    digest = models.CharField(
        max_length=71,
        help_text="`sha256:` and the SHA-256 of the text, by which it is found as well.",
    )
    text = models.TextField(help_text="The GraphQL document.")
    trusted_at = models.DateTimeField(
        db_default=Now(), help_text="When a manifest last contained it."
    )

    class Meta:
        db_table = "trusted_documents"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["identifier"], name="trusted_documents_identifier")
        ]
        indexes: ClassVar = [models.Index("digest", name="trusted_documents_digest")]

    def __str__(self) -> str:
        return self.identifier
