"""What the tests of the executors share."""

from __future__ import annotations

import pytest

from core.execution.api import Executor
from tests.core.execution.items import Shared, made


@pytest.fixture
def shared() -> Shared:
    return Shared()


@pytest.fixture
def executor() -> Executor:
    return Executor(made()._schema)
