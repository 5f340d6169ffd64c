"""Push services that are gone, busy, slow, unreachable or hostile, and workers that are killed."""

from __future__ import annotations

import asyncio
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core.devserver.ports import free_port
from interactions.push import jobs, requests
from interactions.push.jobs import ATTEMPTS, MAX_RETRY_AFTER
from interactions.push.network import is_public
from interactions.push.requests import ANSWER_BYTES, AddressRefused, Answer, Requests, Unreachable
from interactions.push.sending import Sender
from interactions.push.web_push import WebPush
from tests.core.jobs.processes import start_worker
from tests.interactions.cast import create_posts
from tests.interactions.push.browser import Browser
from tests.interactions.push.conftest import CONTACT
from tests.interactions.push.receiver import Receiver, Reply
from tests.interactions.push.world import World


def web_push_at(port: int) -> dict[str, Any]:
    nowhere = Receiver()
    nowhere.port = port
    return Browser().target(nowhere)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_target_that_is_gone_is_removed(
    world: World, receiver: Receiver, status: int
) -> None:
    gone = await world.register(await world.device(), Browser("gone").target(receiver))
    await world.likes()
    receiver.replies.append(Reply(status))
    await world.push()
    assert gone not in await world.targets()
    assert await world.jobs() == []
    await world.register(await world.device(), Browser("other").target(receiver))
    await world.likes(world.fans[1])
    await world.push()
    assert [each.path for each in receiver.received] == ["/gone", "/other"]


async def test_a_target_that_is_registered_anew_meanwhile_stays(
    world: World, receiver: Receiver
) -> None:
    browser, held = Browser(), asyncio.Event()
    device = await world.device()
    key = await world.register(device, browser.target(receiver))
    await world.likes()
    receiver.replies.append(Reply(410, held=held))
    pushing = asyncio.create_task(world.push())
    async with asyncio.timeout(20):
        await receiver.arrived.wait()
    assert await world.register(device, browser.target(receiver)) == key
    held.set()
    await pushing
    assert await world.targets() == [key]


async def test_a_busy_service_is_called_when_it_says(world: World, receiver: Receiver) -> None:
    busy = await world.register(await world.device(), Browser("busy").target(receiver))
    await world.register(await world.device(), Browser("free").target(receiver))
    await world.likes()
    # The one that was registered last is sent to first.
    receiver.replies += [Reply(), Reply(429, headers={"Retry-After": "120"})]
    await world.push()
    if receiver.received[-1].path == "/free":
        pytest.skip("the two requests have overtaken each other")
    [(arguments, seconds)] = await world.jobs()
    assert arguments["target"] == busy
    assert arguments["attempt"] == 2
    assert 100 < seconds <= 120
    # Meanwhile nothing else is sent to it.
    await world.likes(world.fans[1])
    await world.push()
    assert [each.path for each in receiver.received[2:]] == ["/free"]
    await world.database.write("UPDATE push_targets SET paused_until = now()")
    await world.push()
    assert {each.path for each in receiver.received[3:]} == {"/busy"}
    assert await world.jobs() == []


async def test_what_waits_for_a_busy_service_makes_its_pause_no_longer(
    world: World, receiver: Receiver
) -> None:
    await world.register(await world.device(), Browser().target(receiver))
    await world.likes()
    receiver.replies.append(Reply(429, headers={"Retry-After": "60"}))
    await world.push()
    paused = "SELECT paused_until FROM push_targets"
    [[until]] = await world.database.fetch(paused)
    for post in await create_posts(world.database, world.author, 5):
        await world.likes(post=post)
    await world.push()
    assert len(receiver.received) == 1
    [[still]] = await world.database.fetch(paused)
    assert still == until
    due = await world.database.fetch("SELECT run_at FROM jobs WHERE kind = 'push.send'")
    assert len(due) == 6
    # The first push was put off by a statement of its own, which may come a little before that of the pause.
    assert min(row[0] for row in due) >= until - timedelta(seconds=1)
    await world.database.write("UPDATE push_targets SET paused_until = now()")
    await world.push()
    assert len(receiver.received) == 7
    assert await world.jobs() == []


