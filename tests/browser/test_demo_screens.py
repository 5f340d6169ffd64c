"""The demo's screens in a browser, with a worker beside the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.database.database import Database
from tests.browser.chromium import Browser
from tests.browser.demo import STATUS, Demo
from tests.browser.world import PASSWORD, world
from tests.core.server.served import Served, served
from tests.live.world import SignedInUser, eventually

pytestmark = [
    pytest.mark.timeout(900),  # A busy machine draws slowly; each step has its own timeout.
    pytest.mark.usefixtures("worker"),
]
SLOW = 150_000
"""The network's speed during an upload. Units: bytes a second."""
FIRST = "main article.post"
IS_BOOKMARKED = "SELECT FROM bookmarks WHERE user_id = $1"
PICTURE = (
    "SELECT alt_text, state, post_id IS NOT NULL FROM media WHERE owner_id = $1 AND NOT is_avatar"
)


async def test_signing_in_finding_and_keeping(
    browser: Browser, database: Database, server: Served
) -> None:
    async with world(browser, database, server) as (_, tab, api, viewer, author, *_):
        text = "Fog over the lighthouse #harbour, says @demo"
        written = await api.change(author, "CreateRichPost", text=text)
        await tab.press("1 new post")

        await tab.go("#/sign-in")
        await tab.fill("Username or e-mail address", "demo")
        await tab.fill("Password", "not the password")
        await tab.press("Sign in", within="main")
        await tab.shows("The login or the password is wrong.")
        await tab.fill("Password", PASSWORD)
        await tab.press("Sign in", within="main")
        await tab.page.wait_for(f"location.hash === '#/' && document.querySelector('{FIRST}')")
        await tab.fits()

        await tab.press("Explore")
        await tab.shows("Trending posts")
        await tab.fill("Search", "harb")
        await tab.shows("@harbour_master", within=".rows")
        await tab.shows("#harbour", within=".tags")
        await tab.fill("Search", "lighthouse")
        await tab.enter()
        await tab.shows(text, within=FIRST)
        await tab.go(f"#/post/{written['post']['id']}")
        await tab.press("#harbour", within=FIRST)
        await tab.shows("1 post", within="h2")
        await tab.fits()
        await tab.page.evaluate("history.back()")
        await tab.page.wait_for("location.hash.startsWith('#/post/')")

        await tab.press("Bookmark", within=FIRST)
        await eventually(lambda: database.fetch(IS_BOOKMARKED, viewer.key))
        await tab.press("Bookmarks")
        await tab.shows(text, within=FIRST)
        await tab.fits()
        await tab.press("Bookmark", within=FIRST)
        await eventually(lambda: _none(database, IS_BOOKMARKED, viewer.key))


async def test_quotes_warnings_and_comments(
    browser: Browser, database: Database, server: Served
) -> None:
    async with world(browser, database, server) as (_, tab, api, _viewer, author, *_):
        warned = await api.change(
            author, "CreateRichPost", text="The ship sinks", contentWarning="Spoilers"
        )
        await tab.press("1 new post")
        await tab.shows("Spoilers", within=FIRST)
        assert "sinks" not in await tab.page.evaluate(
            f"document.querySelector('{FIRST}').innerText"
        )
        await tab.press("Show", within=FIRST)
        await tab.shows("The ship sinks", within=FIRST)

        await tab.press("Quote", within=FIRST)
        await tab.shows("The ship sinks", within=".composer .quoted")
        await tab.fill("What is new?", "Who knew?")
        await tab.press("Post")
        await tab.shows("Who knew?", within=FIRST)
        await tab.shows("The ship sinks", within=f"{FIRST} .quoted")
        await tab.fits()

        await tab.go(f"#/post/{warned['post']['id']}")
        await tab.fill("Write a comment", "It does not")
        await tab.press("Send")
        await tab.shows("It does not", within="main .comment")
        posted = {"postId": warned["post"]["id"], "text": "It does, in the book"}
        await api.change(author, "CreateComment", **posted)
        await tab.shows("It does, in the book", within="main .comment")
        await tab.choose("Order of comments", "OLDEST")
        await tab.shows("It does not", within="main .comment")
        await tab.press("Replies: 0", within="main .comment")
        await tab.fill("Write a reply", "Read it again")
        await tab.press("Send")
        await tab.shows("Read it again")
        await tab.has("Replies: 1", within="main .focus")
        await tab.fits()
        await api.change(author, "DeletePost", postId=warned["post"]["id"])
        await tab.go("#/")
        await tab.page.call("Page.reload")
        await tab.shows("This post is not available.", within=f"{FIRST} .quoted")
        await tab.fits()


