"""The Accept header selects JSON, an event stream or a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.graphql.http.negotiation import EVENTS, GRAPHQL, JSON, accepted

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
APOLLO = "application/graphql-response+json,application/json;q=0.9"
APOLLO_MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type", "stream"),
    [
        (None, JSON, False),
        ("", JSON, False),
        (" ", JSON, False),
        (",, ,", JSON, False),
        ("*/*", JSON, False),
        (URQL, GRAPHQL, True),
        (APOLLO, GRAPHQL, False),
        (APOLLO_MULTIPART, JSON, False),
        ("multipart/mixed", None, False),
        ("text/event-stream", EVENTS, True),
        ("Text/Event-Stream;charset=UTF-8", EVENTS, True),
        ("text/event-stream, */*;q=0.1", JSON, True),
        ("text/event-stream, application/json;q=0.1", JSON, True),
        ("application/json, text/event-stream;q=0.001", JSON, True),
        ("text/*", EVENTS, True),
        ("application/*;q=0, */*", EVENTS, True),
        ("text/event-stream;q=0", None, False),
        ("text/event-stream; Q=0.000, application/json", JSON, False),
        ("text/event-stream;q=0, */*", JSON, False),
        ("text/event-stream;q=0, text/csv", None, False),
        ("application/json;q=0, application/graphql-response+json;q=0", None, False),
        # Malformed ranges are ignored.
        ("text/event-stream;q=high, application/json", JSON, False),
        ("text/event-stream;q=1.5, application/json", JSON, False),
        ("text/event-stream;q=-1, application/json", JSON, False),
        ("text/event-stream;q=nan, application/json", JSON, False),
        ("text/event-stream;q=, application/json", JSON, False),
        ("text/event-stream;q=.5", EVENTS, True),
        ('text/event-stream;q="0.5"', EVENTS, True),
        ("text/event-stream;charset=utf-16, application/json", JSON, False),
        # A quoted string may contain separators.
        ('text/csv;x="a,application/json", text/event-stream', EVENTS, True),
        ('text/csv;x="a;q=1,\\",text/html', None, False),
        ('text/csv;x="text/event-stream', None, False),
        # Of equal weights the most specific wins, then the first.
        ("application/graphql-response+json, application/json", GRAPHQL, False),
        ("application/json, application/graphql-response+json", JSON, False),
        ("*/*, application/graphql-response+json", GRAPHQL, False),
        ("application/json;q=0.2, application/graphql-response+json;q=0.3", GRAPHQL, False),
        # The header is truncated at the limit, between elements.
        (f"application/json,{'x' * 2_000}", JSON, False),
        (f"{'x,' * 600}application/json", None, False),
        (f"{'x' * 980},text/event-stream;q=0", None, False),
        ("x" * 5_000, None, False),
        ("\xff\x00", None, False),
    ],
)
def test_accept_selects_a_media_type_or_a_stream(
    accept: str | None, media_type: bytes | None, stream: bool
) -> None:
    accepts = accepted(None if accept is None else accept.encode("latin-1"))
    assert (accepts.media_type, accepts.is_stream_accepted) == (media_type, stream)
    assert not accepts.is_page_preferred


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (CHROME, True),
        ("text/html", True),
        ("text/html, application/json", True),
        ("application/json, text/html", False),
        ("text/html;q=0.9, application/json", False),
        ("text/html;q=0", False),
        ("*/*", False),
    ],
)
def test_browsers_prefer_the_page(accept: str, page: bool) -> None:
    assert accepted(accept.encode()).is_page_preferred is page


@given(
    st.binary(max_size=60)
    | st.lists(
        st.sampled_from(
            [b"application/json", b"text/event-stream", b"*/*", b";q=", b"0", b'"', b","]
        )
    ).map(b"".join)
)
def test_any_accept_header_is_parsed(accept: bytes) -> None:
    accepts = accepted(accept)
    assert accepts.media_type in {None, JSON, GRAPHQL, EVENTS}
    assert accepts.is_stream_accepted or accepts.media_type is not EVENTS
