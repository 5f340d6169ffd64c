"""What the playground copies as code for other clients runs as it is, with those clients as they come."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.browser.chromium import Browser
from tests.browser.playground import playground
from tests.clients.conftest import INSTALL_SECONDS, installed
from tests.clients.node import FOLDER, node_program
from tests.interactions.cast import create_posts, create_users
from tests.leaks import record_output
from tests.live.world import Api, eventually, operation, signed_in

__all__ = ["installed"]

NODE = ("--input-type=module", "--eval")
CLIENTS = ["curl", "fetch", "Apollo", "urql", "Python"]
TRICKY = 'It\'s "quoted" \\ and \\n, $HOME, `ls` ${HOME} """ and 🦊'
MUTATION = f"""# {TRICKY}
mutation Write($input: CreatePostInput!) {{
  createPost(input: $input) {{ errors {{ message }} }}
  again: createPost(input: {{text: {json.dumps(TRICKY, ensure_ascii=False)}}}) {{ errors {{ message }} }}
}}"""
WRITTEN = "SELECT text FROM posts ORDER BY id OFFSET $1"
QUERY = "query Look($name: String!) { user(username: $name) { username displayName } }"
SECONDS = 60

pytestmark = [pytest.mark.timeout(INSTALL_SECONDS), pytest.mark.usefixtures("installed")]


def text_of(file: Path) -> str:
    return file.read_text()


@asynccontextmanager
async def running(
    client: str, snippet: str, output: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The snippet as a program of its client. It writes into the file, and is ended in the end."""
    programs = {"curl": ["sh", "-c"], "Python": [sys.executable, "-u", "-c"]}
    command = programs.get(client, [str(node_program()), *NODE])
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command, snippet, cwd=FOLDER, stdout=file, stderr=asyncio.subprocess.STDOUT
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        record_output(client, text_of(output))


async def output_of(client: str, snippet: str, output: Path) -> str:
    """What the snippet says until it ends."""
    async with running(client, snippet, output) as process:
        async with asyncio.timeout(SECONDS):
            assert await process.wait() == 0, (client, text_of(output))
    return text_of(output)


async def snippets_of(
    browser: Browser, origin: str, text: str, variables: object, *, user: str | None = None
) -> dict[str, str]:
    """What is copied for each client. They are taken from one tab: a playground takes seconds of CPU to open."""
    opened = await playground(browser, origin)
    if user is not None:
        await opened.sign_in(user)
    await opened.put("operation", text)
    await opened.put("variables", json.dumps(variables))
    return {client: await opened.copy_as(client) for client in CLIENTS}


async def test_a_query(browser: Browser, origin: str, database: Database, tmp_path: Path) -> None:
    await create_users(database, 1)
    snippets = await snippets_of(browser, origin, QUERY, {"name": "p1"})
    for client, snippet in snippets.items():
        output = await output_of(client, snippet, tmp_path / client)
        assert "p1" in output, client
        assert "errors" not in output, client


async def test_a_mutation_with_text_that_each_language_quotes_in_its_way(
    browser: Browser, origin: str, database: Database, tmp_path: Path
) -> None:
    [author] = await create_users(database, 1)
    await create_posts(database, author)
    variables = {"input": {"text": TRICKY}}
    snippets = await snippets_of(browser, origin, MUTATION, variables, user="p1")
    for number, (client, snippet) in enumerate(snippets.items()):
        await output_of(client, snippet, tmp_path / client)
        written = await database.fetch(WRITTEN, 1 + 2 * number)
        assert [row[0] for row in written] == [TRICKY, TRICKY], client


async def test_a_subscription(
    browser: Browser, origin: str, database: Database, tmp_path: Path
) -> None:
    likers = await signed_in(database, len(CLIENTS))
    [post] = await create_posts(database, likers[0].key)
    ids = {"postIds": [global_id("Post", post)]}
    snippets = await snippets_of(browser, origin, operation("PostInteractions"), ids)
    api = Api(origin.removeprefix("http://"))

    async def says(client: str, words: str) -> bool:
        return words in text_of(tmp_path / client)

    try:
        for liker, (client, snippet) in zip(likers, snippets.items(), strict=True):
            async with running(client, snippet, tmp_path / client) as process:
                await eventually(partial(says, client, "SubscriptionReady"), seconds=SECONDS)
                await api.change(liker, "LikePost", postId=ids["postIds"][0])
                await eventually(partial(says, client, "PostLiked"), seconds=SECONDS)
                assert process.returncode is None, client
    finally:
        await api.close()
