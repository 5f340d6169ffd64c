"""A server of the whole API, and an admin with demo data."""

from tests.core.admin.conftest import admin, demo_rows, world
from tests.live.conftest import address, api

__all__ = ["address", "admin", "api", "demo_rows", "world"]
