"""Executes an operation, and makes the response of its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from graphql import ExecutionResult

from core.database.usage import USAGE
from core.graphql.errors import execution_error_entries
from core.graphql.http.http_errors import Headers
from core.graphql.http.negotiation import GRAPHQL
from core.graphql.http.operations import ExecutedOperation, PreparedOperation
from core.graphql.http.responses import (
    Response,
    error_body,
    request_error_response,
    retry_later_response,
    timeout_response,
    with_extensions,
)
from core.graphql.http.shared_timeout import SharedTimeout, SharedTimeoutExpired
from core.graphql.limits.cost_report import check_answer_size, cost_report
from core.graphql.limits.limits import Limits
from core.graphql.ports import Admission, ContextFor, Execute
from core.graphql.request_record import RequestRecord, codes_of

PARTIAL_SUCCESS = 294
"""The draft's status for errors beside `data`."""


class OperationExecutor:
    """Executes the operations of an endpoint, within their time and what the client may ask."""

    def __init__(
        self,
        limits: Limits,
        *,
        execute: Execute,
        context_for: ContextFor,
        admission: Admission,
        headers_for: Callable[[ExecutedOperation], Headers] | None,
        draft_statuses: bool,
    ) -> None:
        """The arguments are those of GraphQLHTTP."""
        self._limits = limits
        self._timeout = SharedTimeout(limits.execution_seconds)
        self._execute = execute
        self._context_for = context_for
        self._admission = admission
        self._headers_for = headers_for
        self._draft = draft_statuses

    async def execute(self, prepared: PreparedOperation) -> tuple[Response, bytes | None]:
        """The response and, if there are no errors, the body to cache."""
        operation, variables, media_type, scope, authorization, _, record, _ = prepared
        context = self._context_for(
            None if authorization is None else authorization.decode("latin-1"), scope
        )
        record.viewer_id = getattr(context, "viewer_id", None)
        wait = self._admission.admit(operation, record.cost, context)
        if wait is not None:
            await wait
        USAGE.set(record)
        result = self._execute(operation.document, operation.name, variables, context)
        if not isinstance(result, ExecutionResult):
            try:
                result = await self._timeout.wait_for(result)
            except SharedTimeoutExpired:
                seconds = self._limits.execution_seconds
                return timeout_response(seconds, media_type, record.request_id), None
        self._admission.settle(operation, record.cost, record, context)
        errors = result.errors
        if not errors:
            body = orjson.dumps({"data": result.data})
            check_answer_size(len(body), self._limits)
            return self.response(prepared, body, record, context, result), body
        entries = execution_error_entries(errors, operation.name)
        if result.data is None:
            retry_later = retry_later_response(entries, media_type, record.request_id)
            if retry_later is not None:
                return retry_later, None
            if all(error.path is None for error in errors):
                refused = request_error_response(
                    entries, media_type, record.request_id, draft=self._draft
                )
                return refused, None
        body = error_body(entries, record.request_id, data=result.data)
        check_answer_size(len(body), self._limits)
        response = self.response(prepared, body, record, context, result)
        if self._draft and media_type is GRAPHQL:
            response = response._replace(status=PARTIAL_SUCCESS)
        return response._replace(codes=codes_of(entries)), None

    def response(
        self,
        prepared: PreparedOperation,
        body: bytes,
        usage: RequestRecord | None,
        context: Any,
        result: ExecutionResult | None,
    ) -> Response:
        """The response with additional headers and extensions. `usage`: None for a cached body."""
        extensions = result.extensions if result is not None else None
        if prepared.reports_cost:
            report = cost_report(prepared.operation, prepared.record.cost, usage, self._limits)
            extensions = {**(extensions or {}), **report}
        headers: Headers = ()
        if self._headers_for is not None:
            headers = self._headers_for(
                ExecutedOperation(prepared.operation, prepared.variables, context, result)
            )
        if extensions:
            body = with_extensions(body, extensions)
        return Response(200, prepared.media_type, body, headers)
