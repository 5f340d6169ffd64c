"""The demo in a browser: live, and over a cut of the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.browser.chromium import Browser
from tests.browser.demo import STATUS, Demo, demo, named
from tests.core.server.served import served
from tests.interactions.cast import create_posts, create_users
from tests.live.world import Api, eventually, signed_in_again

pytestmark = pytest.mark.timeout(600)  # A busy machine draws slowly; each step has its own timeout.


async def shows_post(demo: Demo, text: str) -> None:
    """Returns when a post of the feed has the text."""
    articles = "[...document.querySelectorAll('article:not(.unsent)')]"
    await demo.page.wait_for(
        f"{articles}.some((each) => each.innerText.includes({json.dumps(text)}))"
    )


async def test_the_demo_is_live_and_sends_and_resumes_after_a_cut(
    browser: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    viewer, other = await create_users(database, 2)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", viewer)
    [post] = await create_posts(database, other)
    person = await signed_in_again(database, other)

    def folder() -> Path:
        return tmp_path_factory.mktemp("server")

    with served(folder(), DEBUG="true") as server:
        await server.becomes_ready(1)
        address, port = server.address, str(server.port)
        api = Api(address)
        follower = await signed_in_again(database, viewer)
        await api.change(follower, "FollowUser", userId=person.id)
        tab = await demo(browser, f"http://{address}")
        page = tab.page
        await tab.has("Like: 0")

        await api.change(person, "CreatePost", text="Seen live")
        await tab.press("1 new post")
        await shows_post(tab, "Seen live")
        await api.change(person, "LikePost", postId=global_id("Post", post))
        await tab.has("Like: 1")
        assert page.complaints == []
        await api.close()

    await page.wait_for(f"{STATUS}.startsWith('Reconnecting')")
    await tab.fill("What is new?", "Written without a network")
    await tab.press("Post")
    await tab.press("Like: 1")
    await page.wait_for(f"{STATUS}.includes('2 to send')")
    await page.wait_for("document.querySelector('.unsent').innerText.includes('Written without')")

    with served(folder(), DEBUG="true", PORT=port) as server:
        await server.becomes_ready(1)
        api = Api(address)
        await api.change(person, "CreatePost", text="While you were away")
        await tab.press("1 new post")
        await shows_post(tab, "While you were away")
        await shows_post(tab, "Written without a network")
        await tab.has("Like: 2")
        await page.wait_for(f"/^Live · resumed \\S+$/.test({STATUS})")
        await api.close()
    assert page.requests_elsewhere == []
    rows = await database.fetch("SELECT text FROM posts WHERE author_id = $1", viewer)
    assert [row[0] for row in rows] == ["Written without a network"]


async def test_the_demo_goes_on_from_now_when_what_it_missed_is_gone(
    browser: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    viewer, *others = await create_users(database, 3)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", viewer)
    author, fan = [await signed_in_again(database, other) for other in others]
    with served(tmp_path_factory.mktemp("server"), DEBUG="true") as server:
        await server.becomes_ready(1)
        address, port = server.address, str(server.port)
        api = Api(address)
        post = (await api.change(author, "CreatePost", text="High #tide"))["post"]["id"]
        tab = await demo(browser, f"http://{address}")
        await tab.go("#/tag/tide")
        await tab.has("Like: 0", within="main")

        async def sees_likes() -> bool:
            await api.change(author, "UnlikePost", postId=post)
            await api.change(author, "LikePost", postId=post)
            return bool(
                await tab.page.evaluate(f"({named('Like: 1', within='main')}) !== undefined")
            )

        await eventually(sees_likes)  # The page does not say when it has begun to watch its posts.
        await api.close()
    await tab.page.wait_for(f"{STATUS}.startsWith('Reconnecting')")
    await database.write("TRUNCATE events")
    with served(tmp_path_factory.mktemp("server"), DEBUG="true", PORT=port) as server:
        await server.becomes_ready(1)
        api = Api(address)
        await tab.page.wait_for(f"{STATUS}.startsWith('Live')")
        await api.change(fan, "LikePost", postId=post)
        await tab.has("Like: 2", within="main")
        await api.close()


ORDER = """[...document.querySelectorAll('article:not(.unsent)')]
    .map((each) => ['The first', 'Shared', 'Between', 'Of a new one'].find((text) => each.innerText.includes(text)))
    .join()"""


async def test_the_demo_follows_its_feed_as_a_whole(
    browser: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    viewer_key, *others = await create_users(database, 5)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", viewer_key)
    viewer = await signed_in_again(database, viewer_key)
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
        page = (await demo(browser, f"http://{server.address}")).page
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
