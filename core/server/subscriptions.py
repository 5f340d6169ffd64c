"""Live delivery, assembled: dispatcher, topics, and the transports of subscriptions."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from core.accounts.visibility import session_is_live
from core.config.environment import Environment
from core.config.schema import graphql_schema
from core.context import Services
from core.events.dispatcher import Dispatcher
from core.events.event_log import EventLog
from core.events.notifier import Notifier
from core.events.revocations import Hidden, Revoke
from core.execution import Executor
from core.graphql.document_store import DocumentStore
from core.graphql.http.cors import CORSPolicy
from core.graphql.live.connection_registry import ConnectionRegistry, ReadToken
from core.graphql.live.event_payloads import EventRenderer
from core.graphql.live.subscription_runner import SubscriptionRunner
from core.graphql.ports import Admission, ContextFor
from core.graphql.request_record import Observer
from core.graphql.streams.stream_endpoint import StreamEndpoint
from core.graphql.websocket.websocket_endpoint import GraphQLWebSocket
from feed.graphql.home_feed_topic import HomeFeedTopic
from interactions.graphql.post_topic import PostInteractionsTopic
from interactions.notifications.graphql.notification_topic import NotificationTopic


class Live:
    """The services of live delivery in one process. Call `start` before use."""

    def __init__(
        self,
        settings: Environment,
        *,
        services: Services,
        documents: DocumentStore,
        executor: Executor,
        admission: Admission,
        observer: Observer,
        context_for: ContextFor,
        read_token: ReadToken,
        revoke: Revoke,
        hidden: Hidden,
        origins: CORSPolicy,
    ) -> None:
        """`revoke`: called with sessions that have ended. `hidden`: called when anything was hidden from anonymous
        clients. `origins`: of pages that may subscribe.
        """
        self._notifier = Notifier(settings.redis_url)
        log = EventLog(
            services.database,
            services.cursors,
            retention=timedelta(hours=settings.event_retention_hours),
        )
        self._dispatcher = Dispatcher(
            log, self._notifier, recent_revocations=settings.recent_revocations
        )
        renderer = EventRenderer(services, executor.execute)
        topics = [
            HomeFeedTopic(self._dispatcher, renderer),
            PostInteractionsTopic(self._dispatcher, renderer),
            NotificationTopic(self._dispatcher, renderer),
        ]
        runner = SubscriptionRunner(
            graphql_schema, documents, executor.execute, topics, admission, observer
        )
        self.connections = connections = ConnectionRegistry(
            read_token,
            partial(session_is_live, services.database),
            per_address=settings.connections_per_address,
        )
        self._dispatcher.on_revocation(revoke)
        self._dispatcher.on_revocation(connections.revoke)
        self._dispatcher.on_hidden(hidden)
        self.websocket = GraphQLWebSocket(
            runner=runner, connections=connections, context_for=context_for, origins=origins
        )
        self.streams = StreamEndpoint(
            runner=runner, connections=connections, context_for=context_for
        )

    def notify(self) -> None:
        """Wakes the readers of the event log after a commit with events. Returns immediately."""
        self._notifier.notify()

    async def start(self) -> None:
        """Starts to read the log. Errors: DatabaseUnavailable."""
        await self._dispatcher.start()

    async def close(self) -> None:
        await self._dispatcher.close()
