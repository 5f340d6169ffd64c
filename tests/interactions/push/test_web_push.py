"""Pushes to browsers: encrypted, signed, sent once for what happens together, and only what may be pushed."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from core.accounts.profiles import profile_update
from core.accounts.services import block_create, mute_create
from core.database.group_commit import GroupCommits
from interactions.notifications.notification_rows import NotificationKind
from interactions.push import services
from interactions.push.encryption import encrypted
from interactions.push.vapid import vapid_public_key
from interactions.services import comment_create
from tests.interactions.cast import create_posts, hide_account
from tests.interactions.push.browser import Browser, check_vapid
from tests.interactions.push.conftest import CONTACT
from tests.interactions.push.receiver import Receiver, Reply
from tests.interactions.push.world import World
from tests.interactions.reactions import comment_like, post_unlike


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_encryption_gives_the_example_of_the_rfc() -> None:
    """RFC 8291, appendix A."""
    number = int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        decoded(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
        key=ec.derive_private_key(number, ec.SECP256R1()),
    )
    assert body == decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
        "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


async def test_a_browser_reads_what_it_is_pushed(world: World, receiver: Receiver) -> None:
    browser, other = Browser("one"), Browser("two")
    await world.register(await world.device(), browser.target(receiver))
    await world.register(await world.device(), other.target(receiver))
    await world.likes()
    await world.push()
    [notification] = await world.notifications()
    assert len(receiver.received) == 2
    request = next(each for each in receiver.received if each.path == "/one")
    assert browser.read(request.body) == {
        "notificationId": notification,
        "kind": "LIKE",
        "summary": "P2 liked your post.",
        "badge": 1,
    }
    with pytest.raises(InvalidTag):
        other.read(request.body)
    public_key = vapid_public_key(settings.ENVIRONMENT.vapid_private_key or "")
    check_vapid(request, receiver, public_key, CONTACT)
    assert request.version == "HTTP/2"
    headers = {name: request.headers[name] for name in ("content-encoding", "ttl", "urgency")}
    assert headers == {"content-encoding": "aes128gcm", "ttl": "86400", "urgency": "normal"}
    assert len(request.headers["topic"]) <= 32
    assert await world.jobs() == []


async def test_what_happens_together_is_one_push(world: World, receiver: Receiver) -> None:
    browser = Browser()
    await world.register(await world.device(), browser.target(receiver))
    for fan in world.fans:
        await world.likes(fan)
    [(_, seconds)] = await world.jobs()
    assert 0 < seconds <= services.SHORTEST_PAUSE
    await world.push()
    [request] = receiver.received
    assert browser.read(request.body)["summary"] == "P6 and 4 others liked your post."
    # A later one takes the place of the first.
    await world.database.write("UPDATE notification_inboxes SET seen_through = 0")
    ben = world.fans[0]
    await post_unlike(world.services.group_commits, viewer_id=ben, target_id=world.post)
    await world.consume()
    assert await world.jobs() == []
    await world.likes(ben)
    await world.push()
    assert len({each.headers["topic"] for each in receiver.received}) == 1
    assert len(receiver.received) == 2


async def test_who_has_no_target_costs_no_job(world: World) -> None:
    await world.likes(*world.fans)
    assert await world.jobs() == []
    assert len(await world.notifications()) == 1


def test_a_notification_that_grows_without_end_is_pushed_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(services, "_age", lambda _: now)
    times: list[float] = []
    while now < 24 * 3_600:
        now += services.pause_between_pushes(1, 100_000).total_seconds()
        times.append(now)
    assert times[0] == services.SHORTEST_PAUSE
    assert sum(moment < 600 for moment in times) <= 9
    assert len(times) < 160
    # A few actors wait less, however old the notification is.
    assert services.pause_between_pushes(1, 2).total_seconds() == 2 * services.SHORTEST_PAUSE


async def test_what_changes_while_a_push_is_sent_is_pushed_too(
    world: World, receiver: Receiver
) -> None:
    browser = Browser()
    await world.register(await world.device(), browser.target(receiver))
    await world.likes()
    held = asyncio.Event()
    receiver.replies.append(Reply(held=held))
    pushing = asyncio.create_task(world.push())
    async with asyncio.timeout(20):
        await receiver.arrived.wait()
    await world.likes(world.fans[1])
    [(arguments, _)] = await world.jobs()
    held.set()
    await pushing
    [(again, seconds)] = await world.jobs()
    assert again == arguments
    assert 0 < seconds <= 2 * services.SHORTEST_PAUSE
    await world.push()
    summaries = [browser.read(each.body)["summary"] for each in receiver.received]
    assert summaries == ["P2 liked your post.", "P3 and 1 other liked your post."]
    assert await world.jobs() == []


async def block(world: World) -> None:
    commits = GroupCommits(world.database)
    await block_create(commits, viewer_id=world.author, user_id=world.fans[0])


async def be_blocked(world: World) -> None:
    commits = GroupCommits(world.database)
    await block_create(commits, viewer_id=world.fans[0], user_id=world.author)


async def mute(world: World) -> None:
    commits = GroupCommits(world.database)
    await mute_create(commits, viewer_id=world.author, user_id=world.fans[0])


async def take_back(world: World) -> None:
    await post_unlike(world.services.group_commits, viewer_id=world.fans[0], target_id=world.post)
    await world.consume()


async def see(world: World) -> None:
    await world.database.write("UPDATE notification_inboxes SET seen_through = last_position")


async def want_no_push(world: World) -> None:
    await world.database.write(
        "INSERT INTO notification_settings (user_id, kind, push) VALUES ($1, $2, false)",
        *(world.author, NotificationKind.LIKE),
    )


async def want_nobody(world: World) -> None:
    await world.database.write(
        "INSERT INTO notification_settings (user_id, kind, allow_from) VALUES ($1, $2, 2)",
        *(world.author, NotificationKind.LIKE),
    )


async def actor_is_deleted(world: World) -> None:
    await hide_account(world.database, world.fans[0])


async def recipient_is_deleted(world: World) -> None:
    await hide_account(world.database, world.author)


async def sign_out(world: World) -> None:
    await world.database.write("UPDATE sessions SET revoked_at = now()")


async def session_expires(world: World) -> None:
    await world.database.write("UPDATE sessions SET expires_at = now()")


@pytest.mark.parametrize(
    "change",
    [
        block,
        be_blocked,
        mute,
        take_back,
        see,
        want_no_push,
        want_nobody,
        actor_is_deleted,
        recipient_is_deleted,
        sign_out,
        session_expires,
    ],
)
async def test_the_rule_is_judged_when_a_push_is_sent(
    world: World, receiver: Receiver, change: Any
) -> None:
    browser = Browser()
    await world.register(await world.device(), browser.target(receiver))
    await world.likes()
    assert len(await world.jobs()) == 1
    await change(world)
    await world.push()
    assert receiver.received == []
    assert await world.jobs() == []


async def test_what_is_hidden_meanwhile_is_not_pushed(world: World, receiver: Receiver) -> None:
    """A like of one's comment, whose post has become private."""
    await world.register(await world.device(), Browser().target(receiver))
    owner, fan = world.fans[:2]
    [post] = await create_posts(world.database, owner)
    written = await comment_create(
        world.database, author_id=world.author, post_id=post, text="A comment."
    )
    assert written.comment is not None
    group_commits = world.services.group_commits
    await comment_like(group_commits, viewer_id=fan, target_id=written.comment.id)
    await world.consume()
    assert len(await world.jobs()) == 1
    await profile_update(world.database, viewer_id=owner, is_private=True)
    await world.push()
    assert receiver.received == []
    assert await world.jobs() == []


