"""Who gets a picture's file, from which address, and for how long caches keep it."""

from __future__ import annotations

import re
from time import time
from urllib.parse import urlsplit

import httpx
import pytest

from core.config.environment import environment
from core.database.database import Database
from core.ids import global_id
from feed.media.addresses import SIGNED_SECONDS, MediaAddresses, media_addresses
from feed.media.files import MediaSize
from tests.feed.media.pictures import Json, Uploader, picture
from tests.feed.media.test_uploads import states
from tests.feed.media.worker import work
from tests.interactions.cast import hide_account


async def ready(uploader: Uploader) -> Json:
    media_id = await uploader.upload(picture())
    await uploader.finish(media_id)
    await work()
    [media] = await states(uploader, media_id)
    assert media is not None
    return media


async def on_a_post(uploader: Uploader, media: Json, database: Database) -> str:
    """The id of a new post with the picture."""
    post = (await uploader.api.change(uploader.user, "CreatePost", text="Look."))["post"]["id"]
    await database.write(
        "UPDATE media SET post_id = (SELECT max(id) FROM posts), position = 1 WHERE owner_id = $1",
        uploader.user.key,
    )
    return str(post)


async def get(uploader: Uploader, url: str, **headers: str) -> httpx.Response:
    parts = urlsplit(url)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await uploader.http.get(f"{parts.path}?{parts.query}", headers=sent)


async def test_the_address_of_a_public_picture_is_stable_and_cacheable(
    uploaders: list[Uploader], database: Database
) -> None:
    ada, bob = uploaders
    await on_a_post(ada, await ready(ada), database)
    [[key]] = await database.fetch("SELECT id FROM media")
    [[seen], [again]] = [await states(each, global_id("Media", key)) for each in (ada, bob)]
    assert seen is not None
    assert again is not None
    assert seen["url"] == again["url"]
    assert "?" not in seen["url"]
    answer = await get(bob, seen["url"], origin="http://localhost:1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["access-control-allow-origin"] == "http://localhost:1"
    assert answer.content[8:12] == b"WEBP"
    not_modified = await get(bob, seen["url"], if_none_match=answer.headers["etag"])
    assert (not_modified.status_code, not_modified.content) == (304, b"")
    part = await get(bob, seen["url"], range="bytes=8-11")
    assert (part.status_code, part.content) == (206, b"WEBP")
    assert part.headers["content-range"] == f"bytes 8-11/{len(answer.content)}"
    for known, status in ((answer.headers["etag"], 206), ('"another"', 200)):
        part = await get(bob, seen["url"], range="BYTES=-4", if_range=known)
        assert (part.status_code, part.content) == (
            status,
            answer.content[-4 if status == 206 else 0 :],
        )
    assert (await get(bob, seen["url"], range="bytes=99999999-")).status_code == 416
    for ignored in (
        "lines=1-2",
        "bytes",
        "bytes=",
        "bytes=5-2",
        "bytes=x-9",
        "bytes=0-1,4-5",
        "bytes=0-1,99999999-",
        f"bytes={'9' * 5_000}-",
    ):
        whole = await get(bob, seen["url"], range=ignored)
        assert (whole.status_code, whole.content) == (200, answer.content), ignored
    head = await bob.http.head(urlsplit(seen["url"]).path, headers={"range": "bytes=8-11"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


async def test_a_picture_that_is_not_public_has_a_signed_address(uploader: Uploader) -> None:
    media = await ready(uploader)
    assert 0 < int(re.findall(r"until=(\d+)", media["url"])[0]) - time() <= SIGNED_SECONDS
    answer = await get(uploader, media["url"])
    assert answer.status_code == 200
    seconds = int(re.fullmatch(r"private, max-age=(\d+)", answer.headers["cache-control"])[1])  # type: ignore[index]
    assert 0 < seconds <= SIGNED_SECONDS
    plain = media["url"].partition("?")[0]
    assert (await get(uploader, plain)).status_code == 404
    for old, new in (("until=", "until=9"), ("signature=", "signature=0"), ("signature=", "x=")):
        assert (await get(uploader, media["url"].replace(old, new))).status_code in {403, 404}
    [[size, other]] = [re.findall(r"/(\d+)/(\d+)\.webp", media["url"])[0]]
    assert (await get(uploader, media["url"].replace(size, f"{int(size) + 1}"))).status_code == 403
    assert (
        await get(uploader, media["url"].replace(f"/{other}.webp", "/9.webp"))
    ).status_code == 404


async def test_an_address_that_has_expired_is_refused(
    uploader: Uploader, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = await ready(uploader)
    before = time() - 2 * SIGNED_SECONDS
    monkeypatch.setattr("feed.media.addresses.CLOCK.now", lambda: before)
    addresses = MediaAddresses(environment().secrets, "")
    key = int(re.findall(r"/media/(\d+)/", media["url"])[0])
    old = addresses.signed(key, MediaSize.SMALL)
    monkeypatch.undo()
    assert addresses.signed(key, MediaSize.MEDIUM) == media_addresses().signed(
        key, MediaSize.MEDIUM
    )
    assert (await get(uploader, old)).status_code == 403


@pytest.mark.parametrize("ends", ["post", "account", "publicity"])
async def test_deletion_and_going_private_end_the_public_address(
    uploaders: list[Uploader], database: Database, ends: str
) -> None:
    ada, bob = uploaders
    media = await ready(ada)
    post = await on_a_post(ada, media, database)
    [seen] = await states(bob, media["id"])
    assert seen is not None
    assert (await get(bob, seen["url"])).status_code == 200
    if ends == "post":
        await ada.api.change(ada.user, "DeletePost", postId=post)
    elif ends == "account":
        await hide_account(database, ada.user.key)
    else:
        await ada.api.change(ada.user, "UpdateProfile", isPrivate=True)
    assert (await get(bob, seen["url"])).status_code == 404
    assert await states(bob, media["id"]) == [None]
    if ends == "publicity":
        [own] = await states(ada, media["id"])
        assert own is not None
        assert 0 < int(re.findall(r"until=(\d+)", own["url"])[0]) - time() <= SIGNED_SECONDS
        assert (await get(ada, own["url"])).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/media/1/320.webp",
        "/media/x/320.webp",
        f"/media/{'9' * 5_000}/320.webp",
        "/media/1/3.webp",
        "/media/1/..%2f320.webp",
    ],
)
async def test_there_is_nothing_else(uploader: Uploader, path: str) -> None:
    assert (await uploader.http.get(path)).status_code == 404
