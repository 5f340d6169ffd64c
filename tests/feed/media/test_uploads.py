"""Uploads: begun, sent to a signed address, finished; and what is refused, which leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.database.database import Database
from core.ids import parse_id
from core.server.media import _file_work
from feed.media.files import INCOMING, original_name
from feed.media.models import MAX_BYTES
from feed.media.services import MAX_UNUSED
from tests.feed.media.pictures import Json, Uploader, picture
from tests.live.world import Api, operation

FILE = picture()


def arriving() -> set[Path]:
    """The files that are still arriving; a server that was killed in another test may have left some."""
    return set((Path(os.environ["MEDIA_STORAGE"]) / INCOMING).glob("*"))


def stored(media_id: str) -> Path:
    return Path(os.environ["MEDIA_STORAGE"]) / original_name(parse_id(media_id)[1])


async def mutate(uploader: Uploader, name: str, **values: Any) -> Json:
    """The payload of a mutation that may be refused."""
    answer = await uploader.http.post(
        "/graphql/",
        json={"query": operation(name), "variables": {"input": values}},
        headers={"authorization": uploader.user.authorization},
    )
    [payload] = answer.json()["data"].values()
    return dict(payload)


async def codes(uploader: Uploader, name: str, **values: Any) -> list[tuple[str, ...]]:
    return [
        (each["code"], *each["path"]) for each in (await mutate(uploader, name, **values))["errors"]
    ]


async def states(uploader: Uploader, *ids: str) -> list[Json | None]:
    answer = await uploader.http.post(
        "/graphql/",
        json={"query": operation("MediaState"), "variables": {"ids": ids}},
        headers={"authorization": uploader.user.authorization},
    )
    return list(answer.json()["data"]["nodes"])


async def test_a_picture_is_uploaded_in_three_steps(
    uploaders: list[Uploader], database: Database
) -> None:
    uploader, other = uploaders
    upload = await uploader.start(len(FILE))
    assert upload["method"] == "PUT"
    assert upload["headers"] == [{"name": "Content-Type", "value": "image/jpeg"}]
    assert await states(uploader, upload["mediaId"]) == [None]
    assert (await uploader.send(upload, FILE)).status_code == 200
    assert stored(upload["mediaId"]).read_bytes() == FILE
    media = await uploader.finish(upload["mediaId"])
    assert media == {
        "id": upload["mediaId"],
        "kind": "IMAGE",
        "state": "PROCESSING",
        "url": None,
        "width": None,
        "height": None,
        "placeholder": None,
        "altText": "",
        "failure": None,
    }
    assert await uploader.finish(upload["mediaId"]) == media
    assert [row[0] for row in await database.fetch("SELECT kind FROM jobs")] == ["media_process"]
    assert await states(uploader, upload["mediaId"]) == [media]
    assert await states(other, upload["mediaId"]) == [None]
    refused = await codes(other, "FinishUpload", mediaId=upload["mediaId"])
    assert refused == [("NOT_FOUND", "input", "mediaId")]


async def test_a_repeated_key_gives_the_same_upload_and_a_new_address(uploader: Uploader) -> None:
    first, again = [await uploader.start(len(FILE), clientMutationId="one") for _ in range(2)]
    assert first["mediaId"] == again["mediaId"]
    assert (await uploader.send(again, FILE)).status_code == 200
    values = {"contentType": "image/png", "byteSize": len(FILE), "clientMutationId": "one"}
    assert await codes(uploader, "StartUpload", **values) == [
        ("IDEMPOTENCY_KEY_REUSED", "input", "clientMutationId")
    ]


async def test_an_upload_is_finished_only_when_its_file_has_arrived(uploader: Uploader) -> None:
    upload = await uploader.start(len(FILE))
    unusable = [("MEDIA_NOT_USABLE", "input", "mediaId")]
    assert await codes(uploader, "FinishUpload", mediaId=upload["mediaId"]) == unusable
    await uploader.send(upload, FILE)
    await uploader.finish(upload["mediaId"])


@pytest.mark.parametrize(
    ("content_type", "size", "path"),
    [
        ("text/html", 10, "contentType"),
        ("image/svg+xml", 10, "contentType"),
        ("", 10, "contentType"),
        ("image/png", 0, "byteSize"),
        ("image/png", -1, "byteSize"),
        ("image/png", MAX_BYTES + 1, "byteSize"),
    ],
)
async def test_only_pictures_of_a_bounded_length_are_begun(
    uploader: Uploader, database: Database, content_type: str, size: int, path: str
) -> None:
    found = await codes(uploader, "StartUpload", contentType=content_type, byteSize=size)
    assert found == [("INVALID_INPUT", "input", path)]
    assert await database.fetch("SELECT id FROM media") == []


async def test_an_address_takes_only_the_file_that_it_was_made_for(uploader: Uploader) -> None:
    upload = await uploader.start(len(FILE))
    other = await uploader.start(len(FILE))
    before = arriving()
    for name, value in (
        ("bytes", "12345678"),
        ("type", "text%2Fhtml"),
        ("until", "9" * 19),
        ("signature", "0" * 32),
        ("signature", ""),
    ):
        changed = re.sub(f"(?<={name}=)[^&]+", value, upload["url"])
        assert (await uploader.send({**upload, "url": changed}, FILE)).status_code == 403
    swapped = upload["url"].replace(
        str(parse_id(upload["mediaId"])[1]), str(parse_id(other["mediaId"])[1])
    )
    assert (await uploader.send({**upload, "url": swapped}, FILE)).status_code == 403
    assert (await uploader.send(upload, FILE + b"x")).status_code == 400
    assert (await uploader.send(upload, FILE[:-1])).status_code == 400
    assert (await uploader.send(upload, FILE, **{"Content-Type": "image/png"})).status_code == 415
    assert not stored(upload["mediaId"]).exists()
    assert arriving() <= before
    await uploader.send(upload, FILE)
    await uploader.finish(upload["mediaId"])
    replaced = bytes(len(FILE))
    assert (await uploader.send(upload, replaced)).status_code == 409
    assert stored(upload["mediaId"]).read_bytes() == FILE


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE media SET state = 'READY'", 409),
        ("UPDATE media SET removed_at = now()", 404),
        ("DELETE FROM media", 404),
    ],
)
async def test_a_file_that_arrives_too_late_is_not_kept(
    uploader: Uploader, database: Database, meanwhile: str, status: int
) -> None:
    """As if another one was processed, or the account deleted, meanwhile: nothing would remove this one."""
    upload = await uploader.start(len(FILE))
    before = arriving()

    async def slowly() -> AsyncIterator[bytes]:
        yield FILE[:-1]
        while arriving() == before:  # noqa: ASYNC110  # no event to wait for
            await asyncio.sleep(0.01)
        await database.write(meanwhile)
        yield FILE[-1:]

    sent = await uploader.send(upload, slowly(), **{"Content-Length": str(len(FILE))})
    assert sent.status_code == status
    assert not stored(upload["mediaId"]).exists()
    assert arriving() == before


async def test_an_upload_that_breaks_off_leaves_nothing(uploader: Uploader, api: Api) -> None:
    upload = await uploader.start(MAX_BYTES)
    before = arriving()
    host, port = api.address.split(":")
    path = upload["url"]
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: {MAX_BYTES}\r\n\r\n"
    async with asyncio.timeout(20):
        for _ in range(3):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(head.encode() + bytes(100_000))
            await writer.drain()
            while not arriving() - before:  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)
            writer.close()
            await writer.wait_closed()
            while arriving() - before:  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)
    assert not stored(upload["mediaId"]).exists()


async def test_a_file_that_is_sent_again_takes_the_place_of_the_one_that_is_arriving(
    uploader: Uploader, api: Api
) -> None:
    """So that an address takes no more of the disk than the one file that it was made for."""
    upload = await uploader.start(len(FILE))
    before = arriving()
    connections = []
    for _ in range(5):
        reader, writer = await asyncio.open_connection(*api.address.split(":"))
        head = (
            f"PUT {upload['url']} HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
            f"Content-Length: {len(FILE)}\r\n\r\n"
        )
        files = arriving()
        writer.write(head.encode() + FILE[:-1])
        async with asyncio.timeout(20):
            while not arriving() - files:  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)
        connections.append((reader, writer))
    async with asyncio.timeout(20):
        while len(arriving() - before) > 1:  # noqa: ASYNC110  # likewise
            await asyncio.sleep(0.01)
    *replaced, (reader, _) = connections
    for _, sending in connections:
        sending.write(FILE[-1:])
    async with asyncio.timeout(20):
        for answering, _ in replaced:
            assert (await answering.readline()).startswith(b"HTTP/1.1 409")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    assert stored(upload["mediaId"]).read_bytes() == FILE
    assert arriving() == before
    for _, sending in connections:
        sending.close()
        await sending.wait_closed()


async def test_a_user_has_a_bounded_number_of_unused_pictures(
    uploader: Uploader, database: Database
) -> None:
    values = {"contentType": "image/png", "byteSize": 10}
    payloads = await asyncio.gather(
        *(mutate(uploader, "StartUpload", **values) for _ in range(MAX_UNUSED + 20))
    )
    refused = [payload["errors"][0]["code"] for payload in payloads if payload["errors"]]
    assert refused == ["LIMIT_REACHED"] * 20
    assert (await database.fetch("SELECT count(*) FROM media"))[0][0] == MAX_UNUSED


async def test_pages_of_other_origins_may_send_files(uploader: Uploader) -> None:
    upload = await uploader.start(len(FILE))
    path = upload["url"]
    origin = {"origin": "http://localhost:5173", "access-control-request-method": "PUT"}
    preflight = await uploader.http.options(path, headers=origin)
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert preflight.headers["access-control-allow-methods"] == "PUT"
    sent = await uploader.send(upload, FILE, origin="http://localhost:5173")
    assert sent.headers["access-control-allow-origin"] == "http://localhost:5173"


async def test_a_cancelled_request_waits_for_the_thread_that_writes_its_file() -> None:
    begun, goes_on, ended = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        begun.set()
        goes_on.wait(20)
        ended.set()

    working = asyncio.ensure_future(_file_work(write))
    await asyncio.to_thread(begun.wait, 20)
    for _ in range(2):
        working.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not working.done()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert ended.is_set()
