"""What every subscription tells, beside the events that it is for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any, NamedTuple

import strawberry

from core.errors import ClientError
from core.events.event_log import ResyncReason
from core.graphql.enums import declare_enum

declare_enum(
    ResyncReason,
    "Why a subscription can't go on from where the client stands.",
    {
        ResyncReason.CURSOR_TOO_OLD: "Some of what came after the cursor is no longer kept.",
        ResyncReason.CURSOR_UNKNOWN: "The cursor is none of this server's, or of its future.",
        ResyncReason.TOO_SLOW: "The client did not read fast enough, and too much was waiting.",
    },
)

After = Annotated[
    str | None,
    strawberry.argument(
        description="Where to go on: a `cursor` of this subscription, or the `eventCursor` of a query. What has "
        "happened since comes first, then what happens. Left out: from now on."
    ),
]


class ReadyRow(NamedTuple):
    """The first message of a subscription."""

    cursor: str
    resumed: bool


class ResyncRow(NamedTuple):
    """The last message of a subscription that can't go on."""

    cursor: str
    reason: ResyncReason


@strawberry.type(
    description="The first message of every subscription: from here on nothing is missed."
)
class SubscriptionReady:
    cursor: str = strawberry.field(
        description="Where the subscription begins. Opaque; for `after`."
    )
    resumed: bool = strawberry.field(
        description="Whether it goes on from `after`. If `after` was sent and this is false, `ResyncRequired` follows."
    )

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, ReadyRow)


@strawberry.type(
    description="The last message of a subscription that can't go on without a gap: query again, then "
    "subscribe from the query's `eventCursor`."
)
class ResyncRequired:
    cursor: str = strawberry.field(
        description="Where the client stands: the cursor that it sent, or that of the last event it was given."
    )
    reason: ResyncReason = strawberry.field(description="Why the subscription can't go on.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, ResyncRow)


LIVE_TYPES = [SubscriptionReady, ResyncRequired]


def served_live() -> AsyncGenerator[Any, None]:
    """Nothing: channels give events to subscribers. Errors: ClientError, told to whoever asks elsewhere."""
    raise ClientError(
        "Subscriptions are served over WebSocket and as server-sent events.",
        "SUBSCRIPTION_NOT_SUPPORTED",
    )


def also_gives(interface: type) -> None:
    """Makes the messages of every subscription implement the interface of one subscription's events.

    Call it beside the interface's definition.
    """
    for message in (SubscriptionReady, ResyncRequired):
        _definition(message).interfaces.append(_definition(interface))


def _definition(declared: Any) -> Any:
    return declared.__strawberry_definition__
