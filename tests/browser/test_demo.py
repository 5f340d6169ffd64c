"""The demo in a browser: live, and over a cut of the network."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.browser.chromium import Browser
from tests.browser.demo import STATUS, Demo, demo
from tests.core.server.served import served
from tests.interactions.cast import create_posts, create_users
from tests.live.world import Api, SignedInUser, signed_in_again

pytestmark = pytest.mark.timeout(600)  # A busy machine draws slowly; each step has its own timeout.


@asynccontextmanager
async def opened(
    browser: Browser, database: Database, origin: str
) -> AsyncIterator[tuple[Demo, Api, SignedInUser, SignedInUser, SignedInUser]]:
    """A demo in a tab, and its viewer, an author and a fan, who use the API beside it. Nobody follows anybody."""
    keys = await create_users(database, 3)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", keys[0])
    viewer, author, fan = [await signed_in_again(database, key) for key in keys]
    api = Api(origin.removeprefix("http://"))
    try:
        yield await demo(browser, origin), api, viewer, author, fan
    finally:
        await api.close()


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
        await api.change(author, "LikePost", postId=post)
        await tab.has("Like: 1", within="main")
        await api.close()
    await tab.page.wait_for(f"{STATUS}.startsWith('Reconnecting')")
    await database.write("DELETE FROM events")
    with served(tmp_path_factory.mktemp("server"), DEBUG="true", PORT=port) as server:
        await server.becomes_ready(1)
        api = Api(address)
        await tab.page.wait_for(f"{STATUS}.startsWith('Live')")
        await api.change(fan, "LikePost", postId=post)
        await tab.has("Like: 2", within="main")
        await api.close()


BACK_AT_RESYNC = """(() => {
    const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
        set(see) {
            set.call(this, (message) => {
                see(message);
                if (window.isBack || !message.data.includes('ResyncRequired')) return;
                window.isBack = true;
                history.back();
            });
        },
    });
})()"""
"""Goes back, once, as soon as a subscription can't continue, before it begins anew."""