@pytest.mark.parametrize("status", [500, 503])
async def test_a_failing_service_is_tried_a_bounded_number_of_times(
    world: World, receiver: Receiver, status: int
) -> None:
    key = await world.register(await world.device(), Browser().target(receiver))
    await world.likes()
    receiver.replies += [Reply(status) for _ in range(ATTEMPTS + 1)]
    pauses = []
    for attempt in range(1, ATTEMPTS + 1):
        await world.push()
        assert len(receiver.received) == attempt
        pauses += [seconds for _, seconds in await world.jobs()]
        await world.database.write("UPDATE push_targets SET paused_until = NULL")
    assert await world.jobs() == []
    assert len(pauses) == ATTEMPTS - 1
    assert pauses[0] < 1.5
    assert pauses[-1] > 30
    assert await world.targets() == [key]


@pytest.mark.parametrize("status", [302, 400, 401, 403, 413])
async def test_a_refused_push_is_not_repeated(
    world: World, receiver: Receiver, status: int
) -> None:
    key = await world.register(await world.device(), Browser().target(receiver))
    await world.likes()
    headers = {"Location": f"{receiver.url}/elsewhere"}
    receiver.replies.append(Reply(status, headers=headers))
    await world.push()
    assert len(receiver.received) == 1
    assert await world.jobs() == []
    assert await world.targets() == [key]


async def test_a_service_that_does_not_answer_is_tried_later(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "REQUEST_SECONDS", 2.0)
    browser = Browser()
    await world.register(await world.device(), browser.target(receiver))
    refusing = await world.register(await world.device(), web_push_at(free_port()))
    await world.likes()
    receiver.replies.append(Reply(held=asyncio.Event()))
    await world.push()
    waiting = await world.jobs()
    assert len(waiting) == 2
    assert refusing in [arguments["target"] for arguments, _ in waiting]
    monkeypatch.setattr(requests, "REQUEST_SECONDS", 10.0)
    await world.database.write("UPDATE push_targets SET paused_until = NULL")
    await world.push()
    assert len({each.headers["topic"] for each in receiver.received}) == 1
    assert len(receiver.received) == 2
    assert [arguments["target"] for arguments, _ in await world.jobs()] == [refusing]


@pytest.mark.timeout(180)
async def test_a_push_is_repeated_when_its_worker_is_killed(
    world: World, receiver: Receiver, certificate: Path, keys: None
) -> None:
    browser = Browser()
    await world.register(await world.device(), browser.target(receiver))
    await world.likes()
    await world.database.write("UPDATE jobs SET run_at = now() WHERE kind = 'push.send'")
    held = asyncio.Event()
    receiver.replies.append(Reply(held=held))
    variables = {
        "PUSH_PRIVATE_ADDRESSES": "true",
        "VAPID_CONTACT": "mailto:ops@push.invalid",
        "VAPID_PRIVATE_KEY": settings.ENVIRONMENT.vapid_private_key or "",
        "SSL_CERT_FILE": str(certificate),
    }
    worker = await start_worker(**variables)
    try:
        async with asyncio.timeout(60):
            await receiver.arrived.wait()
    finally:
        await worker.kill()
    held.set()
    # As if 20 s had passed: the lease of the killed worker has expired.
    await world.database.write("UPDATE jobs SET run_at = now() WHERE lease IS NOT NULL")
    await world.push()
    first, second = receiver.received
    assert first.headers["topic"] == second.headers["topic"]
    assert browser.read(first.body) == browser.read(second.body)
    assert await world.jobs() == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::6810:84e5", True),
        *(
            (text, False)
            for text in (
                *(
                    "127.0.0.1",
                    "10.0.0.8",
                    "172.16.3.1",
                    "192.168.1.1",
                    "169.254.169.254",
                    "0.0.0.0",  # noqa: S104  # refused
                ),
                *(
                    "100.64.0.1",
                    "224.0.0.1",
                    "255.255.255.255",
                    "240.0.0.1",
                    "192.0.2.1",
                    "::",
                    "::1",
                ),
                *(
                    "fe80::1",
                    "fe80::1%eth0",
                    "fd00::1",
                    "ff02::1",
                    "::ffff:127.0.0.1",
                    "::ffff:10.0.0.1",
                ),
                *(
                    "64:ff9b::7f00:1",
                    "64:ff9b:1::1",
                    "2002:7f00:1::",
                    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                ),
                *("2001:db8::1", "::127.0.0.1"),
            )
        ),
    ],
)
def test_addresses_of_private_networks_are_known(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "127.1"],  # noqa: S104  # refused
)
async def test_no_request_goes_to_a_private_address(receiver: Receiver, host: str) -> None:
    sending = Requests(public_only=True)
    try:
        with pytest.raises(AddressRefused):
            await sending.post(f"https://{host}:{receiver.port}/", {}, b"")
    finally:
        await sending.close()
    assert receiver.received == []


