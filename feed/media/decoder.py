"""The process that decodes pictures: `python -m feed.media.decoder`. It reads a request a line, and writes an answer.

Files of strangers break libraries of pictures. So each picture is decoded in a process of its own, which this one
forks (2 ms, where a new Python takes 150) and which ends with the picture: with limits on memory, processor time and
files, and without a connection to anything. Nothing of Django is loaded here.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin, UnidentifiedImageError

from feed.media.thumbhash import MAX_SIDE, thumb_hash

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8")
MAX_PIXELS = 50_000_000
MEMORY = 896 * 1024 * 1024
"""Bytes of address space beyond those of an idle process: a WebP of 50 megapixels takes four times its pixels, each of
four bytes; other types take them once."""
CPU_SECONDS = 10
WALL_SECONDS = 20
QUALITY = 80
METHOD = 2
"""How hard the encoder tries, of 0 to 6."""
SIZES = (1_280, 640, 320)
REDUCED_FIRST = 1.5
"""How many times larger than the largest size a picture is left by the quick first step."""
STRIP_ROWS = 64
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

Answer = dict[str, Any]


class PictureRefused(Exception):
    """The file can't be shown. The argument is a MediaFailure."""


def main() -> None:
    """Answers requests until there are no more: `{"source": a file, "folder": where the pictures are written}`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        request = json.loads(line)
        answer = decoded_apart(Path(request["source"]), Path(request["folder"]))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def decoded_apart(source: Path, folder: Path) -> Answer:
    """What `decoded` gives in a process of its own, or the failure that its end says."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            _limit()
            answer = _decoded_or_failure(source, folder)
            os.write(writing, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if text:
        answer = json.loads(text)
        return dict(answer)
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    is_late = ended_by in {signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL}
    return {"failure": "TIMED_OUT" if is_late else "DAMAGED"}


def _limit() -> None:
    """Bounds this process: memory, time, and nothing but files that are small."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)


def _decoded_or_failure(source: Path, folder: Path) -> Answer:
    try:
        return decoded(source.read_bytes(), folder)
    except PictureRefused as refused:
        return {"failure": str(refused)}
    except MemoryError:
        return {"failure": "TOO_MANY_PIXELS"}
    except Exception:  # noqa: BLE001  # a library of pictures may raise anything
        return {"failure": "DAMAGED"}


def decoded(file: bytes, folder: Path) -> Answer:
    """Writes the picture in all sizes to the folder, as `320.webp`; gives its size and placeholder.

    Nothing of the file remains but its pixels: no metadata, and none of what a file of two formats hides.

    Errors: PictureRefused, MemoryError, and whatever Pillow raises for a file that is damaged.
    """
    # The limits are ours. Editors put megabytes of text into a PNG.
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY
    try:
        image: Image.Image = Image.open(io.BytesIO(file), formats=FORMATS)
    except UnidentifiedImageError:
        raise PictureRefused("DAMAGED" if file.startswith(SIGNATURES) else "NOT_AN_IMAGE") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureRefused("TOO_MANY_PIXELS")
    orientation = _orientation(image)
    if orientation in {5, 6, 7, 8}:
        width, height = height, width
    image = _upright(_reduced(image), orientation)
    for size in SIZES:
        image.thumbnail((size, size), Image.Resampling.LANCZOS)
        image.save(folder / f"{size}.webp", "WEBP", quality=QUALITY, method=METHOD)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
    placeholder = thumb_hash(*image.size, image.convert("RGBA").tobytes())
    return {"width": width, "height": height, "placeholder": base64.b64encode(placeholder).decode()}


def _orientation(image: Image.Image) -> Any:
    """How the picture is turned; as it is if its metadata can't be read, as in browsers."""
    try:
        return image.getexif().get(0x0112, 1)
    except (SyntaxError, ValueError, struct.error):
        return 1


def _reduced(image: Image.Image) -> Image.Image:
    """The picture in the largest size, in RGB or RGBA of the colour space sRGB, without metadata."""
    largest = (SIZES[0], SIZES[0])
    profile = image.info.get("icc_profile")
    # Decodes a JPEG at a fraction of its size.
    image.draft(None, largest)
    image.load()
    factor = int(max(image.size) / SIZES[0] / REDUCED_FIRST)
    image = _in_strips(image, factor) if factor > 1 else _convertible(image)
    image.thumbnail(largest, Image.Resampling.LANCZOS, reducing_gap=None)
    if profile and image.mode in {"RGB", "RGBA", "CMYK"}:
        image = _in_srgb(image, profile)
    if image.mode not in {"RGB", "RGBA"}:
        image = image.convert("RGB")
    image.info = {}
    return image


def _in_strips(image: Image.Image, factor: int) -> Image.Image:
    """The picture at a fraction of its size. Each step takes some rows, so that there is no second whole picture."""
    width, height = image.size
    rows = factor * STRIP_ROWS
    strips = [
        _convertible(image.crop((0, top, width, min(top + rows, height)))).reduce(factor)
        for top in range(0, height, rows)
    ]
    found = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    for number, strip in enumerate(strips):
        found.paste(strip, (0, number * STRIP_ROWS))
    return found


def _convertible(image: Image.Image) -> Image.Image:
    """The picture in a mode in which it can be made smaller."""
    if image.mode.startswith("I"):
        return _in_eight_bits(image)
    if "transparency" in image.info or image.mode in {"P", "PA", "LA", "La", "RGBa"}:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """A picture of 16 bits in 8: a plain conversion takes what is above 255 for white."""
    values = image.convert("I")
    grey = values.point(lambda value: value * (1 / 257)).convert("L")
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    opacity = values.point([0 if value == transparent else 255 for value in range(65_536)], "L")
    return Image.merge("LA", (grey, opacity)).convert("RGBA")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGB" if image.mode == "CMYK" else image.mode
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        found = ImageCms.profileToProfile(image, source, SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return found or image


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned as its metadata said."""
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image if turned is None else image.transpose(turned)


if __name__ == "__main__":
    main()
