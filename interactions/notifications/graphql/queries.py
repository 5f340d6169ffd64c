"""The query of notifications."""

from __future__ import annotations

from typing import Annotated

import strawberry

from core.context import Context
from core.graphql.limits.directives import FORWARD_PAGE
from feed.search.graphql.queries import AfterInOrder, FirstInOrder
from interactions.notifications.graphql.types import NotificationConnection
from interactions.notifications.notification_rows import NotificationKind
from interactions.notifications.selectors import MAX_KINDS, notifications_page


@strawberry.type
class NotificationsQuery:
    @strawberry.field(
        description="The viewer's notifications, by `latestAt`, newest first. The newest 1,000 are kept, for 90 days. "
        "Requires an access token.",
        directives=[FORWARD_PAGE],
    )
    @staticmethod
    async def notifications(
        info: strawberry.Info,
        first: FirstInOrder = None,
        after: AfterInOrder = None,
        kinds: Annotated[
            list[NotificationKind] | None,
            strawberry.argument(
                description=f"Only notifications of these kinds, at most {MAX_KINDS}. If omitted, all kinds."
            ),
        ] = None,
    ) -> NotificationConnection:
        context: Context = info.context
        return await notifications_page(context, kinds, first, after)  # type: ignore[return-value]  # resolved from a page
