"""The playground in a browser: queries, sign-in, live events, operations, links."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import httpx
import pytest
from graphql import parse, validate

from core.config.schema import graphql_schema
from core.database.database import Database
from core.ids import global_id
from tests.browser.chromium import Browser
from tests.browser.playground import Playground, playground
from tests.interactions.cast import create_posts, create_users
from tests.live.world import TIMEOUT, operation
from tests.paths import OPERATIONS

pytestmark = pytest.mark.timeout(600)  # A busy machine draws slowly; each step has its own timeout.
VIEWER = "{ viewer { username } }"
DEMO = {"username": "demo", "displayName": "Demo", "email": "demo@example.com"}
DEMO_PASSWORD = "demo-demo-demo"
SERVED = [
    path.stem
    for path in sorted(OPERATIONS.glob("*.graphql"))
    if not validate(graphql_schema, parse(path.read_text()))
]


async def create_authors(database: Database, count: int) -> None:
    """Creates users p1, p2, …, each with a post."""
    for author in await create_users(database, count):
        await create_posts(database, author)


async def whoever_signs_in(opened: Playground) -> str | None:
    await opened.put("operation", VIEWER)
    await opened.run()
    viewer = (await opened.answer("answer.data"))["data"]["viewer"]
    return None if viewer is None else str(viewer["username"])


def assert_no_complaints(opened: Playground) -> None:
    assert opened.page.complaints == []
    assert opened.page.requests_elsewhere == []


async def test_a_query_is_answered_and_explained(
    browser: Browser, origin: str, database: Database
) -> None:
    [author] = await create_users(database, 1)
    await create_posts(database, author, 3)
    opened = await playground(browser, origin)
    await opened.run()
    edges = (await opened.answer())["data"]["publicFeed"]["edges"]
    assert [edge["node"]["author"]["username"] for edge in edges] == ["p1"] * 3
    status = await opened.page.wait_for("document.querySelector('.pg-status')?.innerText")
    assert status.endswith("compiled")
    await opened.press("Show Last answer")
    pane = "document.querySelector('[aria-label=\"Last answer\"]').innerText"
    await opened.page.wait_for(f"/SELECT/i.test({pane}) || /statement/.test({pane})")
    text = await opened.page.evaluate(pane)
    assert "1 statement" in text
    assert "Fields\n8 of 1,000" in text
    assert "resolver FeedQuery.public_feed" in text
    assert_no_complaints(opened)


async def test_one_click_signs_in_and_each_tab_has_its_own_user(
    browser: Browser, origin: str, database: Database
) -> None:
    await create_authors(database, 2)
    tabs = [await playground(browser, origin) for _ in range(2)]
    for opened, username in zip(tabs, ["p1", "p2"], strict=True):
        assert await whoever_signs_in(opened) is None
        await opened.sign_in(username)
        assert await whoever_signs_in(opened) == username
    assert await whoever_signs_in(tabs[0]) == "p1"
    await tabs[0].press("Sign out")
    await tabs[0].page.wait_for("document.querySelector('.pg-bar').innerText.includes('Sign in')")
    assert await whoever_signs_in(tabs[0]) is None
    for opened in tabs:
        assert_no_complaints(opened)


async def test_an_expired_access_token_is_refreshed(
    browser: Browser, origin: str, database: Database
) -> None:
    await create_authors(database, 1)
    opened = await playground(browser, origin)
    await opened.sign_in("p1")
    await opened.page.evaluate(
        """(() => {
            const session = JSON.parse(sessionStorage.getItem('playground:session'));
            session.accessTokenExpiresAt = new Date().toISOString();
            session.accessToken = 'expired';
            sessionStorage.setItem('playground:session', JSON.stringify(session));
        })()"""
    )
    await opened.page.open("/graphql/")
    await opened.page.wait_for("document.querySelector('.graphiql-query-editor .view-line')")
    assert await whoever_signs_in(opened) == "p1"
    assert_no_complaints(opened)


async def test_a_like_is_seen_live_in_a_second_tab(
    browser: Browser, origin: str, database: Database
) -> None:
    [author] = await create_users(database, 1)
    posts = await create_posts(database, author, 3)
    watching, liking = [await playground(browser, origin) for _ in range(2)]
    await liking.sign_in("p1")
    # In an order in which no count of events is that of the one before.
    for transport, post in zip(("both", "WebSocket", "SSE"), posts, strict=True):
        expected = ["SSE", "WebSocket"] if transport == "both" else [transport]
        await watching.transport(transport)
        await watching.choose("PostInteractions")
        post_id = global_id("Post", post)
        await watching.put("variables", json.dumps({"postIds": [post_id]}))
        await watching.run()
        await watching.answer(f"answer.received === {len(expected)}")

        await liking.choose("LikePost")
        await liking.put("variables", json.dumps({"input": {"postId": post_id}}))
        await liking.run()

        seen = await watching.answer(f"answer.received === {2 * len(expected)}")
        newest = seen["events"][: len(expected)]
        assert sorted(event["by"] for event in newest) == expected
        for event in newest:
            interaction = event["data"]["postInteractions"]
            assert interaction["__typename"] == "PostLiked"
            assert interaction["actor"]["username"] == "p1"
        await watching.run()
        liked = await liking.answer(f"answer.data.likePost.post.id === '{post_id}'")
        assert liked["data"]["likePost"]["changed"] is True
    for opened in (watching, liking):
        assert_no_complaints(opened)


async def test_every_operation_of_the_shelf_works_as_it_is(
    browser: Browser, origin: str, database: Database
) -> None:
    await create_authors(database, 3)
    async with httpx.AsyncClient(base_url=origin, timeout=TIMEOUT) as client:
        sent = {
            "query": operation("SignUp"),
            "variables": {"input": {**DEMO, "password": DEMO_PASSWORD}},
        }
        answer = (await client.post("/graphql/", json=sent)).json()
        assert answer["data"]["signUp"]["session"], answer
    opened = await playground(browser, origin)
    await opened.sign_in("demo")
    # These need the token of a mail, would delete the account, or need a notification, which the worker makes.
    left_out = {"VerifyEmail", "ResetPassword", "DeleteAccount", "MarkNotificationsSeen"}
    alone = [name for name in SERVED if name not in left_out]
    for name in ["CreateComment", *alone]:
        await opened.choose(name)
        await opened.run()
        answer = await opened.answer("answer.data || answer.errors || answer.received")
        if "received" in answer:
            await opened.run()
            answer = answer["events"][-1]
        assert "errors" not in answer, (name, answer)
        for payload in answer["data"].values():
            assert payload is not None, (name, answer)
            assert payload != {}, (name, answer)
            assert all(payload) if isinstance(payload, list) else not payload.get("errors"), (
                name,
                answer,
            )
    assert_no_complaints(opened)


async def test_an_operation_that_needs_something_first_says_so(
    browser: Browser, origin: str, database: Database
) -> None:
    await create_authors(database, 2)
    opened = await playground(browser, origin)
    sign_in = "# Sign in first: see Users.\n"
    mail = "# The code is in the mail in .data/mail/.\n"
    for name, variables, said in [
        ("CommentThread", {"id": ""}, "# There is no comment yet: CreateComment makes one.\n"),
        ("MediaState", {"ids": []}, "# No post has a picture yet."),
        ("ExportState", {"id": ""}, sign_in),
        ("MarkNotificationsSeen", {"input": {"upTo": ""}}, sign_in),
        ("VerifyEmail", {"input": {"token": ""}}, mail),
    ]:
        chosen = await opened.choose(name)
        chosen.get("input", {}).pop("clientMutationId", None)
        assert chosen == variables
        assert (await opened.text("operation")).startswith(said), name

    await opened.sign_in("p2")
    chosen = await opened.choose("CommentThread")
    assert (await opened.text("operation")).startswith("fragment")
    await opened.run()
    assert (await opened.answer("answer.data"))["data"]["node"]["id"] == chosen["id"]
    assert_no_complaints(opened)


async def test_the_shelf_is_filtered(browser: Browser, origin: str) -> None:
    opened = await playground(browser, origin)
    await opened.press("Show Operations")
    shown = "[...document.querySelectorAll('[aria-label=Operations] .pg-list button')].map((each) => each.innerText)"
    await opened.page.wait_for(f"{shown}.length === {len(SERVED)}")
    await opened.page.evaluate(
        "document.querySelector('[aria-label=\"Find an operation\"]').focus()"
    )
    await opened.page.call("Input.insertText", text="upload")
    await opened.page.wait_for(f"{shown}.join() === 'FinishUpload,StartUpload'")
    assert_no_complaints(opened)


async def test_the_editors_follow_the_colours_of_the_system(browser: Browser, origin: str) -> None:
    opened = await playground(browser, origin)
    await opened.page.wait_for("document.querySelector('.monaco-editor.vs')")
    await opened.page.size(1280, 800, dark=True)
    await opened.page.wait_for("document.querySelector('.monaco-editor.vs-dark')")
    await opened.page.size(1280, 800)
    await opened.page.wait_for("document.querySelector('.monaco-editor.vs')")
    assert_no_complaints(opened)


async def test_the_drawing_stays_readable_and_has_all_roots(browser: Browser, origin: str) -> None:
    opened = await playground(browser, origin)
    await opened.press("Show Schema")
    for root, leads_to in [("Mutation", "Post"), ("Subscription", "PostInteraction")]:
        await opened.press(root, within="[aria-label=Schema]")
        await opened.page.wait_for(
            f"document.querySelector('.pg-chosen')?.ariaLabel === '{root}' && "
            f"document.querySelector('.pg-drawing [aria-label^={leads_to}]')"
        )
    await opened.page.size(390, 844)
    assert await opened.page.evaluate("document.querySelector('.pg-drawing').getScreenCTM().a") == 1
    assert_no_complaints(opened)


async def test_a_shared_link_opens_its_operation(
    browser: Browser, origin: str, database: Database
) -> None:
    shared = {
        "query": "query A($n: String!) { user(username: $n) { id } }",
        "variables": '{"n": "x"}',
    }
    opened = await playground(browser, origin, f"#{urlencode(shared)}")
    assert await opened.text("operation") == shared["query"]
    assert await opened.text("variables") == shared["variables"]
    await opened.run()
    assert await opened.answer() == {"data": {"user": None}}
    assert await opened.page.evaluate("location.hash") == ""
    assert_no_complaints(opened)
