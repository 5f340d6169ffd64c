"""The Accept header selects JSON, a stream or a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.graphql.http.negotiation import EVENTS, GRAPHQL, JSON, MULTIPART, accepted

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
APOLLO = "application/graphql-response+json,application/json;q=0.9"
APOLLO_KOTLIN = (
    "multipart/mixed;subscriptionSpec=1.0, application/graphql-response+json, application/json"
)
APOLLO_MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type", "stream"),
    [
        (None, JSON, None),
        ("", JSON, None),
        (" ", JSON, None),
        (",, ,", JSON, None),
        ("*/*", JSON, None),
        (URQL, GRAPHQL, EVENTS),
        (APOLLO, GRAPHQL, None),
        (APOLLO_MULTIPART, JSON, MULTIPART),
        (APOLLO_KOTLIN, GRAPHQL, MULTIPART),
        ("multipart/mixed", None, None),
        ("multipart/mixed;deferSpec=20220824,application/json", JSON, None),
        ('multipart/mixed;subscriptionSpec="1.0", application/json', JSON, MULTIPART),
        ("multipart/mixed;subscriptionSpec=2.0, application/json", JSON, None),
        ("multipart/mixed;subscriptionSpec=1.0;q=0, application/json", JSON, None),
        ("multipart/mixed;subscriptionSpec=1.0", MULTIPART, MULTIPART),
        ("multipart/mixed;subscriptionSpec=1.0, text/event-stream;q=0.5", EVENTS, MULTIPART),
        ("multipart/mixed;subscriptionSpec=1.0, application/json;q=0", MULTIPART, MULTIPART),
        ("multipart/*, application/json", JSON, None),
        ("text/event-stream, multipart/mixed;subscriptionSpec=1.0, */*", JSON, EVENTS),
        ("text/event-stream;q=0.9, multipart/mixed;subscriptionSpec=1.0, */*", JSON, MULTIPART),
        ("text/event-stream", EVENTS, EVENTS),
        ("Text/Event-Stream;charset=UTF-8", EVENTS, EVENTS),
        ("text/event-stream, */*;q=0.1", JSON, EVENTS),
        ("text/event-stream, application/json;q=0.1", JSON, EVENTS),
        ("application/json, text/event-stream;q=0.001", JSON, EVENTS),
        ("text/*", EVENTS, EVENTS),
        ("application/*;q=0, */*", EVENTS, EVENTS),
        ("text/event-stream;q=0", None, None),
        ("text/event-stream; Q=0.000, application/json", JSON, None),
        ("text/event-stream;q=0, */*", JSON, None),
        ("text/event-stream;q=0, text/csv", None, None),
        ("application/json;q=0, application/graphql-response+json;q=0", None, None),
        # Malformed ranges are ignored.
        ("text/event-stream;q=high, application/json", JSON, None),
        ("text/event-stream;q=1.5, application/json", JSON, None),
        ("text/event-stream;q=-1, application/json", JSON, None),
        ("text/event-stream;q=nan, application/json", JSON, None),
        ("text/event-stream;q=, application/json", JSON, None),
        ("text/event-stream;q=.5", EVENTS, EVENTS),
        ('text/event-stream;q="0.5"', EVENTS, EVENTS),
        ("text/event-stream;charset=utf-16, application/json", JSON, None),
        # A quoted string may contain separators.
        ('text/csv;x="a,application/json", text/event-stream', EVENTS, EVENTS),
        ('text/csv;x="a;q=1,\\",text/html', None, None),
        ('text/csv;x="text/event-stream', None, None),
        # Of equal weights the most specific wins, then the first.
        ("application/graphql-response+json, application/json", GRAPHQL, None),
        ("application/json, application/graphql-response+json", JSON, None),
        ("*/*, application/graphql-response+json", GRAPHQL, None),
        ("application/json;q=0.2, application/graphql-response+json;q=0.3", GRAPHQL, None),
        # The header is truncated at the limit, between elements.
        (f"application/json,{'x' * 2_000}", JSON, None),
        (f"{'x,' * 600}application/json", None, None),
        (f"{'x' * 980},text/event-stream;q=0", None, None),
        ("x" * 5_000, None, None),
        ("\xff\x00", None, None),
    ],
)
def test_accept_selects_a_media_type_or_a_stream(
    accept: str | None, media_type: bytes | None, stream: bytes | None
) -> None:
    accepts = accepted(None if accept is None else accept.encode("latin-1"))
    assert (accepts.media_type, accepts.stream_type) == (media_type, stream)
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
            [
                *(
                    b"application/json",
                    b"text/event-stream",
                    b"multipart/mixed;subscriptionSpec=1.0",
                ),
                *(b"*/*", b";q=", b"0", b'"', b","),
            ]
        )
    ).map(b"".join)
)
def test_any_accept_header_is_parsed(accept: bytes) -> None:
    accepts = accepted(accept)
    assert accepts.media_type in {None, JSON, GRAPHQL, EVENTS, MULTIPART}
    assert accepts.stream_type or accepts.media_type not in {EVENTS, MULTIPART}
