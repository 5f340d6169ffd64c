"""Mutations of media."""

from __future__ import annotations

from datetime import datetime

import strawberry

from core.errors import InputRules
from core.graphql.info import Info
from core.graphql.limits.directives import FREE, RateLimit
from core.graphql.mutations import (
    CreationInput,
    MutationInput,
    Payload,
    mutation,
    result_field,
)
from core.graphql.node import ID_BOUND
from core.graphql.scalars import to_text
from core.ids import global_id, input_key
from feed.media.addresses import UPLOAD_LIFE
from feed.media.graphql.types import Media
from feed.media.models import MAX_BYTES
from feed.media.services import UploadStarted, upload_finish, upload_start

CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
MEDIA_ID = f"The medium's id, {ID_BOUND}."
MINUTES = int(UPLOAD_LIFE.total_seconds()) // 60


@strawberry.type(description="A header of an HTTP request.")
class HttpHeader:
    name: str = strawberry.field(description="The name, at most 100 characters.")
    value: str = strawberry.field(description="The value, at most 1,000 characters.")


@strawberry.type(description="Where and how to send a file.")
class MediaUpload:
    media_id: strawberry.ID = strawberry.field(
        description=f"The id for `finishUpload`, {ID_BOUND}."
    )
    url: str = strawberry.field(description="Where to send the file, at most 2,048 characters.")
    method: str = strawberry.field(description="The HTTP method: PUT, at most 10 characters.")
    headers: list[HttpHeader] = strawberry.field(
        description="The headers to send, at most 10.", directives=[FREE]
    )
    expires_at: datetime = strawberry.field(
        description=f"Until when the address can be used: {MINUTES} minutes. Then call `startUpload` again with the "
        "same `clientMutationId`."
    )


@strawberry.input(description="The file that will be sent.")
class StartUploadInput(CreationInput):
    content_type: str = strawberry.field(
        description=f"Its media type, at most 20 characters: one of {', '.join(CONTENT_TYPES)}."
    )
    byte_size: int = strawberry.field(description=f"Its length in bytes: 1 to {MAX_BYTES:,}.")


@strawberry.type(description="The upload that was begun.")
class StartUploadPayload(Payload):
    upload: MediaUpload | None = result_field("Where to send the file")


@strawberry.input(description="The upload whose file has been sent.")
class FinishUploadInput(MutationInput):
    media_id: strawberry.ID = strawberry.field(description=MEDIA_ID)


@strawberry.type(description="The picture that is being processed.")
class FinishUploadPayload(Payload):
    media: Media | None = result_field("The picture")


@strawberry.type
class MediaMutation:
    @mutation(
        "Begins the upload of a picture: send the file to the address that it returns, then call "
        "`finishUpload`. A repeated `clientMutationId` gives the same upload with a new address.",
        RateLimit(bucket="uploads"),
    )
    @staticmethod
    async def start_upload(info: Info, input: StartUploadInput) -> StartUploadPayload:
        owner_id = info.context.require_viewer()
        content_type = input.content_type.strip().lower()
        rules = InputRules()
        if content_type not in CONTENT_TYPES:
            rules.reject("contentType", f"Send a picture: {', '.join(CONTENT_TYPES)}.")
        if not 1 <= input.byte_size <= MAX_BYTES:
            rules.reject("byteSize", f"A picture has 1 to {MAX_BYTES:,} bytes.")
        rules.raise_problems()
        started = await upload_start(
            info.context.database,
            owner_id=owner_id,
            content_type=content_type,
            byte_size=input.byte_size,
            client_mutation_id=input.client_mutation_id,
        )
        return StartUploadPayload(upload=_upload(started))

    @mutation(
        "Starts the processing of a file that has been sent. The picture can be put on a post at once."
    )
    @staticmethod
    async def finish_upload(info: Info, input: FinishUploadInput) -> FinishUploadPayload:
        context = info.context
        media = await upload_finish(
            context.database,
            viewer_id=context.require_viewer(),
            media_id=input_key("Media", input.media_id, "mediaId"),
        )
        context.services.notify()
        return FinishUploadPayload(media=media)  # type: ignore[arg-type]  # a row


def _upload(started: UploadStarted) -> MediaUpload:
    media_id, (url, method, headers, expires_at) = started
    return MediaUpload(
        media_id=strawberry.ID(global_id("Media", media_id)),
        url=url,
        method=method,
        headers=[HttpHeader(name=name, value=value) for name, value in headers.items()],
        expires_at=to_text(expires_at),  # type: ignore[arg-type]  # passed through
    )
