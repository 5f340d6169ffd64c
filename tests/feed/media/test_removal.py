"""What neither a post nor a profile uses is removed after a day, with its files; nothing else is."""

from __future__ import annotations

import asyncio
import os
import time
from io import BytesIO
from pathlib import Path

import pytest

from core.database.database import Database
from core.ids import parse_id
from feed.media import processing
from feed.media.files import (
    INCOMING,
    INCOMING_SECONDS,
    MediaSize,
    original_name,
    picture_name,
    remove_files,
    store,
)
from tests.feed.media.pictures import Uploader, picture
from tests.feed.media.worker import work
from tests.interactions.cast import delete_account

FILE = picture()


def files(media_id: str) -> list[str]:
    """The names of the picture's files."""
    key = str(parse_id(media_id)[1])
    found = Path(os.environ["MEDIA_STORAGE"]).rglob("*")
    return sorted(path.name.removeprefix(key) for path in found if path.name.startswith(key))


async def ready(uploader: Uploader) -> str:
    media_id = await uploader.upload(FILE)
    await uploader.finish(media_id)
    await work()
    return media_id


async def later(database: Database, hours: int = 25) -> None:
    await database.write(
        "UPDATE media SET created_at = created_at - make_interval(hours => $1)", hours
    )
    await swept()


async def swept() -> None:
    """Runs the schedules twice: what one marks, the other removes in the next round."""
    await work()
    await work()


async def remaining(database: Database) -> list[int]:
    return [row[0] for row in await database.fetch("SELECT id FROM media ORDER BY id")]


PICTURES = ["-1280.webp", "-320.webp", "-640.webp"]


async def test_what_nothing_uses_is_removed_after_a_day(
    uploader: Uploader, database: Database
) -> None:
    begun = (await uploader.start(len(FILE)))["mediaId"]
    sent = await uploader.upload(FILE)
    unused, used, avatar = [await ready(uploader) for _ in range(3)]
    assert files(sent) == [""]
    assert files(unused) == PICTURES
    post = (await uploader.api.change(uploader.user, "CreatePost", text="Look."))["post"]["id"]
    change = "UPDATE media SET post_id = $2 WHERE id = $1"
    await database.write(change, parse_id(used)[1], parse_id(post)[1])
    await database.write("UPDATE media SET is_avatar = true WHERE id = $1", parse_id(avatar)[1])
    await later(database, 23)
    assert len(await remaining(database)) == 5
    await later(database, 2)
    assert await remaining(database) == [parse_id(used)[1], parse_id(avatar)[1]]
    assert [files(each) for each in (begun, sent, unused)] == [[], [], []]
    assert [files(each) for each in (used, avatar)] == [PICTURES] * 2
    await uploader.api.change(uploader.user, "DeletePost", postId=post)
    await swept()
    assert await remaining(database) == [parse_id(avatar)[1]]
    assert files(used) == []


async def test_pictures_of_a_deleted_account_are_removed(
    uploader: Uploader, database: Database
) -> None:
    media = [await ready(uploader) for _ in range(2)]
    await database.write("UPDATE media SET is_avatar = true WHERE id = $1", parse_id(media[0])[1])
    await delete_account(database, uploader.user.key)
    assert await database.fetch("SELECT id FROM users WHERE id = $1", uploader.user.key) == []
    await work()
    assert await remaining(database) == []
    assert [files(each) for each in media] == [[], []]


async def test_a_removal_that_was_interrupted_is_repeated(
    uploader: Uploader, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = await ready(uploader)
    path = Path(os.environ["MEDIA_STORAGE"]) / picture_name(parse_id(media)[1], MediaSize.SMALL)

    def interrupted(key: int) -> None:
        path.unlink(missing_ok=True)
        raise OSError("the storage is gone")

    monkeypatch.setattr("feed.media.jobs.remove_files", interrupted)
    await later(database)
    assert await remaining(database) == [parse_id(media)[1]]
    monkeypatch.undo()
    await database.write("UPDATE jobs SET run_at = now()")
    await swept()
    assert await remaining(database) == []
    assert files(media) == []


async def test_files_that_stopped_arriving_are_removed(database: Database) -> None:
    folder = Path(os.environ["MEDIA_STORAGE"]) / INCOMING
    folder.mkdir(parents=True, exist_ok=True)
    old, new = folder / "old", folder / "new"
    for path, age in ((old, INCOMING_SECONDS + 60), (new, 0)):
        path.write_bytes(b"part")
        os.utime(path, (time.time() - age,) * 2)
    await work()
    # Beside them may lie what a server that another test killed was receiving.
    assert not old.exists()
    new.unlink()


@pytest.mark.parametrize("file", [FILE, b"no picture"])
async def test_the_file_is_removed_though_the_storage_fails_for_a_while(
    uploader: Uploader, database: Database, monkeypatch: pytest.MonkeyPatch, file: bytes
) -> None:
    def failing(_name: str) -> None:
        raise OSError("the storage is gone")

    monkeypatch.setattr("feed.media.jobs.remove_file", failing)
    media_id = await uploader.upload(file)
    await uploader.finish(media_id)
    await work()
    assert "" in files(media_id)
    monkeypatch.undo()
    await database.write("UPDATE jobs SET run_at = now()")
    await work()
    assert "" not in files(media_id)
    assert await database.fetch("SELECT id FROM jobs WHERE kind = 'media_process'") == []


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_picture_that_is_removed_while_it_is_processed_leaves_no_file(
    uploader: Uploader, database: Database, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    media_id = await uploader.upload(FILE)
    await uploader.finish(media_id)

    async def removed_meanwhile(key: int, byte_size: int) -> processing.Answer:
        await database.write("UPDATE media SET removed_at = now() WHERE id = $1", key)
        await asyncio.to_thread(remove_files, key)
        # The file was copied before.
        store(original_name(key), BytesIO(FILE))
        answer = await processing.processed(key, byte_size)
        assert set(PICTURES) <= set(files(media_id))
        await database.write("DELETE FROM media WHERE id = $1", key)
        if is_killed:
            raise OSError("as if the worker had been killed")
        return answer

    monkeypatch.setattr("feed.media.jobs.processed", removed_meanwhile)
    await work()
    await database.write("UPDATE jobs SET run_at = now()")
    await work()
    assert await remaining(database) == []
    assert files(media_id) == []
