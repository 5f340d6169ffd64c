"""GraphQL types of texts in segments, and of hashtags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry import auto

from core.accounts.graphql.types import User
from core.execution import InstancesOf
from core.graphql.attributes import attribute_of
from core.graphql.info import Info
from core.graphql.limits.directives import FREE, ListSize
from core.graphql.model_types import model_type
from core.graphql.node import Node, id_field
from core.loaders import ViewerLoader
from feed import models
from feed.models import TEXT_LENGTH
from feed.segment_rows import HashtagRow, SegmentRow
from feed.text_entities import MAX_HASHTAGS, MAX_MENTIONS

SEGMENTS = (
    f"The text in segments; joined they are exactly `text`. At most {TEXT_LENGTH} segments, {MAX_MENTIONS} mentions "
    f"and {MAX_HASHTAGS} hashtags. An imported text, or one from before there were segments, is a single segment "
    "until the worker has found what it mentions."
)
SEGMENTS_USUALLY = ListSize(assumed_size=5, require_one_slicing_argument=False)


@model_type(models.Hashtag, name="Hashtag", description="A hashtag.")
class Hashtag(Node):
    name: auto
    post_count: auto

    id = id_field("Hashtag", "The hashtag's opaque global id")
    is_type_of = InstancesOf(HashtagRow, exact=HashtagRow._fields)


@strawberry.type(
    description="A part of a text: a mention, a hashtag, a link, or plain text, where the other fields are null."
)
class TextSegment:
    text: str = strawberry.field(
        description=f"The part of the text, with the sign of a mention or hashtag: 1 to {TEXT_LENGTH} code points."
    )
    mention: User | None = strawberry.field(
        description="The mentioned user; null where none is mentioned, and if the user's name is not visible to the "
        "viewer.",
        directives=[FREE],
    )
    hashtag: Hashtag | None = strawberry.field(
        description="The hashtag; null where there is none.", directives=[FREE]
    )
    url: str | None = strawberry.field(
        description=f"The address of a link, http or https, as written: at most {TEXT_LENGTH} code points; null where "
        "there is none."
    )

    is_type_of = InstancesOf(SegmentRow, exact=SegmentRow._fields)


def segments_field(details: type[ViewerLoader[Any]], *decisions: Callable[[Info], bool]) -> Any:
    """The field `textSegments` of posts or comments. `details`: the loader of rows with `segments`; `decisions`: give
    its arguments.
    """
    field = attribute_of(details, "segments", list[TextSegment], SEGMENTS, *decisions)
    field.directives = [SEGMENTS_USUALLY]
    return field
