"""Parses GraphQL requests from HTTP bodies, URLs and WebSocket payloads, and checks their form."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs, parse_qsl

import orjson
from starlette.types import Receive, Scope

from core.documents.identifiers import (
    HASH,
    PREFIX,
    IdentifierMalformed,
    is_hash,
    read_identifier,
)
from core.errors import JSONObject
from core.graphql.http.http_errors import (
    CLOSE,
    ClientDisconnected,
    HTTPError,
    bad_request,
    unreadable,
)
from core.graphql.http.operations import RECEIVED_BODY
from core.graphql.http.shared_timeout import SharedTimeout, SharedTimeoutExpired
from core.graphql.limits.limits import Limits, over_limit

MAX_DRAINED_BYTES = 16 * 1024 * 1024
"""A body that is too large is read and discarded up to this size: closing the connection at once
would take the response from a client that is still sending.
"""
PARSER_DEPTH = 1_000
CONTAINERS = {dict, list}
"""Classes of JSON values that contain others."""


class GraphQLRequest(NamedTuple):
    """The parameters of a GraphQL request."""

    query: str | None
    operation_name: str | None
    variables: JSONObject
    identifier: str | None
    """By which the document is known, as `read_identifier` returns it."""
    source: bytes
    """The bytes that the request was parsed from."""


def request_headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's header fields. Repeated fields are joined with commas (RFC 9110, section 5.3)."""
    fields = scope["headers"]
    headers: dict[bytes, bytes] = dict(fields)
    if len(headers) < len(fields):
        headers = {}
        for name, value in fields:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def address_of(scope: Scope) -> str | None:
    """The client's network address, if it is known."""
    client = scope.get("client")
    return str(client[0]) if client else None


async def read_body(
    receive: Receive, content_length: bytes | None, limits: Limits, body_timeout: SharedTimeout
) -> bytes:
    """The whole body. Errors: 413, 408, ClientDisconnected."""
    declared = int(content_length) if content_length and content_length.isdigit() else None
    if declared is not None and declared > limits.body_bytes:
        raise _too_large(limits, close=declared > MAX_DRAINED_BYTES)
    try:
        return await body_timeout.wait_for(_received(receive, limits))
    except SharedTimeoutExpired:
        message = f"The body did not arrive within {body_timeout.seconds:g} seconds. Send it again."
        raise HTTPError(message, "REQUEST_TIMEOUT", (CLOSE,)) from None


def received_body(scope: Scope, limits: Limits) -> bytes | None:
    """The body, if it has arrived with its head and is not too large; `receive` gives it as well."""
    body: bytes | None = scope.get(RECEIVED_BODY)
    return body if body is not None and len(body) <= limits.body_bytes else None


async def _received(receive: Receive, limits: Limits) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limits.body_bytes:
            chunks.clear()
            if size > MAX_DRAINED_BYTES or not more:
                raise _too_large(limits, close=more)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limits: Limits, *, close: bool) -> HTTPError:
    message = (
        f"The body is limited to {limits.body_bytes:,} bytes. Request less at once, or send the "
        "document's hash instead of its text (`extensions.persistedQuery`)."
    )
    return HTTPError(message, "REQUEST_TOO_LARGE", (CLOSE,) if close else ())


def from_body(body: bytes, limits: Limits) -> GraphQLRequest:
    """The request in a JSON body. Errors: 400."""
    if not body:
        raise unreadable("The body is empty. Send a JSON object with a `query`.")
    sent = _loaded(body, "The body")
    if type(sent) is not dict:
        if type(sent) is list:
            message = "Batching is not supported. Send each operation in a separate request."
            raise bad_request(message, "BATCHING_NOT_SUPPORTED")
        raise bad_request("The body must be a JSON object with a `query`.")
    return from_object(sent, body, limits)


def from_query_string(query_string: bytes, limits: Limits) -> GraphQLRequest:
    """The request in the parameters of a URL. Errors: 400, 414."""
    if len(query_string) > limits.body_bytes:
        message = "The URL is too long. Send the request by POST."
        raise HTTPError(message, "REQUEST_TOO_LARGE", status=414)
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=100,
        )
    except ValueError:
        message = "The URL's parameters can't be parsed. Percent-encode them as UTF-8."
        raise unreadable(message) from None
    sent: JSONObject = {}
    for name, value in pairs:
        if name in sent:
            raise bad_request(f"The parameter `{name[:100]}` occurs in the URL more than once.")
        sent[name] = value
    for name in ("variables", "extensions"):
        if name in sent:
            text = sent[name].encode()
            sent[name] = _loaded(text, f"The parameter `{name}`") if text else None
    return from_object(sent, query_string, limits)


