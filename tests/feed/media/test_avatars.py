"""The picture of a profile: chosen among one's own, seen by everybody, replaced and removed."""

from __future__ import annotations

import asyncio
from typing import Any

from core.database.database import Database
from core.ids import global_id, parse_id
from tests.feed.media.pictures import Json, Uploader, picture
from tests.feed.media.test_removal import later, swept
from tests.feed.media.test_serving import get
from tests.feed.media.test_uploads import codes, states
from tests.feed.media.worker import work
from tests.interactions.cast import hide_account

FILE = picture()
NOT_USABLE = [("MEDIA_NOT_USABLE", "input", "avatarMediaId")]


async def change(uploader: Uploader, **values: Any) -> Json:
    """The user after a change of the profile."""
    return dict((await uploader.api.change(uploader.user, "UpdateProfile", **values))["user"])


async def finished(uploader: Uploader, file: bytes = FILE) -> str:
    media_id = await uploader.upload(file)
    await uploader.finish(media_id)
    return media_id


async def avatar(uploader: Uploader) -> str:
    """The viewer's `avatarUrl`."""
    return str((await uploader.api.do(uploader.user, "Viewer"))["avatarUrl"])


async def avatars(database: Database) -> list[int]:
    return [row[0] for row in await database.fetch("SELECT id FROM media WHERE is_avatar")]


async def test_a_picture_that_is_ready_is_shown_at_once_and_replaced(
    uploaders: list[Uploader], database: Database
) -> None:
    ada, bob = uploaders
    first, second = await finished(ada), await finished(ada)
    await work()
    url = (await change(ada, avatarMediaId=first))["avatarUrl"]
    assert "?" not in url
    assert await avatar(ada) == url
    assert (await get(bob, url)).status_code == 200
    assert (await change(ada, bio="Hello."))["avatarUrl"] == url
    other = (await change(ada, avatarMediaId=second))["avatarUrl"]
    assert other != url
    assert [(await get(bob, each)).status_code for each in (url, other)] == [404, 200]
    assert await avatars(database) == [parse_id(second)[1]]
    assert (await change(ada, avatarMediaId=None))["avatarUrl"] == ""
    assert (await get(bob, other)).status_code == 404
    assert await avatars(database) == []


async def test_the_picture_of_a_deleted_account_is_served_to_nobody(
    uploaders: list[Uploader], database: Database
) -> None:
    ada, bob = uploaders
    media_id = await finished(ada)
    await work()
    url = (await change(ada, avatarMediaId=media_id))["avatarUrl"]
    assert (await get(bob, url)).status_code == 200
    await hide_account(database, ada.user.key)
    assert (await get(bob, url)).status_code == 404


async def test_a_picture_that_is_processed_is_shown_when_it_is_ready(
    uploaders: list[Uploader], database: Database
) -> None:
    ada, bob = uploaders
    media = await finished(ada)
    assert (await change(ada, avatarMediaId=media))["avatarUrl"] == ""
    await work()
    url = await avatar(ada)
    assert (await get(bob, url)).status_code == 200
    broken = await finished(ada, b"no picture")
    await change(ada, avatarMediaId=broken)
    await work()
    assert await avatar(ada) == ""
    assert await avatars(database) == []
    [state] = await states(ada, broken)
    assert state is not None
    assert state["failure"] == "NOT_AN_IMAGE"


async def test_only_an_own_usable_picture_can_be_chosen(
    uploaders: list[Uploader], database: Database
) -> None:
    ada, bob = uploaders
    mine, foreign = await finished(ada), await finished(bob)
    begun = (await ada.start(len(FILE)))["mediaId"]
    await work()
    url = (await change(ada, avatarMediaId=mine, displayName="Ada"))["avatarUrl"]
    for wrong in (foreign, begun, "x", global_id("Media", 1), global_id("Post", 1)):
        refused = await codes(ada, "UpdateProfile", avatarMediaId=wrong, displayName="Changed")
        assert refused == NOT_USABLE
    [row] = await database.fetch(
        "SELECT avatar_url, display_name FROM users WHERE id = $1", ada.user.key
    )
    assert tuple(row) == (url, "Ada")
    assert await avatars(database) == [parse_id(mine)[1]]


async def test_of_choices_at_once_one_remains(uploader: Uploader, database: Database) -> None:
    media = [await finished(uploader) for _ in range(4)]
    await asyncio.gather(*(change(uploader, avatarMediaId=each) for each in media * 3), work())
    await work()
    [chosen] = await avatars(database)
    assert str(chosen) in await avatar(uploader)


async def test_a_picture_that_is_replaced_is_removed_later(
    uploader: Uploader, database: Database
) -> None:
    media = [await finished(uploader) for _ in range(2)]
    await work()
    for each in media:
        await change(uploader, avatarMediaId=each)
    await later(database)
    await swept()
    found = [row[0] for row in await database.fetch("SELECT id FROM media")]
    assert found == [parse_id(media[1])[1]]
