"""The whole way of a picture where the storage is a bucket of a real S3 server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

import httpx
import pytest
from django.test import override_settings

from core.database.database import Database
from core.ids import parse_id
from feed.media.files import MediaSize, original_name, picture_name, stored_size
from tests.feed.media.bucket import bucket_server, storage_settings
from tests.feed.media.pictures import Uploader, picture
from tests.feed.media.test_removal import later
from tests.feed.media.test_serving import on_a_post
from tests.feed.media.test_uploads import codes, states
from tests.feed.media.worker import work

FILE = picture(400, 300)


@pytest.fixture(scope="module")
def bucket(django_db_setup: None) -> Iterator[str]:
    """MEDIA_STORAGE of a bucket, which the settings have meanwhile."""
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory()))
        value = running.enter_context(bucket_server(folder))
        running.enter_context(override_settings(STORAGES=storage_settings(value)))
        yield value


async def put(upload: dict, file: bytes, content_type: str = "image/jpeg") -> int:  # type: ignore[type-arg]  # JSON
    """The bucket's status for a file."""
    async with httpx.AsyncClient(timeout=20) as client:
        headers = {"Content-Type": content_type}
        return (await client.put(upload["url"], content=file, headers=headers)).status_code


async def test_a_picture_goes_to_the_bucket_and_comes_from_it(
    bucket: str, uploaders: list[Uploader], database: Database
) -> None:
    ada, bob = uploaders
    upload = await ada.start(len(FILE))
    media_id = upload["mediaId"]
    key = parse_id(media_id)[1]
    assert upload["url"].startswith(f"http://{bucket.partition('@')[2]}/originals/")
    assert await codes(ada, "FinishUpload", mediaId=media_id) == [
        ("MEDIA_NOT_USABLE", "input", "mediaId")
    ]
    assert await put(upload, FILE) == 200
    assert stored_size(original_name(key)) == len(FILE)
    await ada.finish(media_id)
    await work()
    assert stored_size(original_name(key)) is None
    [media] = await states(ada, media_id)
    assert media is not None
    assert (media["state"], media["width"]) == ("READY", 400)
    await on_a_post(ada, media, database)
    [seen] = await states(bob, media_id)
    assert seen is not None
    for address in (media["url"], seen["url"]):
        redirect = await ada.http.get(address)
        assert redirect.status_code == 302
        async with httpx.AsyncClient(timeout=20) as client:
            found = await client.get(redirect.headers["location"])
            assert (found.status_code, found.headers["content-type"]) == (200, "image/webp")
            assert found.content[8:12] == b"WEBP"
            plain = redirect.headers["location"].partition("?")[0]
            assert (await client.get(plain)).status_code == 403
    public = await ada.http.get(seen["url"])
    assert public.headers["cache-control"] == "public, max-age=1800"


async def test_a_signed_address_ends_in_the_bucket_too(bucket: str, uploader: Uploader) -> None:
    upload = await uploader.start(len(FILE))
    await put(upload, FILE)
    await uploader.finish(upload["mediaId"])
    await work()
    [media] = await states(uploader, upload["mediaId"])
    assert media is not None
    end = int(re.findall(r"until=(\d+)", media["url"])[0])
    redirect = await uploader.http.get(media["url"])
    [seconds] = re.findall(r"X-Amz-Expires=(\d+)", redirect.headers["location"])
    assert time() + int(seconds) <= end + 2
    assert redirect.headers["cache-control"] == f"private, max-age={int(seconds) // 2}"


async def test_the_bucket_refuses_what_was_not_announced(bucket: str, uploader: Uploader) -> None:
    upload = await uploader.start(len(FILE))
    assert await put(upload, FILE, "text/html") == 403
    assert await put(upload, FILE + b"x") == 403
    changed = {**upload, "url": upload["url"].replace("/originals/", "/pictures/")}
    assert await put(changed, FILE) == 403
    assert stored_size(original_name(parse_id(upload["mediaId"])[1])) is None


async def test_files_in_the_bucket_are_removed(
    bucket: str, uploader: Uploader, database: Database
) -> None:
    upload = await uploader.start(len(FILE))
    key = parse_id(upload["mediaId"])[1]
    await put(upload, FILE)
    await uploader.finish(upload["mediaId"])
    await work()
    assert stored_size(picture_name(key, MediaSize.LARGE))
    await later(database)
    assert await database.fetch("SELECT id FROM media") == []
    assert [stored_size(picture_name(key, size)) for size in MediaSize] == [None] * 3
