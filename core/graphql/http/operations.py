"""Operations on their way through the HTTP endpoint."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from graphql import ExecutionResult
from starlette.types import Scope

from core.errors import JSONObject
from core.graphql.document import DocumentOperation
from core.graphql.http.http_errors import Headers
from core.graphql.request_record import RequestRecord

ENDS_WITH_CLIENT = "feed.ends_with_client"
"""A key in the scope of a request: whether its execution may be cancelled when its client disconnects."""
RECEIVED_BODY = "feed.received_body"
"""A key in the scope of a request whose body arrived with its head: the body, which `receive` gives as well."""
WHOLE_RESPONSE = "feed.http.response"
"""An extension of ASGI: a message with the `status`, `headers` and `body` of a response. `content-length` is among the
headers, whose names are in lower case.
"""


class ExecutedOperation(NamedTuple):
    """An answered operation, for `headers_for`. Context and result are None if the response came from the cache."""

    operation: DocumentOperation
    variables: JSONObject
    context: Any
    result: ExecutionResult | None


class HTMLPage(NamedTuple):
    """A page for browsers, in HTML."""

    body: bytes
    headers: Headers


class PreparedOperation(NamedTuple):
    """A query or mutation ready to execute."""

    operation: DocumentOperation
    variables: JSONObject
    media_type: bytes
    """Of the response."""
    scope: Scope
    authorization: bytes | None
    key: Hashable | None
    """Its key in the response cache; None if the response must not be cached."""
    record: RequestRecord
    reports_cost: bool


class SubscriptionRequest(NamedTuple):
    """A subscription to answer with a stream."""

    operation: DocumentOperation
    variables: JSONObject
    authorization: str | None
    last_event_id: str | None
    """The cursor from which an EventSource resumes."""
    media_type: bytes
    """Of the response: EVENTS or MULTIPART."""
    headers: Headers
    """Further headers of the response."""
    record: RequestRecord
