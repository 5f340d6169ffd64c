"""Downloads of archives: the lines and pictures that they have, and links that end."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.applications import Starlette

from core.accounts.services import follow_create
from core.context import Services
from core.database.cursors import CursorSigner
from core.ids import global_id
from core.server.exports import exports_route
from feed.media.files import MediaSize, picture_name, store
from interactions.exports import ExportRow, export_link, export_picture, linked_export
from tests.interactions.archives import make_archive
from tests.interactions.cast import create_users, hide_account


async def fetched(services: Services, url: str) -> httpx.Response:
    """The answer to a download."""
    app = Starlette(routes=[exports_route(services)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://testserver"
    ) as client:
        return await client.get(url)


async def downloaded(services: Services, url: str) -> list[dict[str, Any]]:
    """The lines of an archive that is downloaded."""
    response = await fetched(services, url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/gzip"
    assert "no-store" in response.headers["cache-control"]
    return [json.loads(line) for line in gzip.decompress(response.content).decode().splitlines()]


async def test_an_archive_has_the_pictures_themselves(services: Services) -> None:
    ada, grace = await create_users(services.database, 2)
    files: dict[str, bytes] = {}
    for owner, state in ((ada, "READY"), (ada, "READY"), (grace, "READY"), (ada, "FAILED")):
        [[key]] = await services.database.write(
            "INSERT INTO media (owner_id, content_type, byte_size, state) VALUES ($1, 'image/png', 1, $2) RETURNING id",
            owner,
            state,
        )
        content = os.urandom(300_000)
        store(picture_name(key, MediaSize.LARGE), io.BytesIO(content))
        if (owner, state) == (ada, "READY"):
            files[global_id("Media", key)] = content
    # A file that is removed while the archive is downloaded.
    await services.database.write(
        "INSERT INTO media (owner_id, content_type, byte_size, state) VALUES ($1, 'image/png', 1, 'READY')",
        ada,
    )
    lines = await downloaded(services, (await make_archive(services, ada))["url"])
    found = [line for line in lines if line["type"] == "media_file"]
    assert {line["content_type"] for line in found} == {"image/webp"}
    assert {line["media"]: base64.b64decode(line["base64"]) for line in found} == files
    assert {line["id"] for line in lines if line["type"] == "media"} > set(files)


def test_a_link_is_signed_and_ends() -> None:
    signer, later = CursorSigner(b"new", b"old"), int(datetime.now(UTC).timestamp()) + 60
    row = ExportRow(7, "READY", datetime.now(UTC), later)
    link = export_link(signer, row)
    assert link is not None
    assert linked_export(signer, link) == 7
    assert linked_export(CursorSigner(b"newest", b"new"), link) == 7
    assert linked_export(CursorSigner(b"other"), link) is None
    changed = link[:15] + ("0" if link[15] != "0" else "1") + link[16:]
    assert linked_export(signer, changed) is None
    past = export_link(signer, row._replace(ends=later - 120))
    assert past is not None
    assert linked_export(signer, past) is None
    assert export_link(signer, row._replace(state="PENDING")) is None
    for text in ("", "x", "0" * 96, "0" * 10_000, "é"):
        assert linked_export(signer, text) is None


async def test_whoever_has_the_link_downloads_the_archive(services: Services) -> None:
    [ada] = await create_users(services.database, 1)
    for other in await create_users(services.database, 3, first=2):
        await follow_create(services.group_commits, viewer_id=ada, user_id=other)
    url = (await make_archive(services, ada))["url"]
    lines = await downloaded(services, url)
    assert Counter(line["type"] for line in lines) == {"account": 1, "following": 3}
    changed = url[:-1] + ("0" if url[-1] != "0" else "1")
    assert (await fetched(services, changed)).status_code == 404
    await services.group_commits.close()


async def test_the_link_of_a_deleted_account_ends_at_once(services: Services) -> None:
    """Also in the grace period, and for a download that goes on."""
    [ada] = await create_users(services.database, 1)
    url = (await make_archive(services, ada))["url"]
    key = linked_export(services.cursors, url.rpartition("/")[2])
    assert key is not None
    assert await export_picture(services.database, key, 0) == (None, b"")
    await hide_account(services.database, ada)
    assert (await fetched(services, url)).status_code == 404
    assert await export_picture(services.database, key, 0) is None
