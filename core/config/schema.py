"""The GraphQL schema, assembled from the types of each feature."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.schema.config import StrawberryConfig

from core.accounts.graphql.account import AccountQuery
from core.accounts.graphql.account_mutations import OwnAccountMutation
from core.accounts.graphql.mutations import AccountsMutation
from core.accounts.graphql.queries import AccountsQuery
from core.accounts.graphql.recovery_mutations import RecoveryMutation
from core.accounts.graphql.types import User
from core.config.composition import extend_types
from core.graphql.limits.rate_limit_query import RateLimitQuery
from core.graphql.mutations import complete_mutations
from core.graphql.node import NodeQuery
from core.graphql.one_of_inputs import mark_one_of_inputs
from core.graphql.scalars import DateTime
from core.graphql.user_errors import ERROR_TYPES
from feed.graphql.mutations import FeedMutation
from feed.graphql.queries import FeedQuery
from feed.graphql.subscriptions import HOME_FEED_EVENT_TYPES, FeedSubscription
from feed.graphql.types import Post
from feed.media.graphql.mutations import MediaMutation
from feed.media.graphql.types import Media
from feed.search.graphql.queries import SearchQuery
from interactions.graphql.exports import DataExport, ExportsMutation
from interactions.graphql.mutations import InteractionsMutation
from interactions.graphql.reports import ReportsMutation
from interactions.graphql.subscriptions import POST_INTERACTION_TYPES, InteractionsSubscription
from interactions.graphql.types import Comment
from interactions.notifications.graphql.mutations import NotificationsMutation
from interactions.notifications.graphql.queries import NotificationsQuery
from interactions.notifications.graphql.subscriptions import (
    NOTIFICATION_EVENT_TYPES,
    NotificationsSubscription,
)
from interactions.notifications.graphql.types import Notification
from interactions.push.graphql.mutations import PushMutation
from interactions.push.graphql.queries import PushQuery


@strawberry.type(description="All reads.")
class Query(
    FeedQuery,
    AccountsQuery,
    AccountQuery,
    SearchQuery,
    NotificationsQuery,
    PushQuery,
    NodeQuery,
    RateLimitQuery,
):
    pass


@strawberry.type(
    description="All writes. Expected failures are returned in the payload's `errors`. All but `signUp`, `signIn`, "
    "`refreshSession`, `signOut`, `verifyEmail`, `requestPasswordReset`, `resetPassword` "
    "and `restoreAccount` require an access token; send none with these: an expired one is refused."
)
class Mutation(
    AccountsMutation,
    OwnAccountMutation,
    RecoveryMutation,
    FeedMutation,
    MediaMutation,
    InteractionsMutation,
    ReportsMutation,
    ExportsMutation,
    NotificationsMutation,
    PushMutation,
):
    pass


@strawberry.type(description="Live events.")
class Subscription(FeedSubscription, InteractionsSubscription, NotificationsSubscription):
    pass


extend_types()
complete_mutations(Mutation)
schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    types=[
        User,
        Post,
        Comment,
        DataExport,
        Media,
        Notification,
        *ERROR_TYPES,
        *HOME_FEED_EVENT_TYPES,
        *POST_INTERACTION_TYPES,
        *NOTIFICATION_EVENT_TYPES,
    ],
    config=StrawberryConfig(scalar_map={datetime: DateTime}),
)
graphql_schema = schema._schema  # noqa: SLF001  # executors need it; Strawberry has no public name for it
mark_one_of_inputs(graphql_schema)
