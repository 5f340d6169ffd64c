"""What a server process has loaded before somebody opens the admin, and that it opens then."""

from __future__ import annotations

import sys

from tests.ops.commands import said_by

# Runs in a process of its own: this one has loaded everything long ago.
OPEN_THE_ADMIN = """
import asyncio
import sys

import httpx

from core.config.asgi import application

ONLY_FOR_THE_ADMIN = {
    "core.accounts.admin",
    "core.config.urls",
    "django.core.handlers.asgi",
    "django.views.debug",
    "feed.admin",
    "interactions.admin",
}


async def open_the_admin():
    address = "http://localhost"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=address) as client:
        page = await client.get("/admin/", follow_redirects=True)
        file = await client.get("/static/admin/css/base.css")
    print("opened:", page.status_code, file.status_code, "Log in" in page.text)


print("early:", *sorted(ONLY_FOR_THE_ADMIN & sys.modules.keys()))
asyncio.run(open_the_admin())
print("missing:", *sorted(ONLY_FOR_THE_ADMIN - sys.modules.keys()))
"""


CHECK_THE_ADMIN = """
import django

django.setup()

from django.contrib import admin
from django.core.checks import run_checks

print(run_checks(tags=["admin"]), len(admin.site._registry) > 5)
"""


def test_the_admin_is_loaded_when_somebody_opens_it() -> None:
    said = said_by(sys.executable, "-W", "ignore", "-c", OPEN_THE_ADMIN)
    assert said.splitlines() == ["early:", "opened: 200 200 True", "missing:"]


def test_the_check_of_the_admin_sees_its_pages() -> None:
    assert said_by(sys.executable, "-c", CHECK_THE_ADMIN) == "[] True\n"
