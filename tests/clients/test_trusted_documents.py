"""Clients that send identifiers only, against a server that executes nothing else.

Their configuration is that of docs/trusted-documents.md.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator

import pytest

from tests.clients.node import node
from tests.live.world import serving


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with serving(trusted_documents_only=True) as address:
        yield address


@pytest.mark.usefixtures("installed")
async def test_clients_send_identifiers_only(scene: str) -> None:
    program = "trusted/trusted.mjs"
    output = await asyncio.to_thread(
        node, "--test-force-exit", program, FEED_SCENE=scene, PYTHON=sys.executable
    )
    assert re.search(r"^\S pass 5", output, re.MULTILINE), output