async def test_a_private_address_is_given_up_at_once(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await world.register(await world.device(), Browser().target(receiver))
    await world.likes()
    of_users = Requests(public_only=True)
    service = WebPush(settings.ENVIRONMENT.vapid_private_key or "", CONTACT)
    sender = Sender({"WEB_PUSH": service}, own=of_users, of_users=of_users)
    monkeypatch.setattr(jobs, "push_sender", lambda: sender)
    await world.push()
    await of_users.close()
    assert receiver.received == []
    assert await world.jobs() == []
    assert await world.targets() == [key]


async def test_a_name_that_does_not_exist_is_unreachable() -> None:
    sending = Requests(public_only=True)
    with pytest.raises(Unreachable):
        await sending.post("https://nowhere.invalid/", {}, b"")
    await sending.close()


async def test_name_servers_that_do_not_answer_hold_up_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A user may name many such hosts. What mails and pictures need is the event loop's threads."""
    answers = threading.Event()
    resolve = socket.getaddrinfo

    def slow(host: str, *arguments: Any, **named: Any) -> Any:
        if host.startswith("slow-"):
            answers.wait(60)
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(requests, "CONNECT_SECONDS", 0.5)
    sending = Requests(public_only=True)
    try:
        named = (sending.post(f"https://slow-{number}.invalid/", {}, b"") for number in range(40))
        failures = await asyncio.gather(*named, return_exceptions=True)
        assert {type(each) for each in failures} == {Unreachable}
        async with asyncio.timeout(20):
            await asyncio.to_thread(lambda: None)
            # The names of other services are found as well.
            with pytest.raises(AddressRefused):
                await sending.post("https://localhost/", {}, b"")
    finally:
        answers.set()
        await sending.close()


async def test_a_long_answer_is_cut_off(receiver: Receiver) -> None:
    sending = Requests(public_only=False)
    receiver.replies.append(Reply(200, b"x" * (4 * ANSWER_BYTES - 1)))
    answer = await sending.post(f"{receiver.url}/", {}, b"")
    assert len(answer.body) == ANSWER_BYTES
    assert (await sending.post(f"{receiver.url}/", {}, b"")).status == 201
    await sending.close()


async def test_a_server_without_a_trusted_certificate_gets_nothing(
    certificate: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    sending = Requests(public_only=False)
    with pytest.raises(Unreachable):
        await sending.post(f"{receiver.url}/", {}, b"")
    await sending.close()
    assert receiver.received == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
        ("Sun, 01 Nov 99999999999999999999 08:00:00 GMT", None),
        ("Sun, 01 Nov 2026 08:00:00 +99999999999999999999", None),
        ("Sun, 01 Nov 2026 08:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read(text: str, seconds: float | None) -> None:
    assert Answer(429, {"retry-after": text}, b"").retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    found = Answer(503, {"retry-after": later}, b"").retry_after
    assert found is not None
    assert MAX_RETRY_AFTER < found <= 7_200
