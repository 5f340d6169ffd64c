"""Takes a picture of a page of a running server: `python -m tests.browser http://localhost:8000/demo/ FILE`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.browser.chromium import chromium

# The playground and the demo draw with JavaScript, all other pages are complete when they have loaded.
DRAWN = "document.querySelector('article, .view-line, h1') || !document.querySelector('[data-settings]')"


async def take_picture(url: str, file: Path, *, width: int, height: int, dark: bool) -> None:
    """Opens the page, waits until it has drawn what it has loaded, and writes the picture."""
    address = urlsplit(url)
    origin = f"{address.scheme}://{address.netloc}"
    with TemporaryDirectory() as folder:
        async with chromium(Path(folder)) as browser:
            page = await browser.page(origin)
            await page.size(width, height, dark=dark)
            await page.open(url.removeprefix(origin))
            await page.wait_for(DRAWN)
            await asyncio.sleep(1)
            await page.screenshot(file)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("file", type=Path, help="a PNG")
    parser.add_argument("--width", type=int, default=800)
    parser.add_argument("--height", type=int, default=560)
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    asyncio.run(
        take_picture(given.url, given.file, width=given.width, height=given.height, dark=given.dark)
    )


if __name__ == "__main__":
    main()
