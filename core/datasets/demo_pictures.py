"""Pictures of demo posts and users, drawn by program: the same for the same posts and users."""

from __future__ import annotations

import colorsys
import math
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from django.db import connection
from PIL import Image, ImageDraw

from feed.media.decoder import decoded
from feed.media.files import MediaSize, picture_name, store
from feed.media.services import avatar_url

DRAWINGS = 8
SIZE = (960, 720)
HILLS = 4
POSTS_WITH_PICTURES = 60
EVERY = 3
"""One in so many of the newest posts has pictures, one to four of them."""
USERS_WITH_PICTURES = 40
POSTS = "SELECT id, author_id FROM posts ORDER BY id DESC LIMIT %s"
USERS = "SELECT id FROM users WHERE avatar_url = '' ORDER BY follower_count DESC, id LIMIT %s"
INSERT = """
INSERT INTO media (id, owner_id, post_id, position, is_avatar, alt_text, content_type, byte_size, state, width, height,
    placeholder, finished_at)
VALUES (%s, %s, %s, %s, %s, %s, 'image/png', %s, 'READY', %s, %s, %s, now())
ON CONFLICT DO NOTHING
RETURNING id
"""
SET_AVATAR = "UPDATE users SET avatar_url = %s WHERE id = %s"


class Drawing(NamedTuple):
    """A picture that was drawn and decoded: its files by size, and what the table has of it."""

    files: dict[MediaSize, bytes]
    byte_size: int
    placeholder: str
    alt_text: str


def add_pictures() -> int:
    """Puts pictures on some of the newest posts, and into the profiles of the most followed users. Gives their number.

    In the caller's transaction; the files are stored at once.
    """
    drawings = [_drawing(number) for number in range(DRAWINGS)]
    added = 0
    with connection.cursor() as cursor:
        cursor.execute(POSTS, [POSTS_WITH_PICTURES * EVERY])
        for number, (post_id, author_id) in enumerate(cursor.fetchall()[::EVERY]):
            for position in range(1, 2 + number % 4):
                # The same in each database. Where posts have adjacent keys, a picture is left out.
                key = post_id + position - 1
                drawing = drawings[(number + position) % DRAWINGS]
                added += _add(cursor, drawing, key, author_id, post_id, position)
        cursor.execute(USERS, [USERS_WITH_PICTURES])
        for number, (user_id,) in enumerate(cursor.fetchall()):
            if _add(cursor, drawings[number % DRAWINGS], user_id, user_id):
                cursor.execute(SET_AVATAR, [avatar_url(user_id), user_id])
                added += 1
    return added


def _add(
    cursor: Any,
    drawing: Drawing,
    key: int,
    owner_id: int,
    post_id: int | None = None,
    position: int | None = None,
) -> int:
    row = (key, owner_id, post_id, position, post_id is None, drawing.alt_text, drawing.byte_size)
    cursor.execute(INSERT, [*row, *SIZE, drawing.placeholder])
    if cursor.fetchone() is None:
        return 0
    for size, file in drawing.files.items():
        store(picture_name(key, size), BytesIO(file))
    return 1


@cache
def _drawing(number: int) -> Drawing:
    """Hills under a sky, as it would be after an upload."""
    chance = Random(number)  # noqa: S311  # reproducible, not a secret
    hue = number / DRAWINGS
    image = Image.new("RGB", SIZE)
    canvas = ImageDraw.Draw(image)
    width, height = SIZE
    for y in range(height):
        canvas.line((0, y, width, y), fill=_colour(hue, 0.45 - 0.3 * y / height, 0.95))
    x, y, radius = chance.randrange(width), chance.randrange(height // 3), chance.randrange(30, 80)
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_colour(0.14, 0.3, 1))
    for hill in range(HILLS):
        phase, length = chance.random() * math.tau, chance.randrange(150, 400)
        base = height * (0.45 + 0.14 * hill)
        ridge = [(x, base + 60 * math.sin(x / length + phase)) for x in range(0, width + 8, 8)]
        fill = _colour(hue + 0.08, 0.35 + 0.1 * hill, 0.75 - 0.15 * hill)
        canvas.polygon([*ridge, (width, height), (0, height)], fill=fill)
    file = BytesIO()
    image.save(file, "PNG")
    with TemporaryDirectory() as name:
        folder = Path(name)
        answer = decoded(file.getvalue(), folder)
        files = {size: (folder / f"{size.value}.webp").read_bytes() for size in MediaSize}
    return Drawing(
        files, len(file.getvalue()), answer["placeholder"], "A drawing of hills under a clear sky."
    )


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
