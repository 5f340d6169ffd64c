"""Live delivery, put together: the log's reader, the channels, and the transports over them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from graphql import DocumentNode

from core.accounts.visibility import session_is_live
from core.config.environment import Environment
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.events.dispatcher import Hub
from core.events.event_log import EventLog
from core.events.notifier import Doorbell
from core.events.revocations import Revoke
from core.execution.executor import Executor
from core.graphql.documents import DocumentStore
from core.graphql.live.connection_registry import OpenConnections, ReadToken
from core.graphql.live.event_payloads import Renderer
from core.graphql.live.subscription_runner import LiveRunner
from core.graphql.ports import ContextFor
from core.graphql.sse.sse_endpoint import EventStreams
from core.graphql.websocket.websocket_endpoint import GraphQLWebSocket
from feed.graphql.home_feed_topic import HomeFeedChannel
from interactions.graphql.post_topic import PostInteractionsChannel


class Live:
    """The part of a server that stays connected. Needs `start`."""

    def __init__(
        self,
        settings: Environment,
        *,
        services: Services,
        documents: DocumentStore,
        executor: Executor,
        context_for: ContextFor,
        read_token: ReadToken,
        revoke: Revoke,
    ) -> None:
        """`revoke`: is called with sessions that have ended."""
        self._doorbell = Doorbell(settings.redis_url)
        log = EventLog(
            services.database,
            services.cursors,
            retention=timedelta(hours=settings.event_retention_hours),
        )
        self._hub = Hub(log, self._doorbell, recent_revocations=settings.recent_revocations)

        def execute(
            document: DocumentNode,
            name: str | None,
            variables: dict[str, Any],
            context: Context,
            root: object = None,
        ) -> Any:
            return executor.execute(
                document, operation_name=name, variables=variables, context=context, root=root
            )

        renderer = Renderer(services, execute)
        channels = [
            HomeFeedChannel(self._hub, renderer),
            PostInteractionsChannel(self._hub, renderer),
        ]
        runner = LiveRunner(graphql_schema, documents, execute, channels)
        self.connections = connections = OpenConnections(
            read_token,
            partial(session_is_live, services.database),
            per_address=settings.connections_per_address,
        )
        self._hub.when_revoked(revoke)
        self._hub.when_revoked(connections.revoke)
        self.websocket = GraphQLWebSocket(
            runner=runner, connections=connections, context_for=context_for
        )
        self.streams = EventStreams(runner=runner, connections=connections, context_for=context_for)

    def ring(self) -> None:
        """Says, after a commit, that the event log has something new. Returns at once."""
        self._doorbell.ring()

    async def start(self) -> None:
        """Begins to read the log. Errors: DatabaseUnavailable."""
        await self._hub.start()

    async def close(self) -> None:
        await self._hub.close()
