"""The admin's first page in a browser, signed in."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.database.database import Database
from tests.browser.chromium import Browser
from tests.paths import ROOT

PASSWORD = "hush a password"
CREATE = ("manage.py", "createsuperuser", "--no-input", "--username=root", "--email=r@example.org")
FIGURES = """
INSERT INTO daily_figures
SELECT (now() AT TIME ZONE 'UTC')::date - n, 'post_created', n FROM generate_series(1, 40) n
RETURNING day
"""
SIGN_IN = f"""(async () => {{
    const sent = new FormData(document.querySelector('form'));
    sent.set('username', 'root');
    sent.set('password', '{PASSWORD}');
    return (await fetch('/admin/login/?next=/admin/', {{ method: 'POST', body: sent }})).ok;
}})()"""

pytestmark = pytest.mark.timeout(600)


async def test_the_first_page_is_readable_on_a_phone_and_needs_no_other_server(
    browser: Browser, origin: str, database: Database, tmp_path: Path
) -> None:
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, *CREATE],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SUPERUSER_PASSWORD": PASSWORD},
        check=True,
        capture_output=True,
    )
    await database.write(FIGURES)
    page = await browser.page(origin)
    await page.open("/admin/")
    assert await page.evaluate(SIGN_IN)
    for width in (390, 1280):
        for dark in (False, True):
            await page.size(width, 844, dark=dark)
            await page.open("/admin/")
            await page.wait_for("document.querySelectorAll('.charts svg').length === 3")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            tallest = await page.evaluate(
                "Math.max(...[...document.querySelectorAll('.charts rect:not(.day)')]"
                ".map((bar) => bar.getBoundingClientRect().height))"
            )
            assert tallest > 50
            await page.screenshot(tmp_path / "page.png")
    assert page.requests_elsewhere == []
    assert page.complaints == []
