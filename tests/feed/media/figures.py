"""Measures the processing of pictures: `python -m tests.feed.media.figures --pictures 200`.

Starts PostgreSQL and Valkey, uploads pictures of 12 megapixels, and runs a worker on one core. Prints the time from its
start until all are ready, and the most memory that the worker and its decoder had.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageFilter

from tests.paths import ROOT
from tests.servers import servers_of_program

KINDS = 8
"""How many different pictures there are."""
SECONDS = 600


def photograph(seed: int) -> bytes:
    """A JPEG of 12 megapixels with as many details as a photograph."""
    draw_from = random.Random(seed)
    image = Image.effect_noise((500, 375), 30).convert("RGB").resize((4_000, 3_000))
    canvas = ImageDraw.Draw(image)
    for _ in range(300):
        x, y, size = (
            draw_from.randrange(4_000),
            draw_from.randrange(3_000),
            draw_from.randrange(600),
        )
        colour = tuple(draw_from.randrange(256) for _ in range(3))
        canvas.ellipse((x, y, x + size, y + size), fill=colour)
    file = BytesIO()
    image.filter(ImageFilter.GaussianBlur(2)).save(file, "JPEG", quality=88)
    return file.getvalue()


async def add(count: int) -> None:
    """Stores the files, as uploads that are finished."""
    from core.database.database import Database  # noqa: PLC0415  # needs the settings
    from feed.media.files import original_name, store  # noqa: PLC0415
    from feed.media.services import upload_finish  # noqa: PLC0415
    from tests.interactions.cast import create_users  # noqa: PLC0415

    files = [photograph(seed) for seed in range(KINDS)]
    database = Database(os.environ["DATABASE_URL"], size=2)
    [owner] = await create_users(database, 1)
    for number in range(count):
        file = files[number % KINDS]
        insert = "INSERT INTO media (owner_id, content_type, byte_size) VALUES ($1, 'image/jpeg', $2) RETURNING id"
        [[key]] = await database.write(insert, owner, len(file))
        store(original_name(key), BytesIO(file))
        await upload_finish(database, viewer_id=owner, media_id=key)
    await database.close()


def used_by(worker: int) -> tuple[int, float]:
    """Bytes of memory of the worker, its decoder and the process of a picture, each page counted once; and the seconds
    of processor time that they have used."""
    stats: dict[int, list[str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            stats[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
    parents = {process: int(stat[1]) for process, stat in stats.items()}
    ours = [each for each in stats if worker in {each, parents[each], parents.get(parents[each])}]
    memory = 0
    for process in ours:
        with suppress(OSError, IndexError):
            found = Path(f"/proc/{process}/smaps_rollup").read_text()
            memory += int(found.partition("Pss:")[2].split()[0]) * 1024
    # Times of the process itself, and of children that have ended.
    ticks = sum(int(time) for process in ours for time in stats[process][11:15])
    return memory, ticks / os.sysconf("SC_CLK_TCK")


async def waiting() -> int:
    from core.database.database import Database  # noqa: PLC0415

    database = Database(os.environ["DATABASE_URL"], size=1)
    rows = await database.fetch("SELECT count(*) FROM media WHERE state = 'PROCESSING'")
    await database.close()
    return int(rows[0][0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    count = parser.parse_args().pictures
    with TemporaryDirectory() as folder, servers_of_program(MEDIA_STORAGE=folder):
        asyncio.run(add(count))
        core = min(os.sched_getaffinity(0))
        began = time.monotonic()
        worker = subprocess.Popen(
            ["taskset", "-c", str(core), sys.executable, "manage.py", "work"], cwd=ROOT
        )
        most, processor = 0, 0.0
        while (left := asyncio.run(waiting())) and time.monotonic() < began + SECONDS:
            memory, used = used_by(worker.pid)
            most, processor = max(most, memory), max(processor, used)
            time.sleep(0.1)
        seconds = time.monotonic() - began
        worker.terminate()
        worker.wait()
    sys.stdout.write(
        f"{count - left} pictures in {seconds:.1f} s ({seconds / count:.3f} s each); the worker and its decoder had "
        f"{most / 2**20:.0f} MiB at most; {processor:.1f} s of processor time.\n"
    )


if __name__ == "__main__":
    main()
