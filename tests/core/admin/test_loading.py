"""A server process loads the admin on its first request, and cryptography not before Web Push needs it."""

from __future__ import annotations

import sys

from tests.commands import output_of

# Runs in its own process: this one has loaded everything.
REQUEST_BOTH = """
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
LOADED_BY_WEB_PUSH = {"cryptography.hazmat"}


async def request():
    address = "http://localhost"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=address) as client:
        page = await client.get("/admin/", follow_redirects=True)
        file = await client.get("/static/admin/css/base.css")
        metrics = await client.get("/metrics")
    print("opened:", page.status_code, file.status_code, "Log in" in page.text)
    print("metrics:", metrics.status_code, "feed_event_age_seconds_count" in metrics.text)


print("early:", *sorted((LOADED_LATER | LOADED_BY_WEB_PUSH) & sys.modules.keys()))
asyncio.run(request())
print("missing:", *sorted(LOADED_LATER - sys.modules.keys()))
"""


CHECK_THE_ADMIN = """
import django

django.setup()

from django.contrib import admin
from django.core.checks import run_checks

print(run_checks(tags=["admin"]), len(admin.site._registry) > 5)
"""


def test_the_admin_and_the_metrics_are_loaded_on_request() -> None:
    output = output_of(sys.executable, "-W", "ignore", "-c", REQUEST_BOTH)
    assert output.splitlines() == [
        "early:",
        "opened: 200 200 True",
        "metrics: 200 True",
        "missing:",
    ]


def test_the_system_check_covers_the_admin_pages() -> None:
    assert output_of(sys.executable, "-c", CHECK_THE_ADMIN) == "[] True\n"
