"""Every page loads from its own server alone, and complains about nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.__main__ import take_picture
from tests.browser.chromium import Browser

pytestmark = pytest.mark.timeout(600)  # A busy machine draws slowly; each step has its own timeout.
READY = {
    "/": "document.querySelector('h1').innerText === 'Social feed'",
    "/admin/": "document.querySelector('input[name=username]')",
    "/docs/docs/errors.md": "document.querySelector('#bad_input')",
    "/graphql/": "document.querySelector('.graphiql-query-editor .view-line')",
}


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", READY)
async def test_a_page_needs_no_other_server(
    browser: Browser, origin: str, tmp_path: Path, path: str, width: int, dark: bool
) -> None:
    """Whatever the colours it is opened in, and when they change."""
    page = await browser.page(origin)
    for colours in (dark, not dark):
        await page.size(width, 844, dark=colours)
        if colours == dark:
            await page.open(path)
        await page.wait_for(READY[path])
        await page.screenshot(tmp_path / "page.png")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.requests_elsewhere == []
    assert page.complaints == []


async def test_a_picture_is_taken_of_any_page_at_its_whole_address(
    browser: Browser, origin: str, tmp_path: Path
) -> None:
    async def picture(place: str) -> bytes:
        file = tmp_path / "picture.png"
        await take_picture(f"{origin}{place}", file, width=390, height=300, dark=False)
        return file.read_bytes()

    assert await picture("/nowhere") != await picture("/admin/")
    assert await picture("/docs/docs/errors.md") != await picture("/docs/docs/errors.md#bad_input")