def token_in_url(query_string: bytes) -> bytes | None:
    """The Authorization header from the parameter `access_token`: EventSource can't set headers.

    Source: RFC 6750, section 2.3.
    """
    try:
        pairs = parse_qs(query_string.decode("ascii"), max_num_fields=100)
    except ValueError:
        return None
    tokens = pairs.get("access_token")
    return b"Bearer " + tokens[0].encode(errors="replace") if tokens else None


def from_object(sent: JSONObject, source: bytes, limits: Limits) -> GraphQLRequest:
    """The request in a JSON object, which was parsed from `source`. Errors: 400."""
    query = sent.get("query")
    if query is not None and type(query) is not str:
        raise bad_request("`query` must be a string: a GraphQL document.")
    operation_name = sent.get("operationName")
    if operation_name is not None and type(operation_name) is not str:
        raise bad_request("`operationName` must be a string or null.")
    variables = sent.get("variables")
    if variables is None:
        variables = {}
    elif type(variables) is not dict:
        raise bad_request("`variables` must be a JSON object or null.")
    extensions = sent.get("extensions")
    identifier = None
    if extensions is not None:
        if type(extensions) is not dict:
            raise bad_request("`extensions` must be a JSON object or null.")
        identifier = _persisted_identifier(extensions)
    if "documentId" in sent:
        identifier = _identifier(sent["documentId"], query, identifier)
    if identifier is not None:
        query = query or None
    if query is None and identifier is None:
        raise bad_request(
            "`query` is missing. Send a GraphQL document as a string, or the `documentId` of one."
        )
    if variables:
        check_size(variables, "variables", limits)
    if extensions:
        check_size(extensions, "extensions", limits)
    return GraphQLRequest(query, operation_name or None, variables, identifier, source)


def _identifier(given: Any, query: str | None, persisted: str | None) -> str | None:
    """The identifier in `documentId`, else the hash of Apollo's clients. Errors: 400."""
    if given is None or given == "":
        return persisted
    if type(given) is not str:
        raise bad_request("`documentId` must be a string or null.")
    try:
        identifier = read_identifier(given)
    except IdentifierMalformed as malformed:
        raise bad_request(f"`documentId` {malformed}.") from None
    if persisted is not None and persisted != identifier:
        raise bad_request("`documentId` and `extensions.persistedQuery` differ. Send one of them.")
    if query and not is_hash(identifier):
        raise bad_request(
            "`query` and `documentId` were both sent, and the identifier is not the document's "
            "SHA-256. Send one of them."
        )
    return identifier


def _persisted_identifier(extensions: JSONObject) -> str | None:
    """The identifier in `persistedQuery`, as Apollo's clients send it. Errors: 400."""
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    if type(persisted) is dict and persisted.get("version") == 1:
        digest = persisted.get("sha256Hash")
        if type(digest) is str and HASH.fullmatch(digest):
            return PREFIX + digest
    raise bad_request(
        "`extensions.persistedQuery` must be an object with `version` 1 and, in `sha256Hash`, the "
        "document's SHA-256 in lower-case hexadecimal."
    )


def _loaded(text: bytes, where: str) -> Any:
    """The JSON value. Errors: 400, without the parser's message."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        position = error.pos
    try:
        shown = text.decode("utf-8")
    except UnicodeDecodeError:
        raise unreadable(f"{where} is not valid UTF-8.") from None
    if text.count(b"[") + text.count(b"{") > PARSER_DEPTH:
        raise unreadable(f"{where} is nested too deeply, or not valid JSON.")
    if re.match(r"-?\d", shown[position:]):
        message = f"{where} is not valid JSON, or has a number that is too large"
    else:
        message = f"{where} is not valid JSON"
    raise unreadable(f"{message}: look near character {position + 1}.")


def check_size(value: JSONObject, what: str, limits: Limits) -> None:
    """Refuses an object with more levels, values or items of a list than the limits allow. Errors: LIMIT_EXCEEDED.

    `what`: what the value is, for the error.
    """
    level: list[Any] = [value]
    depth, values = 0, 1
    while level:
        depth += 1
        below: list[Any] = []
        for each in level:
            if type(each) is list and len(each) > limits.list_items:
                advice = "Send shorter lists, in several requests."
                raise over_limit("list items", len(each), limits.list_items, advice)
            below += each.values() if type(each) is dict else each
        values += len(below)
        if below and depth > limits.json_depth:
            found = f"more than {limits.json_depth}"
            advice = "Nest values less deeply."
            raise over_limit(f"depth of {what}", found, limits.json_depth, advice)
        if values > limits.json_values:
            found = f"more than {limits.json_values:,}"
            advice = "Send fewer values at once."
            raise over_limit(f"values in {what}", found, limits.json_values, advice)
        level = [each for each in below if type(each) in CONTAINERS]
