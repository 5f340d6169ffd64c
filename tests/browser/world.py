"""The demo in a tab, with a server, a worker, and others who use the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.utils.module_loading import autodiscover_modules

from core.database.database import Database
from core.jobs.registry import CONSUMERS
from core.jobs.statements import SQL
from tests.browser.chromium import Browser
from tests.browser.demo import Demo, demo
from tests.core.server.served import Served
from tests.interactions.cast import create_users
from tests.live.world import Api, SignedInUser, signed_in_again

PASSWORD = "hush a password"
STARTED = """
UPDATE users SET username = $2, display_name = $3, password = $4, is_private = $5 WHERE id = $1 RETURNING id
"""


class World(NamedTuple):
    """A demo in a tab, its server, and who can use the API beside it."""

    server: Served
    tab: Demo
    api: Api
    viewer: SignedInUser
    author: SignedInUser
    private: SignedInUser


@asynccontextmanager
async def world(browser: Browser, database: Database, server: Served) -> AsyncIterator[World]:
    """The viewer `demo` follows `harbour_master`; `closed_door` has a private account."""
    # The worker registered them when it started. The tables have been emptied since.
    autodiscover_modules("consumers")
    for each in CONSUMERS.values():
        await database.write(SQL.consumer_register, each.name, each.from_end, ())
    names = (("demo", "Demo"), ("harbour_master", "Harbour Master"), ("closed_door", "Closed Door"))
    users = []
    for key, (username, name) in zip(await create_users(database, 3), names, strict=True):
        is_private = username == "closed_door"
        await database.write(STARTED, key, username, name, make_password(PASSWORD), is_private)
        users.append(await signed_in_again(database, key))
    viewer, author, _private = users
    api = Api(server.address)
    await api.change(viewer, "FollowUser", userId=author.id)
    try:
        yield World(server, await demo(browser, f"http://{server.address}"), api, *users)
    finally:
        await api.close()
