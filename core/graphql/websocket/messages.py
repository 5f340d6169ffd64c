"""The messages and close codes of graphql-transport-ws.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from core.errors import ClientError, JSONObject
from core.graphql.codes import handling
from core.graphql.http.requests import check_size
from core.graphql.limits.limits import Limits

SUBPROTOCOL = "graphql-transport-ws"
MAX_ID_LENGTH = 128
IN_PLACE = frozenset({"documentId", "extensions"})
"""What may stand in place of `query`."""
TYPES = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INITIALISATION_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY = 4429
INTERNAL_ERROR = 4500
SERVICE_RESTART = 1012


def close_code(code: str) -> int:
    """The close code for an error that concerns the whole connection, by its error code."""
    return handling(code).close_code or INTERNAL_ERROR


class CloseConnection(Exception):
    """Closes the connection with a close code of the protocol and a human-readable reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Message(NamedTuple):
    """A message of a client."""

    type: str
    id: str
    payload: JSONObject | None
    text: str
    """The raw message."""


def read_message(message: Any, limits: Limits) -> Message:
    """The client's message, parsed and checked. Errors: CloseConnection (4400)."""
    text = message.get("text")
    if text is None:
        raise CloseConnection(BAD_REQUEST, "Send messages as text, not as binary data.")
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise CloseConnection(BAD_REQUEST, "The message is not valid JSON.") from None
    if type(fields) is not dict:
        raise CloseConnection(BAD_REQUEST, "The message must be a JSON object.")
    kind, id, payload = fields.get("type"), fields.get("id", ""), fields.get("payload")
    if type(kind) is not str or kind not in TYPES:
        raise CloseConnection(
            BAD_REQUEST, "The message's `type` is not one of graphql-transport-ws."
        )
    if payload is not None and type(payload) is not dict:
        raise CloseConnection(BAD_REQUEST, "The message's `payload` must be a JSON object.")
    if kind in {"subscribe", "complete"}:
        if type(id) is not str or not 1 <= len(id) <= MAX_ID_LENGTH:
            raise CloseConnection(
                BAD_REQUEST,
                f"The message's `id` must be a string of 1 to {MAX_ID_LENGTH} characters.",
            )
        if kind == "subscribe":
            _check_request(payload)
    elif payload and text.count("{") + text.count("[") > limits.json_depth:
        # `pong` returns the payload, and a deeply nested one could not be encoded.
        try:
            check_size(payload, "the payload", limits)
        except ClientError as error:
            raise CloseConnection(BAD_REQUEST, error.message) from None
    return Message(kind, id, payload, text)


def _check_request(payload: JSONObject | None) -> None:
    """Checks the types in a `subscribe`. Other errors are reported for its operation only."""
    if payload is None:
        raise CloseConnection(BAD_REQUEST, "`subscribe` needs a `payload` with a `query`.")
    for name, kind in (("operationName", str), ("variables", dict), ("extensions", dict)):
        value = payload.get(name)
        if value is not None and type(value) is not kind:
            raise CloseConnection(BAD_REQUEST, f"The payload's `{name}` has the wrong type.")
    query = payload.get("query")
    if type(query) is not str and (query is not None or payload.keys().isdisjoint(IN_PLACE)):
        raise CloseConnection(BAD_REQUEST, "The payload's `query` must be a string.")


def authorization_in(payload: JSONObject | None) -> str | None:
    """The Authorization header from the payload of `connection_init`.

    Forms: `{"authorization": "Bearer …"}`, `{"headers": {"Authorization": "Bearer …"}}`, or only the
    token, as `{"token": "…"}` or `{"accessToken": "…"}`. Errors: CloseConnection (4400).
    """
    if not payload:
        return None
    headers = payload.get("headers")
    for fields in (payload, headers if type(headers) is dict else {}):
        for name, value in fields.items():
            if name.lower() == "authorization" and value is not None:
                return _text(value)
    for name in ("token", "accessToken"):
        if payload.get(name) is not None:
            return f"Bearer {_text(payload[name])}"
    return None


def _text(value: Any) -> str:
    if type(value) is not str:
        raise CloseConnection(
            BAD_REQUEST, "The access token in `connection_init` must be a string."
        )
    return value


def encode_message(kind: str, payload: Any = None, id: str | None = None) -> str:
    """A message of the server, as JSON."""
    message: JSONObject = {"type": kind}
    if id is not None:
        message["id"] = id
    if payload is not None:
        message["payload"] = payload
    return orjson.dumps(message).decode()
