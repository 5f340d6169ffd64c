"""What a server process loads only when somebody opens the admin or asks for the figures, and that it does then."""

from __future__ import annotations

import sys

from tests.commands import output_of

# Runs in a process of its own: this one has loaded everything long ago.
ASK_FOR_THEM = """
import asyncio
import sys

import httpx

from core.server.asgi import application

LOADED_LATER = {
    "core.accounts.admin",
    "core.config.urls",
    "django.core.handlers.asgi",
    "django.views.debug",
    "feed.admin",
    "interactions.admin",
}


async def ask():
    address = "http://localhost"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=address) as client:
        page = await client.get("/admin/", follow_redirects=True)
        file = await client.get("/static/admin/css/base.css")
        figures = await client.get("/metrics")
    print("opened:", page.status_code, file.status_code, "Log in" in page.text)
    print("figures:", figures.status_code, "feed_event_age_seconds_count" in figures.text)


print("early:", *sorted({"argon2", *LOADED_LATER} & sys.modules.keys()))
asyncio.run(ask())
print("missing:", *sorted(LOADED_LATER - sys.modules.keys()))
"""


CHECK_THE_ADMIN = """
import django

django.setup()

from django.contrib import admin
from django.core.checks import run_checks

print(run_checks(tags=["admin"]), len(admin.site._registry) > 5)
"""


def test_the_admin_and_the_figures_are_loaded_when_somebody_asks() -> None:
    said = output_of(sys.executable, "-W", "ignore", "-c", ASK_FOR_THEM)
    assert said.splitlines() == ["early:", "opened: 200 200 True", "figures: 200 True", "missing:"]


def test_the_check_of_the_admin_sees_its_pages() -> None:
    assert output_of(sys.executable, "-c", CHECK_THE_ADMIN) == "[] True\n"
