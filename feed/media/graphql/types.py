"""GraphQL types of media."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import auto

from core.execution import InstancesOf
from core.graphql.enums import declare_enum
from core.graphql.model_types import model_type
from core.graphql.node import Node, id_field
from feed.media import models
from feed.media.addresses import media_addresses
from feed.media.files import MediaSize
from feed.media.media_rows import MediaRow


class MediaKind(Enum):
    """What a medium is."""

    IMAGE = "IMAGE"


class MediaState(Enum):
    """The states that clients see; see `models.STATES`."""

    PROCESSING = "PROCESSING"
    READY = "READY"
    FAILED = "FAILED"


class MediaFailure(Enum):
    """Why processing failed."""

    TOO_LARGE = "TOO_LARGE"
    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    DAMAGED = "DAMAGED"
    TIMED_OUT = "TIMED_OUT"


declare_enum(MediaKind, "What a medium is.", {MediaKind.IMAGE: "A picture."})
declare_enum(
    MediaState,
    "The state of a medium's processing.",
    {
        MediaState.PROCESSING: "It is being processed: query it again, or wait for `PostEdited`.",
        MediaState.READY: "It can be shown.",
        MediaState.FAILED: "It can't be shown; `failure` says why.",
    },
)
declare_enum(
    MediaFailure,
    "Why a medium can't be shown.",
    {
        MediaFailure.TOO_LARGE: "The file is longer than was announced.",
        MediaFailure.NOT_AN_IMAGE: "The file is no JPEG, PNG, WebP or GIF.",
        MediaFailure.TOO_MANY_PIXELS: "The picture has more than 50 megapixels, or needs too much memory.",
        MediaFailure.DAMAGED: "The file is damaged or not complete.",
        MediaFailure.TIMED_OUT: "Processing took too long.",
    },
)
declare_enum(
    MediaSize,
    "The size of a picture: the longer side, unless the uploaded picture is smaller.",
    {
        MediaSize.SMALL: "320 pixels.",
        MediaSize.MEDIUM: "640 pixels.",
        MediaSize.LARGE: "1280 pixels.",
    },
)


@model_type(
    models.Media, name="Media", description="A picture on a post, in a profile, or not used yet."
)
class Media(Node):
    alt_text: auto
    placeholder: auto
    width: int | None = strawberry.field(
        description="The width of the uploaded picture in pixels, 1 to 50,000,000; null until `state` is READY."
    )
    height: int | None = strawberry.field(
        description="The height of the uploaded picture in pixels, 1 to 50,000,000; null until `state` is READY."
    )
    state: MediaState = strawberry.field(description="The state of its processing.")
    failure: MediaFailure | None = strawberry.field(
        description="Why processing failed; null unless `state` is FAILED."
    )

    id = id_field("Media", "The medium's opaque global id")

    @strawberry.field(description="What it is.")
    @staticmethod
    def kind() -> MediaKind:
        return MediaKind.IMAGE

    @strawberry.field(
        description="The address of the WebP in this size, at most 2,048 characters; null until `state` is READY. The "
        "address of a picture that everybody may see stays the same; any other expires within an hour."
    )
    @staticmethod
    def url(
        root: strawberry.Parent[MediaRow],
        size: Annotated[MediaSize, strawberry.argument(description="The size of the picture.")],
    ) -> str | None:
        return media_addresses().picture(root, size)

    is_type_of = InstancesOf(MediaRow, exact=MediaRow._fields)
