"""Runs operations for WebSocket and server-sent events: queries, mutations and subscriptions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from graphql import ExecutionResult, FieldNode, GraphQLSchema
from graphql.execution.values import get_argument_values

from core.context import Context
from core.database.usage import USAGE
from core.errors import ClientError, JSONObject
from core.events.log_positions import is_cursor
from core.execution import coerce_variable_values
from core.graphql.document import DocumentOperation
from core.graphql.document_store import DocumentStore
from core.graphql.errors import (
    client_error,
    document_error_entries,
    error_entry,
    execution_error_entries,
    fault_entry,
    timeout_error,
    with_request_id,
)
from core.graphql.http.requests import GraphQLRequest
from core.graphql.http.shared_timeout import SharedTimeout, SharedTimeoutExpired
from core.graphql.limits.cost_report import (
    check_answer_size,
    check_introspection,
    checked_cost,
    cost_report,
)
from core.graphql.live.shared_operations import LiveOperations
from core.graphql.live.subscriber import Sink, Subscriber
from core.graphql.live.topic import Topic
from core.graphql.ports import Admission, Execute
from core.graphql.request_record import Observer, RequestRecord, codes_of


class OperationRefused(Exception):
    """An operation that is not executed because of request errors."""

    def __init__(self, errors: list[JSONObject]) -> None:
        super().__init__(errors)
        self.errors = errors


class ActiveSubscription:
    """A running subscription."""

    __slots__ = ("_subscriber", "_topic")

    def __init__(self, topic: Topic, subscriber: Subscriber) -> None:
        self._topic = topic
        self._subscriber = subscriber

    def close(self) -> None:
        """Ends the subscription. Nothing more is sent."""
        self._topic.close(self._subscriber)


class SubscriptionRunner:
    """Runs operations of one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        documents: DocumentStore,
        execute: Execute,
        topics: Iterable[Topic],
        admission: Admission | None = None,
        observer: Observer | None = None,
    ) -> None:
        """`observer`: for metrics, logs and traces; the transports call it."""
        self._schema = schema
        self._documents = documents
        self._execute = execute
        self._admission = admission or Admission()
        self.observer = observer or Observer()
        self.limits = documents.limits
        self._timeout = SharedTimeout(self.limits.execution_seconds)
        self._topics = {topic.field: topic for topic in topics}
        public_fields: dict[str, frozenset[str]] = {}
        for topic in self._topics.values():
            public_fields.update(topic.public_fields)
        self._operations = LiveOperations(schema, public_fields)

    async def operation(self, request: GraphQLRequest, address: str | None) -> DocumentOperation:
        """The operation that a client at this address requests.

        Errors: OperationRefused, ClientError, DatabaseUnavailable.
        """
        document = await self._documents.of_request(request.query, request.identifier, address)
        if document.errors:
            raise OperationRefused(document.errors)
        operation = document.operation(request.operation_name)
        checked_cost(operation, request.variables, self.limits)
        return operation

    def refused(self, record: RequestRecord, address: str | None) -> None:
        """To be called after an answer with errors."""
        self._admission.refused(record, address)

    async def admit(
        self, operation: DocumentOperation, variables: JSONObject, context: Context
    ) -> None:
        """To be called before `answer` and `subscribe`. Errors: RATE_LIMITED, INTROSPECTION_DISABLED."""
        check_introspection(operation, self.limits, is_anonymous=context.viewer_id is None)
        wait = self._admission.admit(operation, operation.cost.value(variables), context)
        if wait is not None:
            await wait

    async def answer(
        self,
        operation: DocumentOperation,
        variables: JSONObject,
        context: Context,
        record: RequestRecord,
    ) -> str:
        """The result of a query or mutation, as JSON. Errors: OperationRefused, TIMEOUT, LIMIT_EXCEEDED."""
        USAGE.set(record)
        result = self._execute(operation.document, operation.name, variables, context)
        if not isinstance(result, ExecutionResult):
            try:
                result = await self._timeout.wait_for(result)
            except SharedTimeoutExpired:
                raise timeout_error(self._timeout.seconds) from None
        self._admission.settle(operation, context.cost, record, context)
        answer: JSONObject = {"data": result.data}
        if result.errors:
            entries = execution_error_entries(result.errors, operation.name)
            if result.data is None and all(error.path is None for error in result.errors):
                raise OperationRefused(entries)
            record.codes = codes_of(entries)
            answer = {"errors": with_request_id(entries, record.request_id), "data": result.data}
        if self.limits.reports_cost:
            cost = operation.cost.value(variables)
            answer["extensions"] = cost_report(operation, cost, record, self.limits)
        body = orjson.dumps(answer)
        check_answer_size(len(body), self.limits)
        return body.decode()

    async def subscribe(
        self,
        operation: DocumentOperation,
        variables: JSONObject,
        context: Context,
        sink: Sink,
        *,
        on_start: Callable[[ActiveSubscription], None],
        resume: str | None = None,
    ) -> None:
        """Starts a subscription; returns when it has caught up and receives live events.

        `on_start` is called before the first message. `resume` overrides the argument `after`.
        Errors: OperationRefused, ClientError, DatabaseUnavailable.
        """
        root = self._operations.shape(operation).root
        topic = self._topics[root.name.value]
        arguments = self._arguments(operation, root, variables)
        after = arguments.get("after") if resume is None else resume
        if after is not None and not is_cursor(after):
            raise ClientError("The cursor is malformed.", "INVALID_CURSOR")
        topic_key = topic.topic_key(context, arguments)
        found = self._operations.find(operation, variables)
        subscriber = Subscriber(sink, found, context.viewer_id, topic_key)
        subscription = ActiveSubscription(topic, subscriber)
        on_start(subscription)
        try:
            await topic.serve(subscriber, after)
        except BaseException:
            subscription.close()
            raise

    def _arguments(
        self, operation: DocumentOperation, root: FieldNode, variables: JSONObject
    ) -> Any:
        found = coerce_variable_values(
            self._schema,
            operation.node.variable_definitions or (),
            variables,
            hide_suggestions=True,
            errors_at_most=20,
        )
        if isinstance(found, list):
            raise OperationRefused(document_error_entries(found, "BAD_INPUT"))
        subscription_type = self._schema.subscription_type
        if subscription_type is None:
            raise OperationRefused(
                [error_entry(ClientError("The schema has no subscriptions.", "BAD_REQUEST"))]
            )
        definition = subscription_type.fields[root.name.value]
        return get_argument_values(definition, root, found)


def failure_entries(failure: Exception, operation_name: str | None = None) -> list[JSONObject]:
    """The error entries for an operation that was not executed or failed as a whole. Logs a fault."""
    if isinstance(failure, OperationRefused):
        return failure.errors
    error = client_error(failure)
    return [fault_entry(failure, operation_name) if error is None else error_entry(error)]


async def cancel_all(*tasks: asyncio.Task[Any]) -> None:
    """Cancels the tasks and returns when they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
