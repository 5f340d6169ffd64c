"""The messages of graphql-transport-ws, and what ends a connection.

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
ID_LENGTH_AT_MOST = 128
TYPES = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INITIALISATION_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY = 4429
INTERNAL_ERROR = 4500
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013


def close_code(code: str) -> int:
    """The close code for an error, by its code, that concerns the whole connection."""
    return handling(code).close_code or INTERNAL_ERROR


class Closing(Exception):
    """Ends the connection, with a code of the protocol and a reason for a person."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Message(NamedTuple):
    """What a client says."""

    type: str
    id: str
    payload: JSONObject | None
    text: str
    """The whole message, as it came."""


def read_message(message: Any, limits: Limits) -> Message:
    """The client's message, judged. Errors: Closing (4400)."""
    text = message.get("text")
    if text is None:
        raise Closing(BAD_REQUEST, "Send messages as text, not as binary data.")
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Closing(BAD_REQUEST, "The message is not valid JSON.") from None
    if type(said) is not dict:
        raise Closing(BAD_REQUEST, "The message must be a JSON object.")
    kind, id, payload = said.get("type"), said.get("id", ""), said.get("payload")
    if type(kind) is not str or kind not in TYPES:
        raise Closing(BAD_REQUEST, "The message has no `type` of graphql-transport-ws.")
    if payload is not None and type(payload) is not dict:
        raise Closing(BAD_REQUEST, "The message's `payload` must be a JSON object.")
    if kind in {"subscribe", "complete"}:
        if type(id) is not str or not 1 <= len(id) <= ID_LENGTH_AT_MOST:
            raise Closing(
                BAD_REQUEST, f"The message's `id` must be text of 1 to {ID_LENGTH_AT_MOST} letters."
            )
        if kind == "subscribe":
            _check_request(payload)
    elif text.count("{") + text.count("[") > limits.json_depth:
        # A payload that is nested more deeply than JSON can be written could not be sent back.
        try:
            check_size(payload, limits)
        except ClientError as error:
            raise Closing(BAD_REQUEST, error.message) from None
    return Message(kind, id, payload, text)


def _check_request(payload: JSONObject | None) -> None:
    """The shape of a `subscribe`; whether it makes sense is its own operation's matter."""
    if payload is None:
        raise Closing(BAD_REQUEST, "`subscribe` needs a `payload` with a `query`.")
    for name, kind in (("operationName", str), ("variables", dict), ("extensions", dict)):
        value = payload.get(name)
        if value is not None and type(value) is not kind:
            raise Closing(BAD_REQUEST, f"The payload's `{name}` has the wrong type.")
    if type(payload.get("query")) is not str and "extensions" not in payload:
        raise Closing(BAD_REQUEST, "The payload's `query` must be text.")


def authorization_in(payload: JSONObject | None) -> str | None:
    """The Authorization header that the payload of `connection_init` stands in for.

    `{"authorization": "Bearer …"}`, `{"headers": {"Authorization": "Bearer …"}}`, or the token by
    itself as `{"token": "…"}` or `{"accessToken": "…"}`. Errors: Closing (4400).
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
        raise Closing(BAD_REQUEST, "The access token in `connection_init` must be text.")
    return value


def encoded(kind: str, payload: Any = None, id: str | None = None) -> str:
    """A message of the server, as text."""
    said: JSONObject = {"type": kind}
    if id is not None:
        said["id"] = id
    if payload is not None:
        said["payload"] = payload
    return orjson.dumps(said).decode()
