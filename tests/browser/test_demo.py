"""The demo in a browser: live, and over a cut of the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.browser.chromium import Browser, Page
from tests.core.server.served import served
from tests.interactions.cast import create_posts, create_users
from tests.live.world import Api, signed_in_again

pytestmark = pytest.mark.timeout(600)  # A busy machine draws slowly; each step has its own timeout.
STATUS = "document.querySelector('[role=status]')?.innerText"


async def press(page: Page, text: str, *, within: str = "body") -> None:
    """Clicks the button with this text, as soon as there is one."""
    await page.wait_for(
        f"""(() => {{
            const wanted = [...document.querySelectorAll({json.dumps(f"{within} button")})]
                .find((button) => button.innerText.trim() === {json.dumps(text)});
            wanted?.click();
            return Boolean(wanted);
        }})()"""
    )


async def write(page: Page, text: str) -> None:
    await page.evaluate("document.querySelector('[aria-label=\"What is new?\"]').focus()")
    await page.call("Input.insertText", text=text)
    await press(page, "Post")


async def shows(page: Page, text: str) -> None:
    """Returns when an article has the text."""
    articles = "[...document.querySelectorAll('article:not(.unsent)')]"
    await page.wait_for(f"{articles}.some((each) => each.innerText.includes({json.dumps(text)}))")


async def test_the_demo_is_live_and_sends_and_resumes_after_a_cut(
    browser: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    demo, other = await create_users(database, 2)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", demo)
    [post] = await create_posts(database, other)
    person = await signed_in_again(database, other)

    def folder() -> Path:
        return tmp_path_factory.mktemp("server")

    with served(folder(), DEBUG="true") as server:
        await server.becomes_ready(1)
        address, port = server.address, str(server.port)
        api = Api(address)
        follower = await signed_in_again(database, demo)
        await api.change(follower, "FollowUser", userId=person.id)
        page = await browser.page(f"http://{address}")
        await page.size(390, 844)
        await page.open("/demo/")
        await page.wait_for(f"{STATUS} === 'Live'")
        await shows(page, "♡ 0")

        await api.change(person, "CreatePost", text="Seen live")
        await press(page, "1 new post")
        await shows(page, "Seen live")
        await api.change(person, "LikePost", postId=global_id("Post", post))
        await shows(page, "♡ 1")
        assert page.complaints == []
        await api.close()

    await page.wait_for(f"{STATUS}.startsWith('Reconnecting')")
    await write(page, "Written without a network")
    await press(page, "♡ 1")
    await page.wait_for(f"{STATUS}.includes('2 to send')")
    await page.wait_for("document.querySelector('.unsent').innerText.includes('Written without')")

    with served(folder(), DEBUG="true", PORT=port) as server:
        await server.becomes_ready(1)
        api = Api(address)
        await api.change(person, "CreatePost", text="While you were away")
        await press(page, "1 new post")
        await shows(page, "While you were away")
        await shows(page, "Written without a network")
        await shows(page, "♥ 2")
        await page.wait_for(f"/^Live · resumed \\S+$/.test({STATUS})")
        await api.close()
    assert page.requests_elsewhere == []
    rows = await database.fetch("SELECT text FROM posts WHERE author_id = $1", demo)
    assert [row[0] for row in rows] == ["Written without a network"]


ORDER = """[...document.querySelectorAll('article:not(.unsent)')]
    .map((each) => ['The first', 'Shared', 'Between', 'Of a new one'].find((text) => each.innerText.includes(text)))
    .join()"""


async def test_the_demo_follows_its_feed_as_a_whole(
    browser: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    demo, *others = await create_users(database, 5)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", demo)
    viewer = await signed_in_again(database, demo)
    author, early, late, new = [await signed_in_again(database, other) for other in others]
    with served(tmp_path_factory.mktemp("server"), DEBUG="true") as server:
        await server.becomes_ready(1)
        api = Api(server.address)
        for followee in (early, late):
            await api.change(viewer, "FollowUser", userId=followee.id)
        await api.change(early, "CreatePost", text="The first")
        shared = (await api.change(author, "CreatePost", text="Shared"))["post"]["id"]
        await api.change(early, "SharePost", postId=shared)
        await api.change(early, "CreatePost", text="Between")
        await api.change(late, "SharePost", postId=shared)
        page = await browser.page(f"http://{server.address}")
        await page.open("/demo/")
        await page.wait_for(f"{STATUS} === 'Live'")
        await page.wait_for(f"{ORDER} === 'Shared,Between,The first'")
        await api.change(late, "UnsharePost", postId=shared)
        await page.wait_for(f"{ORDER} === 'Between,Shared,The first'")
        await api.change(early, "UnsharePost", postId=shared)
        await page.wait_for(f"{ORDER} === 'Between,The first'")
        await api.change(new, "CreatePost", text="Of a new one")
        await api.change(viewer, "FollowUser", userId=new.id)
        await page.wait_for(f"{ORDER} === 'Of a new one,Between,The first'")
        await api.change(viewer, "BlockUser", userId=early.id)
        await page.wait_for(f"{ORDER} === 'Of a new one'")
        assert page.complaints == []
        await api.close()
