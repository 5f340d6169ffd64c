"""Pictures become WebP in three sizes without what came with them; files that break libraries become a reason."""

from __future__ import annotations

import asyncio
import os
import struct
import zlib
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.database.database import Database
from core.ids import parse_id
from feed.media import jobs, processing
from feed.media.decoder import MAX_PIXELS, decoded
from feed.media.files import MediaSize, original_name, picture_name
from feed.media.thumbhash import thumb_hash
from tests.feed.media.pictures import Json, Uploader, picture
from tests.feed.media.test_uploads import states
from tests.feed.media.worker import work

GPS = Image.Exif()
GPS[0x0110] = "hush camera"
GPS.get_ifd(0x8825)[1] = "N"


def path_of(media_id: str, size: MediaSize) -> Path:
    return Path(os.environ["MEDIA_STORAGE"]) / picture_name(parse_id(media_id)[1], size)


async def processed(uploader: Uploader, file: bytes, content_type: str = "image/jpeg") -> Json:
    media_id = await uploader.upload(file, content_type)
    await uploader.finish(media_id)
    await work()
    [media] = await states(uploader, media_id)
    assert media is not None
    return media


def is_nearly(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 20 for a, b in zip(pixel, colour, strict=True))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *, bits: int = 8, chunks: bytes = b"") -> bytes:
    """A grey PNG that says it has this size. `chunks`: further ones before its rows."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunks + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """Some kilobytes that are 3.6 gigabytes of pixels."""
    packed = zlib.compressobj(9)
    rows = packed.compress(bytes(60_001) * 10)
    return png(60_000, 60_000, rows + packed.flush())


async def test_a_picture_gets_three_sizes(uploader: Uploader) -> None:
    media = await processed(uploader, picture(4_000, 3_000))
    assert (media["state"], media["failure"]) == ("READY", None)
    assert (media["width"], media["height"]) == (4_000, 3_000)
    assert 20 < len(b64decode(media["placeholder"])) < 30
    for size in MediaSize:
        with Image.open(path_of(media["id"], size)) as image:
            assert (image.format, max(image.size)) == ("WEBP", size.value)
            pixels = image.convert("RGB")
            left, right = pixels.getpixel((2, 9)), pixels.getpixel((size.value - 3, 9))
        assert is_nearly(left, (255, 0, 0))
        assert is_nearly(right, (0, 0, 255))
    original = Path(os.environ["MEDIA_STORAGE"]) / original_name(parse_id(media["id"])[1])
    assert not original.exists()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "JPEG"])
async def test_each_type_is_read_and_a_small_picture_is_not_enlarged(
    uploader: Uploader, kind: str
) -> None:
    media = await processed(uploader, picture(400, 20, kind), f"image/{kind.lower()}")
    assert (media["state"], media["width"], media["height"]) == ("READY", 400, 20)
    with Image.open(path_of(media["id"], MediaSize.LARGE)) as image:
        assert image.size == (400, 20)


async def test_metadata_is_dropped_and_the_orientation_is_applied(uploader: Uploader) -> None:
    turned = Image.Exif()
    turned.update(GPS)
    turned[0x0112] = 6  # The camera was turned: what is on the left belongs to the top.
    upright, upturned = ((64, 48), (0, 0, 255)), ((48, 64), (255, 0, 0))
    for exif, (size, corner) in ((GPS, upright), (turned, upturned)):
        file = picture(64, 48, exif=exif, comment=b"hush comment")
        assert b"hush camera" in file
        media = await processed(uploader, file)
        assert (media["width"], media["height"]) == size
        written = path_of(media["id"], MediaSize.LARGE).read_bytes()
        for part in (b"hush", b"EXIF", b"XMP ", b"ICCP", b"Exif"):
            assert part not in written
        with Image.open(BytesIO(written)) as image:
            pixel = image.convert("RGB").getpixel((size[0] - 4, 4))
        assert is_nearly(pixel, corner)


@pytest.mark.parametrize(
    ("width", "height", "is_opaque", "expected"),
    [
        (20, 30, True, "23a7094d023077348967887677877777b0b2080fef"),
        (32, 24, True, "21f809659408777847877887887777776067076c78"),
        (24, 32, False, "a6d8852404160a8aa37aa997096c99f1e30a43059639a99405"),
    ],
)
def test_placeholders_are_those_of_other_libraries(
    width: int, height: int, is_opaque: bool, expected: str
) -> None:
    """The hashes are those of thumbhash-python 1.0.1."""
    pixels = bytes(
        (x * 7 + y * 3 + part * 50) % 256 if part < 3 else 255 if is_opaque else (x * y) % 256
        for y in range(height)
        for x in range(width)
        for part in range(4)
    )
    assert thumb_hash(width, height, pixels).hex() == expected


@pytest.mark.parametrize("mode", ["L", "I;16", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_each_way_to_store_pixels_keeps_their_brightness(mode: str, tmp_path: Path) -> None:
    if mode == "I;16":
        grey = Image.frombytes(mode, (64, 64), (128 * 257).to_bytes(2, "little") * 64 * 64)
    else:
        grey = Image.new("L", (64, 64), 128).convert("RGB").convert(mode)
    file = BytesIO()
    grey.save(file, "JPEG" if mode == "CMYK" else "PNG")
    decoded(file.getvalue(), tmp_path)
    with Image.open(tmp_path / "320.webp") as image:
        assert is_nearly(image.convert("RGB").getpixel((32, 32)), (128, 128, 128))


def test_a_picture_of_16_bits_may_have_a_transparent_grey(tmp_path: Path) -> None:
    row = b"\x12\x34" * 8 + b"\x80\x80" * 8
    rows = zlib.compress((b"\0" + row) * 16)
    decoded(png(16, 16, rows, bits=16, chunks=chunk(b"tRNS", b"\x12\x34")), tmp_path)
    with Image.open(tmp_path / "320.webp") as image:
        left, right = [image.convert("RGBA").getpixel((x, 8)) for x in (1, 14)]
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[3] == 0
    assert is_nearly(right[:3], (128, 128, 128))
    assert right[3] == 255


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_that_can_not_be_read_damages_no_picture(kind: str, tmp_path: Path) -> None:
    assert decoded(picture(kind=kind, exif=b"Exif\0\0rubbish"), tmp_path)["width"] == 64


def test_a_png_may_hold_megabytes_of_text(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_text("editor", "layers " * 500_000, zip=True)
    assert decoded(picture(kind="PNG", pnginfo=text), tmp_path)["width"] == 64


async def test_transparency_is_kept(uploader: Uploader) -> None:
    image = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    file = BytesIO()
    image.save(file, "PNG")
    media = await processed(uploader, file.getvalue(), "image/png")
    with Image.open(path_of(media["id"], MediaSize.SMALL)) as written:
        assert written.convert("RGBA").getchannel("A").getextrema() == (0, 0)


FILE = picture(640, 480)
HTML = b"<html><script>alert(1)</script></html>"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (bomb, "TOO_MANY_PIXELS"),
    "one pixel too many": (lambda: png(MAX_PIXELS // 1_000 + 1, 1_000, b""), "TOO_MANY_PIXELS"),
    "text": (lambda: HTML, "NOT_AN_IMAGE"),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "NOT_AN_IMAGE"),
    "a type that is not accepted": (lambda: picture(kind="BMP"), "NOT_AN_IMAGE"),
    "archive": (lambda: b"PK\3\4" + bytes(100), "NOT_AN_IMAGE"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "NOT_AN_IMAGE"),
    "truncated": (lambda: FILE[: len(FILE) // 2], "DAMAGED"),
    "only a head": (lambda: FILE[:20], "DAMAGED"),
    "broken rows": (lambda: png(100, 100, b"\0garbage"), "DAMAGED"),
    "text bomb": (
        lambda: png(9, 9, b"")[:33] + chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(200_000_000))),
        "DAMAGED",
    ),
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_is_no_good_fails_with_a_reason(
    uploader: Uploader, database: Database, name: str
) -> None:
    make, failure = FILES[name]
    media = await processed(uploader, make())
    assert (media["state"], media["failure"]) == ("FAILED", failure)
    assert (media["url"], media["width"], media["placeholder"]) == (None, None, None)
    assert await database.fetch("SELECT id FROM jobs WHERE kind = 'media_process'") == []


async def test_a_file_of_two_formats_keeps_only_its_pixels(uploader: Uploader) -> None:
    media = await processed(uploader, FILE + HTML + b"PK\3\4")
    assert media["state"] == "READY"
    for size in MediaSize:
        written = path_of(media["id"], size).read_bytes()
        assert b"script" not in written
        assert b"PK" + b"\3\4" not in written


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")])
async def test_the_largest_pictures_are_read(uploader: Uploader, kind: str, mode: str) -> None:
    image = Image.linear_gradient("L").resize((10_000, 5_000)).convert(mode)
    file = BytesIO()
    image.save(file, kind, method=0, quality=1, compress_level=1)
    media = await processed(uploader, file.getvalue(), f"image/{kind.lower()}")
    assert (media["state"], media["failure"], media["width"]) == ("READY", None, 10_000)


async def test_a_decoder_that_is_killed_is_started_again(
    uploader: Uploader, database: Database
) -> None:
    media_id = await uploader.upload(FILE)
    await uploader.finish(media_id)
    processing.DECODER.end()
    working = asyncio.create_task(work())
    async with asyncio.timeout(20):
        while processing.DECODER.process is None:  # noqa: ASYNC110  # no event to wait for
            await asyncio.sleep(0.001)
    processing.DECODER.end()
    await working
    [failed] = await database.fetch(
        "SELECT attempts, failed_at FROM jobs WHERE kind = 'media_process'"
    )
    assert tuple(failed) == (1, None)
    await database.write("UPDATE jobs SET run_at = now()")
    await work()
    [media] = await states(uploader, media_id)
    assert media is not None
    assert media["state"] == "READY"


async def test_processing_ends_also_when_its_job_is_dead(
    uploader: Uploader, database: Database
) -> None:
    media_id = await uploader.upload(FILE)
    await uploader.finish(media_id)
    await database.write("UPDATE media SET finished_at = now() - interval '1 hour'")
    await database.write("UPDATE jobs SET failed_at = now()")
    await work()
    [media] = await states(uploader, media_id)
    assert media is not None
    assert (media["state"], media["failure"]) == ("FAILED", "TIMED_OUT")


async def test_many_pictures_are_processed_one_after_the_other(
    uploader: Uploader, database: Database
) -> None:
    ids = await asyncio.gather(*(uploader.upload(FILE) for _ in range(12)))
    await asyncio.gather(*map(uploader.finish, ids))
    assert jobs.media_process.at_once == 1
    while await database.fetch("SELECT id FROM jobs WHERE kind = 'media_process'"):
        await work()
    assert [media and media["state"] for media in await states(uploader, *ids)] == ["READY"] * 12


async def test_a_users_many_pictures_wait_for_those_of_others(
    uploaders: list[Uploader], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = []

    async def observed(key: int, byte_size: int) -> Json:
        order.append(key)
        return await processing.processed(key, byte_size)

    monkeypatch.setattr(jobs, "processed", observed)
    many, other = uploaders
    ids = []
    for uploader in (*[many] * 6, other):
        ids.append(await uploader.upload(FILE))
        await uploader.finish(ids[-1])
    await work()
    assert order == [parse_id(ids[place])[1] for place in (0, 1, 2, 3, 6, 4, 5)]
    ids.append(await many.upload(FILE))
    ids.append(await other.upload(FILE))
    await many.finish(ids[-2])
    await other.finish(ids[-1])
    await work()
    assert order[7:] == [parse_id(each)[1] for each in ids[7:]]
