"""Downloads of archives: whole or visibly cut off, by anyone who has the link, as long as there is the archive."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from core.config.environment import environment
from core.database.database import Database
from core.ids import global_id
from tests.live.relay import relay
from tests.live.world import Api, SignedInUser, serving, signed_in

ARCHIVE = """
WITH export AS (
    INSERT INTO data_exports (user_id, state, parts, expires_at) VALUES ($1, 'READY', $2, now() + interval '1 h')
    RETURNING id
), added AS (
    INSERT INTO data_export_parts (export_id, number, content)
    SELECT id, n, convert_to(rpad(n::text, $3, '.'), 'UTF8') FROM export, generate_series(0, $2::int - 1) n
)
SELECT id FROM export
"""
PARTS = 3
LARGE = 16 * 1024 * 1024
"""Bytes of a part. The buffers between server and client hold less than two."""
ENDS = {
    "the archive is deleted": "DELETE FROM data_exports WHERE user_id = $1",
    "it expires": "UPDATE data_exports SET expires_at = now() WHERE user_id = $1",
    "the account is deleted": "INSERT INTO account_deletions (user_id) VALUES ($1)",
}


async def archive(api: Api, database: Database, user: SignedInUser, part: int) -> str:
    """The address of an archive of PARTS parts of so many bytes."""
    [[key]] = await database.write(ARCHIVE, user.key, PARTS, part)
    return str((await api.do(user, "ExportState", id=global_id("DataExport", key)))["url"])


@pytest.fixture
async def user(database: Database) -> SignedInUser:
    [user] = await signed_in(database, 1)
    return user


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=60) as client:
        yield client


async def test_a_link_works_again_without_a_token(
    http: httpx.AsyncClient, api: Api, database: Database, user: SignedInUser
) -> None:
    url = await archive(api, database, user, 5)
    whole = b"0....1....2...."
    for headers in ({}, {}, {"range": "bytes=0-1"}, {"if-none-match": "*"}):
        answer = await http.get(url, headers=headers)
        assert (answer.status_code, answer.content) == (200, whole)
        assert answer.headers["content-disposition"].startswith("attachment")
    head = await http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert "content-length" not in head.headers
    assert head.headers["content-type"] == answer.headers["content-type"]
    assert (await http.post(url)).status_code == 405
    for end in ENDS.values():
        await database.write("DELETE FROM data_exports")
        url = await archive(api, database, user, 5)
        await database.write(end, user.key)
        for method in ("GET", "HEAD"):
            assert (await http.request(method, url)).status_code == 404


@pytest.mark.parametrize("end", ENDS)
async def test_a_download_that_can_not_be_completed_is_cut_off(
    http: httpx.AsyncClient, api: Api, database: Database, user: SignedInUser, end: str
) -> None:
    """The parts before the end are an archive by themselves, which a client would take for the whole."""
    url = await archive(api, database, user, LARGE)
    async with http.stream("GET", url) as answer:
        assert answer.status_code == 200
        parts = answer.aiter_raw()
        await anext(parts)
        await database.write(ENDS[end], user.key)
        with pytest.raises(httpx.RemoteProtocolError):
            [part async for part in parts]


async def test_a_download_while_the_database_is_away(
    django_db_setup: None, api: Api, database: Database, user: SignedInUser
) -> None:
    url = await archive(api, database, user, LARGE)
    with relay(environment().database_url) as way, serving(database_url=way.url) as address:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=60) as http:
            async with http.stream("GET", url) as answer:
                parts = answer.aiter_raw()
                await anext(parts)
                way.cut()
                with pytest.raises(httpx.RemoteProtocolError):
                    [part async for part in parts]
            answer = await http.get(url)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
