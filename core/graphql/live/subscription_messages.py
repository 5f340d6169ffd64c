"""The first and the last message of every subscription, beside its events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any, NamedTuple, Protocol

import strawberry

from core.errors import ClientError
from core.events.event_log import ResyncReason
from core.events.log_positions import MAX_CURSOR_LENGTH
from core.execution import InstancesOf
from core.graphql.enums import declare_enum
from core.text import CLIENT_MUTATION_ID_LENGTH

declare_enum(
    ResyncReason,
    "Why a subscription cannot continue from the client's cursor.",
    {
        ResyncReason.CURSOR_TOO_OLD: "Events after the cursor are no longer retained.",
        ResyncReason.CURSOR_UNKNOWN: "The server does not know the cursor, for example after a restored backup.",
        ResyncReason.TOO_SLOW: "The client read too slowly, and its queue overflowed.",
    },
)

EVENT_CURSOR_BOUND = f"at most {MAX_CURSOR_LENGTH:,} characters"
EVENT_CURSOR = (
    f"The event's opaque cursor, {EVENT_CURSOR_BOUND}; a subscription resumes from it with `after`."
)
CAUSED_BY = (
    "The `clientMutationId` of the mutation that caused the event, so that a client recognises its own; "
    f"at most {CLIENT_MUTATION_ID_LENGTH} characters."
)

After = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Where to resume: a `cursor` of this subscription, or the `eventCursor` of a "
            "query. Events since then come first, then new ones. If omitted, only new events. "
            f"{EVENT_CURSOR_BOUND.capitalize()}."
        )
    ),
]


class ReadyRow(NamedTuple):
    """The first message of a subscription."""

    cursor: str
    resumed: bool


class ResyncRow(NamedTuple):
    """The last message of a subscription that cannot continue."""

    cursor: str
    reason: ResyncReason


@strawberry.type(
    description="The first message of every subscription: every event after it is delivered."
)
class SubscriptionReady:
    cursor: str = strawberry.field(
        description=f"The opaque cursor at which the subscription begins, for `after`; {EVENT_CURSOR_BOUND}."
    )
    resumed: bool = strawberry.field(
        description=(
            "Whether the subscription resumes from `after`. If `after` was sent and this is "
            "false, `ResyncRequired` follows."
        )
    )

    is_type_of = InstancesOf(ReadyRow)


@strawberry.type(
    description=(
        "The last message of a subscription that cannot continue without a gap: repeat "
        "the query, then subscribe from its `eventCursor`."
    )
)
class ResyncRequired:
    cursor: str = strawberry.field(
        description="The cursor that the client sent, or that of the last event it received; "
        f"{EVENT_CURSOR_BOUND}."
    )
    reason: ResyncReason = strawberry.field(description="Why the subscription cannot continue.")

    is_type_of = InstancesOf(ResyncRow)


LIVE_TYPES = [SubscriptionReady, ResyncRequired]


def delivered_by_topic() -> AsyncGenerator[Any, None]:
    """The body of subscription resolvers: topics deliver events without it. Errors: ClientError, always."""
    raise ClientError(
        "Subscriptions are served over WebSocket and as server-sent events.",
        "SUBSCRIPTION_NOT_SUPPORTED",
    )


class HasKind(Protocol):
    """A row of an event."""

    @property
    def kind(self) -> str: ...


def of_kind(row_type: type[HasKind], *kinds: str) -> classmethod[object, [object, object], bool]:
    """An `is_type_of` of a GraphQL type: for rows of this type with one of these kinds of events."""

    def is_type_of(_cls: object, value: object, _info: object) -> bool:
        return isinstance(value, row_type) and value.kind in kinds

    return classmethod(is_type_of)


def add_subscription_messages(interface: type) -> None:
    """Makes SubscriptionReady and ResyncRequired implement the interface of a subscription's events.

    Call it next to the interface's definition.
    """
    for message in (SubscriptionReady, ResyncRequired):
        _definition(message).interfaces.append(_definition(interface))


def _definition(declared: Any) -> Any:
    return declared.__strawberry_definition__
