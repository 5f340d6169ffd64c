"""A worker that is killed amid a picture leaves the picture to the next one, and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from core.database.database import Database
from core.ids import parse_id
from feed.media.files import MediaSize, original_name, picture_name
from feed.media.processing import ABANDONED_SECONDS, FOLDER
from tests.child_processes import children
from tests.core.jobs.processes import WorkerProcess, start_worker
from tests.feed.media.pictures import Uploader
from tests.feed.media.test_uploads import states

EXPIRE_LEASES = "UPDATE jobs SET run_at = now()"
SECONDS = 100.0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110  # nothing notifies of processes
            await asyncio.sleep(0.01)


def slow_picture(path: Path) -> bytes:
    """A small file with so many pixels that it takes long to decode."""
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    noise.resize((6_000, 6_000), Image.Resampling.NEAREST).save(path, "PNG", compress_level=1)
    return path.read_bytes()


def decoders(worker: WorkerProcess) -> list[int]:
    """The decoder and the process of its picture, if it has one now."""
    decoder = children(worker.process.pid)
    return decoder + [child for each in decoder for child in children(each)]


def is_running(process: int) -> bool:
    """Whether it has not ended; one that has ended may wait for its parent to notice."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.timeout(300)
async def test_a_worker_that_is_killed_amid_a_picture(
    uploader: Uploader, database: Database, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    variables = {"TMPDIR": str(temporary)}
    media_id = await uploader.upload(slow_picture(tmp_path / "slow.png"), "image/png")
    killed = await start_worker((), **variables)
    try:
        await killed.started()
        await uploader.finish(media_id)
        await until(lambda: len(decoders(killed)) == 2)
        left = decoders(killed)
    finally:
        await killed.kill()
    [media] = await states(uploader, media_id)
    assert media is not None
    assert media["state"] == "PROCESSING"
    await until(lambda: not any(map(is_running, left)))
    # As if some minutes had passed.
    old = time.time() - ABANDONED_SECONDS - 1
    abandoned = list(temporary.glob(f"{FOLDER}*"))
    assert len(abandoned) == 1
    os.utime(abandoned[0], (old, old))
    await database.write(EXPIRE_LEASES)

    worker = await start_worker((), **variables)
    try:
        async with asyncio.timeout(SECONDS):
            while (media := (await states(uploader, media_id))[0]) is not None:
                if media["state"] != "PROCESSING":
                    break
                await asyncio.sleep(0.1)
        assert media is not None
        assert (media["state"], media["width"]) == ("READY", 6_000)
        key = parse_id(media_id)[1]
        storage = Path(os.environ["MEDIA_STORAGE"])
        await until(lambda: not (storage / original_name(key)).exists())
        assert all((storage / picture_name(key, size)).exists() for size in MediaSize)
        await until(lambda: not list(temporary.glob(f"{FOLDER}*")))
        left = decoders(worker)
        worker.process.send_signal(signal.SIGTERM)
        assert await worker.ended(seconds=SECONDS) == 0
        await until(lambda: not any(map(is_running, left)))
    finally:
        await worker.kill()
