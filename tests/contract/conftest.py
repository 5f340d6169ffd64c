"""A server for each module, an empty database for each test."""

from __future__ import annotations

from tests.live.conftest import address, api

__all__ = ["address", "api"]