async def test_a_list_is_read_again_when_its_posts_change_while_too_much_was_missed(
    browser: Browser,
    database: Database,
    origin: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    viewer, author_key = await create_users(database, 2)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", viewer)
    author = await signed_in_again(database, author_key)
    with served(tmp_path_factory.mktemp("server"), DEBUG="true") as server:
        await server.becomes_ready(1)
        address, port = server.address, str(server.port)
        api = Api(address)
        await api.change(author, "CreatePost", text="High #tide #ebb")
        post = (await api.change(author, "CreatePost", text="Low #ebb"))["post"]["id"]
        tab = await demo(browser, f"http://{address}")
        for tag, shown in (("ebb", "Low"), ("tide", "High")):
            await tab.go(f"#/tag/{tag}")
            await tab.shows(shown)
        await tab.page.wait_for(f"{STATUS}.startsWith('Live')")
        await tab.page.evaluate(BACK_AT_RESYNC)
        await api.close()
    await tab.page.wait_for(f"{STATUS}.startsWith('Reconnecting')")
    elsewhere = Api(origin.removeprefix("http://"))
    await elsewhere.change(author, "LikePost", postId=post)
    await elsewhere.close()
    await database.write("DELETE FROM events")
    with served(tmp_path_factory.mktemp("server"), DEBUG="true", PORT=port) as server:
        await server.becomes_ready(1)
        await tab.page.wait_for("location.hash === '#/tag/ebb'")
        await tab.has("Like: 1", within="main")


async def test_back_shows_what_happened_meanwhile(
    browser: Browser, database: Database, origin: str
) -> None:
    async with opened(browser, database, origin) as (tab, api, _, author, fan):
        post = (await api.change(author, "CreatePost", text="High #tide"))["post"]["id"]
        await tab.go("#/tag/tide")
        await tab.has("Like: 0", within="main")
        await tab.go(f"#/post/{post}")
        await tab.shows("No comment yet.")
        await tab.go("#/users")
        await tab.shows("Whom to follow")
        await api.change(fan, "LikePost", postId=post)
        for text in ("Really", "Not yet"):
            await api.change(fan, "CreateComment", postId=post, text=text)
        await tab.page.evaluate("history.back()")
        await tab.has("Like: 1", within="main")
        for text in ("Really", "Not yet"):
            await tab.shows(text)
        await tab.go("#/users")
        await tab.shows("Whom to follow")
        await api.change(author, "LikePost", postId=post)
        await tab.page.evaluate("history.go(-2)")
        await tab.page.wait_for("location.hash === '#/tag/tide'")
        await tab.has("Like: 2", within="main")
        assert tab.page.complaints == []


HOLD_SUBSCRIPTIONS = """(() => {
    const { send } = WebSocket.prototype;
    const held = [];
    WebSocket.prototype.send = function (message) {
        if (message.includes('"subscribe"')) held.push(() => send.call(this, message));
        else send.call(this, message);
    };
    window.release = () => {
        WebSocket.prototype.send = send;
        held.forEach((each) => each());
    };
})()"""
"""Subscriptions begin when `release` is called."""


async def test_nothing_falls_between_a_list_and_its_subscriptions(
    browser: Browser, database: Database, origin: str
) -> None:
    async with opened(browser, database, origin) as (tab, api, _, author, fan):
        post = (await api.change(author, "CreatePost", text="High #tide"))["post"]["id"]
        lists = [(fan, "#/tag/tide", "1 post"), (author, f"#/post/{post}", "No comment yet.")]
        for likes, (liker, place, shown) in enumerate(lists):
            await tab.page.evaluate(HOLD_SUBSCRIPTIONS)
            await tab.go(place)
            await tab.shows(shown)
            await tab.has(f"Like: {likes}", within="main")
            await api.change(liker, "LikePost", postId=post)
            await tab.page.evaluate("release()")
            await tab.has(f"Like: {likes + 1}", within="main")


HOLD_ANSWER = """(() => {
    const { fetch } = window;
    window.fetch = async (...asked) => {
        window.fetch = fetch;
        const answer = await fetch(...asked);
        await new Promise((resolve) => (window.release = resolve));
        return answer;
    };
})()"""
"""The next answer is seen when `release` is called, which is there when the answer is."""
LIKED_ONCE = "[...document.querySelectorAll('main .heart')].filter((each) => each.innerText.trim() === '1').length"


async def test_nothing_falls_between_a_list_and_its_next_page(
    browser: Browser, database: Database, origin: str
) -> None:
    async with opened(browser, database, origin) as (tab, api, _, author, fan):
        posts = [
            (await api.change(author, "CreatePost", text=f"{height} m #tide"))["post"]["id"]
            for height in range(21)
        ]
        await tab.go("#/tag/tide")
        await tab.shows("20 m")
        await tab.page.evaluate(HOLD_ANSWER)
        await tab.press("Show more")
        await tab.page.wait_for("window.release")
        for post in (posts[0], posts[-1]):
            await api.change(fan, "LikePost", postId=post)
        await tab.page.wait_for(f"{LIKED_ONCE} === 1")
        await tab.page.evaluate("release()")
        await tab.page.wait_for(f"{LIKED_ONCE} === 2")


async def test_posts_that_wait_to_be_shown_are_live(
    browser: Browser, database: Database, origin: str
) -> None:
    async with opened(browser, database, origin) as (tab, api, viewer, author, fan):
        shown = await api.change(author, "CreatePost", text="High")
        await api.change(viewer, "FollowUser", userId=author.id)
        await tab.shows("High")
        waiting = await api.change(author, "CreatePost", text="Low")
        await tab.has("1 new post")
        for each in (waiting, shown):
            await api.change(fan, "LikePost", postId=each["post"]["id"])
        await tab.page.wait_for(f"{LIKED_ONCE} === 1")
        await tab.press("1 new post")
        await tab.page.wait_for(f"{LIKED_ONCE} === 2")


ORDER = """[...document.querySelectorAll('article:not(.unsent)')]
    .map((each) => ['The first', 'Shared', 'Between', 'Of a new one'].find((text) => each.innerText.includes(text)))
    .join()"""


async def test_the_demo_follows_its_feed_as_a_whole(
    browser: Browser, database: Database, origin: str
) -> None:
    viewer_key, *others = await create_users(database, 5)
    await database.write("UPDATE users SET username = 'demo' WHERE id = $1", viewer_key)
    viewer = await signed_in_again(database, viewer_key)
    author, early, late, new = [await signed_in_again(database, other) for other in others]
    api = Api(origin.removeprefix("http://"))
    for followee in (early, late):
        await api.change(viewer, "FollowUser", userId=followee.id)
    await api.change(early, "CreatePost", text="The first")
    shared = (await api.change(author, "CreatePost", text="Shared"))["post"]["id"]
    await api.change(early, "SharePost", postId=shared)
    await api.change(early, "CreatePost", text="Between")
    await api.change(late, "SharePost", postId=shared)
    page = (await demo(browser, origin)).page
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
