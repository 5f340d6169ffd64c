"""A job that a request causes carries the id of the request."""

from __future__ import annotations

import re
from functools import partial

from core.database.database import Database
from core.graphql.http.request_ids import cause, request_id
from core.jobs.causes import CAUSE, current_cause
from feed.services import post_delete
from tests.interactions.test_large_posts import MANY, large_post


def test_the_id_is_that_of_the_proxy_or_random_and_stays_the_same() -> None:
    for given in (b"", b"a b", b"x" * 81, b"\xff", b"new\nline"):
        scope = {"headers": [(b"x-request-id", given)]}
        made = request_id(scope)
        assert re.fullmatch(r"[0-9a-f]{12}-[0-9a-f]+", made)
        assert request_id(scope) == made
    assert request_id({"headers": [(b"x-request-id", b"4bf9.2f-1")]}) == "4bf9.2f-1"
    assert len({request_id({"headers": []}) for _ in range(3)}) == 3


async def test_the_removal_of_a_post_names_its_request(database: Database) -> None:
    post, author = await large_post(database, likes=MANY)
    token = CAUSE.set(partial(cause, {"headers": [(b"x-request-id", b"7")]}))
    try:
        assert current_cause() == "request 7"
        assert await post_delete(database, viewer_id=author, post_id=post)
    finally:
        CAUSE.reset(token)
    assert [tuple(row) for row in await database.fetch("SELECT kind, cause FROM jobs")] == [
        ("account_erase", "request 7")
    ]
