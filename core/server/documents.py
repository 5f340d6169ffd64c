"""The store of documents by the settings: for the web process, and for the command that trusts documents."""

from __future__ import annotations

from core.config.environment import Environment
from core.config.schema import graphql_schema
from core.documents.selectors import TrustedTexts
from core.documents.shared_texts import SharedTexts
from core.graphql.document_store import ChargeDocument, DocumentStore, free
from core.graphql.limits.limits import Limits


def document_store(
    settings: Environment,
    *,
    shared: SharedTexts | None = None,
    trusted: TrustedTexts | None = None,
    suggestions: bool,
    charge: ChargeDocument = free,
) -> DocumentStore:
    """The documents of the schema, within the limits of the settings."""
    return DocumentStore(
        graphql_schema,
        _limits(settings),
        suggestions=suggestions,
        shared=shared,
        trusted=trusted,
        trusted_only=settings.trusted_documents_only,
        charge=charge,
    )


def _limits(settings: Environment) -> Limits:
    return Limits(
        execution_seconds=settings.request_seconds,
        body_seconds=settings.request_body_seconds,
        body_bytes=settings.max_body_bytes,
        document_characters=settings.max_document_characters,
        tokens=settings.max_tokens,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        root_fields=settings.max_root_fields,
        directives=settings.max_directives,
        fragment_spreads=settings.max_fragment_spreads,
        list_items=settings.max_list_items,
        cost=settings.max_cost,
        answer_bytes=settings.max_answer_bytes,
        # Who may open the playground may read the schema there.
        anonymous_introspection=settings.anonymous_introspection or settings.playground,
        reports_cost=settings.report_cost,
    )
