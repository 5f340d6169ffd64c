"""Web Push in the demo.

Chromium subscribes at a service of Google's. So in the test of the whole way the subscription is of a service on this
machine, and what arrives there is handed to the browser by the DevTools protocol, which runs the service worker.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.database.database import Database
from interactions.push.vapid import vapid_pair
from tests.browser.chromium import TIMEOUT, Browser, Page
from tests.browser.world import world
from tests.core.server.served import Served
from tests.interactions.push.browser import Browser as Subscription
from tests.interactions.push.receiver import Receiver
from tests.live.world import eventually

pytestmark = [
    pytest.mark.timeout(600),  # A busy machine draws slowly; each step has its own timeout.
    pytest.mark.usefixtures("worker"),
]
TARGETS = "SELECT id, kind, address FROM push_targets WHERE user_id = $1"
SUBSCRIBED_ELSEWHERE = """
const { endpoint, ...keys } = %s;
const held = () => localStorage.getItem('subscribed') && {
  endpoint,
  options: JSON.parse(localStorage.getItem('subscribed')),
  toJSON: () => ({ endpoint, keys }),
  unsubscribe: async () => (localStorage.removeItem('subscribed'), true),
};
PushManager.prototype.getSubscription = async () => held();
PushManager.prototype.subscribe = async function (options) {
  localStorage.setItem('subscribed', JSON.stringify(options));
  return held();
};
"""
SHOWN = """
navigator.serviceWorker.ready.then(async (worker) => {
  for (let tries = 0; tries < 250; tries++) {
    const shown = await worker.getNotifications();
    if (shown.length > 0) return shown.map(({ title, tag }) => [title, tag]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
})
"""
"""Title and tag of each notification that the browser shows; nothing after five seconds without one."""


@pytest.fixture(scope="module")
def vapid_keys() -> tuple[str, str]:
    """A private key and its public key."""
    return vapid_pair()


@pytest.fixture(scope="module")
def variables(vapid_keys: tuple[str, str]) -> dict[str, str]:
    return {
        "VAPID_PRIVATE_KEY": vapid_keys[0],
        "VAPID_CONTACT": "mailto:ops@push.invalid",
        "PUSH_PRIVATE_ADDRESSES": "true",
    }


async def test_a_push_is_shown_by_the_service_worker(
    browser: Browser, database: Database, server: Served, vapid_keys: tuple[str, str]
) -> None:
    receiver, subscription = Receiver(), Subscription()
    async with (
        receiver.serving(None),
        world(browser, database, server) as (_, tab, api, viewer, author, *_others),
    ):
        endpoint = f"http://127.0.0.1:{receiver.port}/browser"
        target = subscription.target(receiver)["webPush"] | {"endpoint": endpoint}
        script = SUBSCRIBED_ELSEWHERE % json.dumps(target)
        await tab.page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        await tab.page.call("Page.reload")
        await tab.page.permit("notifications", "granted")
        await tab.press("Notifications")
        await tab.press("Turn on push")
        await tab.has("Turn off push")
        asked = json.loads(await tab.page.evaluate("localStorage.getItem('subscribed')"))
        assert asked == {"userVisibleOnly": True, "applicationServerKey": vapid_keys[1]}
        [registered] = await database.fetch(TARGETS, viewer.key)
        assert tuple(registered)[1:] == ("WEB_PUSH", endpoint)

        await tab.go("#/")  # The list marks as seen what it shows.
        post = await api.change(viewer, "CreatePost", text="Look at this")
        await api.change(author, "LikePost", postId=post["post"]["id"])
        pushed = subscription.read((await eventually(lambda: arrived(receiver))).body)
        shown = await eventually(lambda: shown_after(tab.page, pushed), seconds=TIMEOUT)
        assert shown == [["Harbour Master liked your post.", pushed["notificationId"]]]

        await tab.page.call("Page.reload")
        await tab.go("#/notifications")
        await tab.has("Turn off push")
        assert await database.fetch(TARGETS, viewer.key) == [registered]
        await tab.press("Turn off push")
        await tab.has("Turn on push")
        assert await database.fetch(TARGETS, viewer.key) == []
        await tab.fits()


async def arrived(receiver: Receiver) -> Any:
    return next(iter(receiver.received), None)


async def shown_after(page: Page, content: dict[str, Any]) -> Any:
    """What is shown once a push has been handed to the service worker, as the browser does when it comes.

    To be repeated: Chromium on a busy machine shows nothing for about one first push in twenty. A repeated push
    replaces the one before, since it has the same tag.
    """
    await page.call("ServiceWorker.enable")
    while not page.service_workers:
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.call(
        "ServiceWorker.deliverPushMessage",
        origin=await page.evaluate("location.origin"),
        registrationId=page.service_workers[-1],
        data=json.dumps(content),
    )
    return await page.evaluate(SHOWN)


@pytest.mark.parametrize(
    ("permission", "message"),
    [
        ("denied", "does not permit this page to notify"),
        # Tabs of tests are private windows.
        ("granted", "That needs the internet, and no private window"),
    ],
)
async def test_what_hinders_is_shown(
    browser: Browser, database: Database, server: Served, permission: str, message: str
) -> None:
    async with world(browser, database, server) as (_, tab, _api, viewer, *_others):
        await tab.page.permit("notifications", permission)
        await tab.press("Notifications")
        await tab.press("Turn on push")
        await tab.shows(message, within="[role=alert]")
        await tab.has("Turn on push")
        assert await database.fetch(TARGETS, viewer.key) == []