async def test_profiles_and_requests(
    browser: Browser, database: Database, server: Served, tmp_path: Path
) -> None:
    async with world(browser, database, server) as (_, tab, api, viewer, author, private):
        await tab.go("#/user/closed_door")
        await tab.shows("Only accepted followers see these posts.")
        await tab.press("Follow: Closed Door")
        await tab.has("Requested: Closed Door")
        await tab.page.wait_for(f"{STATUS} === 'Live'")
        await api.change(private, "AcceptFollowRequest", userId=viewer.id)
        await tab.go("#/")
        await tab.go("#/user/closed_door")
        await tab.has("Following: Closed Door")
        await tab.fits()

        picture = tmp_path / "avatar.png"
        Image.effect_noise((300, 300), 90).save(picture)
        await tab.press("Profile")
        await tab.press("Edit profile")
        await tab.choose_file(picture)
        await tab.shows("Picture chosen")
        await tab.fill("Name", "Demo of the Day")
        await tab.fill("About you", "I look around.")
        await tab.fits()
        await tab.page.evaluate("document.querySelector('input[type=checkbox]').click()")
        await tab.press("Save")
        await tab.shows("Demo of the Day", within=".profile")
        await tab.shows("I look around.", within=".profile")
        assert await database.fetch("SELECT FROM users WHERE id = $1 AND is_private", viewer.key)
        has_avatar = "SELECT FROM users WHERE id = $1 AND avatar_url <> ''"
        await eventually(lambda: database.fetch(has_avatar, viewer.key))
        await tab.page.call("Page.reload")
        await tab.page.wait_for(
            "document.querySelector('.profile img.avatar').naturalWidth === 300"
        )

        await api.change(author, "FollowPrivate", userId=viewer.id)
        await tab.page.call("Page.reload")
        await tab.press("Users: 1")
        await tab.press("Accept", within="main")
        follows = "SELECT FROM follows WHERE follower_id = $1 AND followee_id = $2"
        await eventually(lambda: database.fetch(follows, author.key, viewer.key))
        await tab.fits()


async def test_notifications_are_live_and_seen(
    browser: Browser, database: Database, server: Served
) -> None:
    async with world(browser, database, server) as (_, tab, api, viewer, author, *_):
        post = await api.change(viewer, "CreatePost", text="Look at this")
        await api.change(author, "LikePost", postId=post["post"]["id"])
        await tab.shows("Harbour Master", within=".toast")
        await tab.has("Notifications: 1")
        await tab.press("Notifications: 1")
        await tab.shows("Look at this", within=".rows")
        await tab.has("Notifications")
        assert not (await api.do(viewer, "Notifications"))["unseen"]["count"]
        await tab.fits()
        await api.change(viewer, "BlockUser", userId=author.id)
        await tab.shows("Nothing yet.")
        await api.change(viewer, "UnblockUser", userId=author.id)
        await tab.shows("Look at this", within=".rows")


async def test_pictures_are_sent_with_progress_also_over_a_cut(
    browser: Browser, database: Database, tmp_path: Path
) -> None:
    picture = tmp_path / "fog.png"
    Image.effect_noise((900, 900), 90).save(picture)
    assert picture.stat().st_size > 4 * SLOW
    with served(tmp_path, DEBUG="true") as server:
        await server.becomes_ready(1)
        async with world(browser, database, server) as (_, tab, _, viewer, *_):
            await tab.network(SLOW)
            await tab.choose_file(picture)
            sent = "document.querySelector('progress').value"
            await tab.page.wait_for(f"{sent} > 0 && {sent} < 0.5")
            server.process.kill()
            server.process.wait()
            await tab.page.wait_for(f"{STATUS}.startsWith('Reconnecting')")
            (tmp_path / "again").mkdir()
            with served(tmp_path / "again", DEBUG="true", PORT=str(server.port)) as again:
                await again.becomes_ready(1)
                await tab.page.wait_for(f"{sent} > 0.5 && {sent} < 1")
                tab.page.complaints.clear()  # Of the time without a server.
                await finish(tab, database, viewer)


async def finish(tab: Demo, database: Database, viewer: SignedInUser) -> None:
    """Posts the picture when it has arrived, and sees it."""
    await tab.network(None)
    await tab.fill("Description of fog.png", "Fog")
    await tab.fill("What is new?", "With a picture")
    await tab.shows("Ready", within=".attachments")
    await tab.press("Post")
    await tab.shows("With a picture", within=FIRST)
    shown = f"document.querySelector('{FIRST} .pictures img')"
    await tab.page.wait_for(
        f"{shown}.complete && {shown}.naturalWidth > 0 && {shown}.alt === 'Fog'"
    )
    assert await database.fetch(PICTURE, viewer.key) == [("Fog", "READY", True)]
    await tab.page.call("Page.reload")
    await tab.page.wait_for(f"{shown}.srcset.split(',').length === 3")
    assert "data:image/png" in await tab.page.evaluate(f"{shown}.style.backgroundImage")
    await tab.go("#/user/demo/media")
    await tab.page.wait_for(f"location.hash.endsWith('media') && {shown}.complete")
    await tab.fits()


async def _none(database: Database, statement: str, *arguments: object) -> bool:
    return not await database.fetch(statement, *arguments)
