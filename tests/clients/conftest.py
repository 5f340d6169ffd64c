"""Node with the clients' packages, a server for each module, and users and posts for each test."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.clients.node import install
from tests.interactions.cast import create_posts
from tests.live.world import serving, signed_in, signed_in_again

POSTS = 5
INSTALL_SECONDS = 900
"""npm's first download takes long on a slow network."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives tests whose fixtures install something the time for it."""
    for item in items:
        if {"installed", "python"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(INSTALL_SECONDS))


@pytest.fixture(scope="module")
def installed() -> None:
    install()


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture
async def scene(address: str, database: Database) -> str:
    """What a program of Node finds in FEED_SCENE: the address, tokens of a viewer and a friend, one that has
    expired, and posts, newest first."""
    viewer, friend = await signed_in(database, 2)
    expired = await signed_in_again(database, viewer.key, lasts=-10)
    posts = await create_posts(database, friend.key, POSTS)
    tokens = {"viewer": viewer, "friend": friend, "expired": expired}
    return json.dumps(
        {
            "address": address,
            "posts": [global_id("Post", key) for key in reversed(posts)],
            **{name: user.authorization.removeprefix("Bearer ") for name, user in tokens.items()},
        }
    )