async def test_the_rule_is_judged_again_at_each_attempt(world: World, receiver: Receiver) -> None:
    await world.register(await world.device(), Browser().target(receiver))
    await world.likes()
    receiver.replies.append(Reply(503))
    await world.push()
    assert len(receiver.received) == len(await world.jobs()) == 1
    await block(world)
    await world.push()
    assert len(receiver.received) == 1
    assert await world.jobs() == []


async def test_a_token_that_has_moved_gets_nothing_of_the_former_user(
    world: World, receiver: Receiver
) -> None:
    browser = Browser()
    await world.register(await world.device(), browser.target(receiver))
    await world.likes()
    await world.register(await world.device(world.fans[4]), browser.target(receiver))
    await world.push()
    assert receiver.received == []


async def test_the_badge_counts_what_is_not_seen(world: World, receiver: Receiver) -> None:
    browser = Browser()
    await world.register(await world.device(), browser.target(receiver))
    await world.likes()
    device = await world.device(world.fans[1])
    await device.change("FollowUser", world.author)
    # What another user has not seen is not counted.
    await device.change("FollowUser", world.fans[2])
    await world.consume()
    await world.push()
    assert {browser.read(each.body)["badge"] for each in receiver.received} == {2}
    assert {browser.read(each.body)["kind"] for each in receiver.received} == {"LIKE", "FOLLOW"}


async def test_no_address_is_logged(
    world: World, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    target = Browser("a-secret-endpoint").target(receiver)
    await world.register(await world.device(), target)
    await world.likes()
    receiver.replies += [Reply(403, b"a-secret-endpoint"), Reply(503)]
    await world.push()
    await world.likes(world.fans[1])
    await world.push()
    assert "was not taken: status 403" in caplog.text
    assert "status 503" in caplog.text
    for secret in ("a-secret-endpoint", str(receiver.port), *target["webPush"].values()):
        assert secret not in caplog.text
