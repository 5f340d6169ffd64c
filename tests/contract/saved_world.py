"""A world that is created once a module, whose rows its tests restore."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from core.context import Services
from core.database.cursors import CursorSigner
from core.database.database import Database
from tests.empty_tables import EmptyingSession

World = TypeVar("World")


@asynccontextmanager
async def saved_world(
    session: EmptyingSession, create: Callable[[Services], Awaitable[World]]
) -> AsyncIterator[World]:
    """What `create` returns. The session restores its rows."""
    session.empty_tables()
    database = Database(os.environ["DATABASE_URL"], size=4)
    services = Services(database=database, cursors=CursorSigner(b"for tests"), notify=lambda: None)
    world = await create(services)
    await services.group_commits.close()
    await database.close()
    session.save_rows()
    yield world
    session.drop_saved()
