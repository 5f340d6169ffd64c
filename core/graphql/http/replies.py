"""Answers on their way out."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from core.graphql.errors import ClientError, JSONObject, error_entry, fault_entry
from core.graphql.http.negotiation import GRAPHQL, JSON, response_type
from core.graphql.http.refusals import Headers, Refusal, turned_away


class Reply(NamedTuple):
    """An answer to a request."""

    status: int
    media_type: bytes
    body: bytes
    headers: Headers = ()


def request_errors(entries: list[JSONObject], media_type: bytes) -> Reply:
    """The reply to a request that is not executed. To those who ask for plain JSON a status other
    than 200 means that no GraphQL server was reached.
    """
    status = 400 if media_type is GRAPHQL else 200
    return Reply(status, media_type, orjson.dumps({"errors": entries}))


def timed_out(seconds: float, media_type: bytes) -> Reply:
    """The reply when an execution was given up."""
    error = ClientError(
        f"The operation took longer than {seconds:g} seconds and was given up. Ask for less at "
        "once. If it writes, read what became of it before you send it again.",
        "TIMEOUT",
    )
    status = 503 if media_type is GRAPHQL else 200
    return Reply(status, media_type, orjson.dumps({"errors": [error_entry(error)], "data": None}))


def refused(error: ClientError, accept: bytes | None) -> Reply:
    """The reply to a request that is refused, by HTTP itself or before anything of it is executed."""
    entries = [error_entry(error)]
    try:
        media_type = response_type(accept)
    except Refusal:
        media_type = JSON
    refusal = turned_away(error)
    if refusal is None:
        return request_errors(entries, media_type)
    return Reply(refusal.status, media_type, orjson.dumps({"errors": entries}), refusal.headers)


def faulted(fault: Exception) -> Reply:
    """The reply when something broke that should not. The fault is logged."""
    return Reply(500, JSON, orjson.dumps({"errors": [fault_entry(fault)]}))


def with_extensions(body: bytes, extensions: JSONObject) -> bytes:
    """The body of an answer, with extensions added to it."""
    return b'%b,"extensions":%b}' % (body[:-1], orjson.dumps(extensions))
