"""Demo data."""

from __future__ import annotations

from tests.core.admin.conftest import demo_rows

__all__ = ["demo_rows"]
