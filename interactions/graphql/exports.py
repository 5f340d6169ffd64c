"""The archive of the viewer's data in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import strawberry

from core.execution import InstancesOf
from core.graphql.enums import declare_enum
from core.graphql.info import Info
from core.graphql.limits.directives import RateLimit
from core.graphql.mutations import CreationInput, Payload, mutation, replayed_field, result_field
from core.graphql.node import Node, id_field
from interactions.exports import ExportRow, export_create, export_link, exports_by_ids
from interactions.jobs import data_export
from interactions.models import ExportState

PATH = "/exports"


class ExportAddress(NamedTuple):
    """Where clients reach archives."""

    base: str
    """The address of this server without a slash at the end; empty for paths on it."""


declare_enum(
    ExportState,
    "The state of a job.",
    {
        ExportState.PENDING: "It is in progress.",
        ExportState.READY: "It is complete.",
        ExportState.FAILED: "It has failed, or took too long. Start it again.",
    },
    name="JobState",
)


@strawberry.type(description="An archive of all that belongs to the viewer.")
class DataExport(Node):
    @strawberry.field(description="Whether the archive can be downloaded.")
    @staticmethod
    def state(root: strawberry.Parent[ExportRow]) -> ExportState:
        return ExportState(root.state)

    expires_at: datetime | None = strawberry.field(
        description="When the archive and its address expire; null while it is being made."
    )

    @strawberry.field(
        description="Where to download the archive: newline-delimited JSON, compressed by gzip, one object a line, "
        "with the user's pictures. "
        "Anyone with the address can, until `expiresAt`. At most 2,000 characters. Null unless the state is READY."
    )
    @staticmethod
    def url(root: strawberry.Parent[ExportRow], info: Info) -> str | None:
        link = export_link(info.context.services.cursors, root)
        address = info.context.services.find(ExportAddress)
        return None if link is None else f"{address.base if address else ''}{PATH}/{link}"

    id = id_field("DataExport", "The archive's opaque global id")
    is_type_of = InstancesOf(ExportRow)


@strawberry.input(description="Nothing but the client's key.")
class ExportDataInput(CreationInput):
    pass


@strawberry.type(description="The archive that is being made.")
class ExportDataPayload(Payload):
    export: DataExport | None = result_field(
        "The archive, to be queried by `node` until it is READY",
        ", or repeats a call whose archive is gone",
    )
    replayed: bool = replayed_field()


@strawberry.type
class ExportsMutation:
    @mutation(
        "Begins an archive of all that belongs to the viewer, in place of an earlier one. While one is "
        "being made, returns that one.",
        RateLimit(bucket="exports"),
    )
    @staticmethod
    async def export_data(info: Info, input: ExportDataInput) -> ExportDataPayload:
        context = info.context
        viewer_id = context.require_viewer()
        async with context.database.transaction() as transaction:
            created = await export_create(transaction, viewer_id, input.client_mutation_id)
            if created.is_new:
                await data_export.enqueue(transaction, {"export": created.key})
        (export,) = await exports_by_ids(context, [created.key])
        return ExportDataPayload(export=export, replayed=created.replayed)  # type: ignore[arg-type]  # a row
