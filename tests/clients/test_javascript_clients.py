"""Client libraries for JavaScript as they come from npm, against the server.

Each program in a folder beside this file runs the configuration that a page of docs/clients/ shows.
"""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.clients.node import FOLDER, node

PROGRAMS = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("[!n]*/*.test.mjs"))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("program", PROGRAMS)
async def test_client(program: str, scene: str) -> None:
    output = await asyncio.to_thread(node, "--test-force-exit", program, FEED_SCENE=scene)
    assert re.search(r"^\S pass [1-9]", output, re.MULTILINE), output
