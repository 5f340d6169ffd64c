"""What causes notifications, how they are grouped, and when they are withdrawn."""

from __future__ import annotations

from core.accounts.profiles import profile_update
from core.accounts.services import (
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    follow_request_accept,
    follow_request_reject,
)
from core.context import Services
from core.database.database import Database
from feed.services import post_create, post_delete, post_edit
from interactions.notifications.notification_rows import NotificationAudience
from interactions.notifications.notification_rows import NotificationKind as Kind
from interactions.notifications.services import SettingChange, settings_update
from interactions.services import comment_create, comment_delete, comment_edit
from tests.interactions.cast import create_posts, create_users, present
from tests.interactions.notifications.inboxes import Work, held
from tests.interactions.reactions import (
    comment_like,
    comment_unlike,
    post_like,
    post_share,
    post_unlike,
    post_unshare,
)

SEEN_IN_AN_HOUR = """
WITH at AS (
    SELECT moment, (extract(epoch FROM moment) * 1000000)::bigint AS position
    FROM (SELECT now() + interval '1 hour' AS moment) m
), inbox AS (
    INSERT INTO notification_inboxes (user_id, seen_through, last_position) SELECT $1, position, position FROM at
), added AS (
    INSERT INTO notifications (id, recipient_id, kind, thing_id, post_id, position, actor_count)
    SELECT time_ordered_key(moment), $1, 1, $2, $2, position, 1 FROM at
    RETURNING id
)
INSERT INTO notification_actors (id, notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
SELECT time_ordered_key(moment), added.id, $3, $1, $2, 1, 0 FROM at, added
"""
"""A like that the author has seen, of the time before a clock was set back by an hour. $1 author, $2 post, $3 fan."""


async def kinds(database: Database) -> list[tuple[int, Kind, int]]:
    return [(each.recipient, each.kind, each.actor_count) for each in await held(database)]


async def test_a_mention_by_an_edit_notifies_who_wants_no_replies(
    database: Database, services: Services
) -> None:
    author, commenter, replier = await create_users(database, 3)
    [post] = await create_posts(database, author)
    work = Work(database)
    parent = present(
        (await comment_create(database, author_id=commenter, post_id=post, text="Yes")).comment
    )
    nobody = SettingChange(NotificationAudience.NOBODY)
    for user in (author, commenter):
        changes = dict.fromkeys((Kind.COMMENT, Kind.REPLY, Kind.QUOTE), nobody)
        await settings_update(database, viewer_id=user, changes=changes)
    reply = present(
        (
            await comment_create(
                database, author_id=replier, post_id=post, parent_id=parent.id, text="No"
            )
        ).comment
    )
    quote = present(
        (await post_create(database, author_id=replier, text="No", quoted_post_id=post)).post
    )
    await work.do()
    await comment_edit(database, viewer_id=replier, comment_id=reply.id, text="No, @p1 and @p2")
    await post_edit(database, viewer_id=replier, post_id=quote.id, text="No, @p1")
    await work.do()
    assert [each for each in await kinds(database) if each[1] != Kind.COMMENT] == [
        (author, Kind.MENTION, 1),
        (author, Kind.MENTION, 1),
        (commenter, Kind.MENTION, 1),
    ]


async def test_likes_of_a_post_stand_together_and_are_taken_back(
    database: Database, services: Services
) -> None:
    author, *fans = await create_users(database, 4)
    [post] = await create_posts(database, author)
    work = Work(database)
    commits = services.group_commits
    for user in (author, *fans):
        await post_like(commits, viewer_id=user, target_id=post)
    await work.do()
    [group] = await held(database)
    assert (group.recipient, group.kind, group.thing) == (author, Kind.LIKE, post)
    assert (group.actor_count, group.actors) == (3, fans[::-1])

    await post_unlike(commits, viewer_id=fans[2], target_id=post)
    await work.do()
    [left] = await held(database)
    assert (left.actors, left.actor_count) == ([fans[1], fans[0]], 2)
    assert (left.id, left.position) == (group.id, group.position)

    await post_like(commits, viewer_id=fans[2], target_id=post)
    await work.do()
    [again] = await held(database)
    assert again.id == group.id
    assert again.position > group.position
    for user in fans:
        await post_unlike(commits, viewer_id=user, target_id=post)
    await work.do()
    assert await held(database) == []
    kinds_of_events = await database.fetch(
        "SELECT kind, subject_id FROM events WHERE kind LIKE 'notification%' ORDER BY id"
    )
    assert [tuple(row) for row in kinds_of_events] == [
        ("notification_added", group.id),
        ("notification_changed", group.id),
        ("notification_added", group.id),
        ("notification_removed", group.id),
    ]


async def test_a_reply_that_mentions_notifies_each_once(
    database: Database, services: Services
) -> None:
    author, commenter, replier, third = await create_users(database, 4)
    [post] = await create_posts(database, author)
    work = Work(database)
    first = present(
        (await comment_create(database, author_id=commenter, post_id=post, text="Yes")).comment
    )
    await work.do()
    assert await kinds(database) == [(author, Kind.COMMENT, 1)]
    reply = present(
        (
            await comment_create(
                database,
                author_id=replier,
                post_id=post,
                parent_id=first.id,
                text="@p1 @p2 @p3 @p4",
            )
        ).comment
    )
    await work.do()
    assert await kinds(database) == [
        (author, Kind.COMMENT, 2),
        (commenter, Kind.REPLY, 1),
        (third, Kind.MENTION, 1),
    ]
    await comment_edit(database, viewer_id=replier, comment_id=reply.id, text="@p1")
    await work.do()
    assert await kinds(database) == [(author, Kind.COMMENT, 2), (commenter, Kind.REPLY, 1)]
    await comment_edit(database, viewer_id=replier, comment_id=reply.id, text="@p4 @p2")
    await comment_like(services.group_commits, viewer_id=author, target_id=reply.id)
    await work.do()
    assert (third, Kind.MENTION, 1) in await kinds(database)
    assert (replier, Kind.LIKE, 1) in await kinds(database)
    await comment_delete(database, viewer_id=replier, comment_id=reply.id)
    await work.do()
    assert await kinds(database) == [(author, Kind.COMMENT, 1)]


async def test_each_kind_is_notified_and_withdrawn(database: Database, services: Services) -> None:
    author, fan, third = await create_users(database, 3)
    [post] = await create_posts(database, author)
    work = Work(database)
    commits = services.group_commits
    await post_share(commits, viewer_id=fan, target_id=post)
    quote = present(
        (await post_create(database, author_id=fan, text="@p1 @p3 look", quoted_post_id=post)).post
    )
    await work.do()
    assert await kinds(database) == [
        (author, Kind.QUOTE, 1),
        (author, Kind.SHARE, 1),
        (third, Kind.MENTION, 1),
    ]
    await post_edit(database, viewer_id=fan, post_id=quote.id, text="@p1 look")
    await post_unshare(commits, viewer_id=fan, target_id=post)
    await work.do()
    assert await kinds(database) == [(author, Kind.QUOTE, 1)]
    await post_delete(database, viewer_id=fan, post_id=quote.id)
    await work.do()
    assert await kinds(database) == []

    comment = present(
        (await comment_create(database, author_id=third, post_id=post, text="x")).comment
    )
    await comment_like(commits, viewer_id=fan, target_id=comment.id)
    await post_like(commits, viewer_id=fan, target_id=post)
    await work.do()
    assert await kinds(database) == [
        (author, Kind.LIKE, 1),
        (author, Kind.COMMENT, 1),
        (third, Kind.LIKE, 1),
    ]
    await comment_unlike(commits, viewer_id=fan, target_id=comment.id)
    await work.do()
    assert len(await kinds(database)) == 2
    await post_delete(database, viewer_id=author, post_id=post)
    await work.do()
    assert await kinds(database) == []


async def test_follows_and_requests(database: Database, services: Services) -> None:
    private, fan, third = await create_users(database, 3)
    work = Work(database)
    commits = services.group_commits
    await follow_create(commits, viewer_id=fan, user_id=third)
    await profile_update(database, viewer_id=private, is_private=True)
    await follow_create(commits, viewer_id=fan, user_id=private)
    await follow_create(commits, viewer_id=third, user_id=private)
    await work.do()
    assert await kinds(database) == [(private, Kind.FOLLOW_REQUEST, 2), (third, Kind.FOLLOW, 1)]
    await follow_request_accept(commits, viewer_id=private, user_id=fan)
    await follow_request_reject(commits, viewer_id=private, user_id=third)
    await follow_delete(commits, viewer_id=fan, user_id=third)
    await work.do()
    assert await kinds(database) == [(fan, Kind.FOLLOW_ACCEPTED, 1)]
    await follow_delete(commits, viewer_id=fan, user_id=private)
    await work.do()
    assert await kinds(database) == []


async def test_a_follow_withdraws_the_request_of_when_the_account_was_private(
    database: Database, services: Services
) -> None:
    private, fan = await create_users(database, 2)
    work = Work(database)
    await profile_update(database, viewer_id=private, is_private=True)
    await follow_create(services.group_commits, viewer_id=fan, user_id=private)
    await profile_update(database, viewer_id=private, is_private=False)
    await work.do()
    assert await kinds(database) == [(private, Kind.FOLLOW_REQUEST, 1)]
    await follow_create(services.group_commits, viewer_id=fan, user_id=private)
    await work.do()
    assert await kinds(database) == [(private, Kind.FOLLOW, 1)]


async def test_a_block_withdraws_what_it_ends(database: Database, services: Services) -> None:
    """So that an unblock brings nothing back that is not there any more."""
    private, fan = await create_users(database, 2)
    work = Work(database)
    commits = services.group_commits
    await profile_update(database, viewer_id=private, is_private=True)
    await follow_create(commits, viewer_id=fan, user_id=private)
    await follow_create(commits, viewer_id=private, user_id=fan)
    await work.do()
    assert await kinds(database) == [(private, Kind.FOLLOW_REQUEST, 1), (fan, Kind.FOLLOW, 1)]
    await block_create(commits, viewer_id=private, user_id=fan)
    await block_delete(commits, viewer_id=private, user_id=fan)
    await work.do()
    assert await kinds(database) == []


async def test_a_notification_that_was_seen_begins_anew(
    database: Database, services: Services
) -> None:
    author, *fans = await create_users(database, 4)
    [post] = await create_posts(database, author)
    work = Work(database)
    commits = services.group_commits
    await post_like(commits, viewer_id=fans[0], target_id=post)
    await work.do()
    [old] = await held(database)
    await database.write("UPDATE notification_inboxes SET seen_through = last_position")
    await post_like(commits, viewer_id=fans[1], target_id=post)
    await work.do()
    await post_like(commits, viewer_id=fans[2], target_id=post)
    await work.do()
    new, seen = await held(database)
    assert seen == old
    assert new.id != old.id
    assert (new.actors, new.actor_count) == ([fans[2], fans[1]], 2)
    # All that was taken back is withdrawn, wherever it is.
    await post_unlike(commits, viewer_id=fans[0], target_id=post)
    await work.do()
    assert [each.id for each in await held(database)] == [new.id]


async def test_likes_stand_together_when_the_clock_was_set_back(
    database: Database, services: Services
) -> None:
    author, *fans = await create_users(database, 4)
    [post] = await create_posts(database, author)
    work = Work(database)
    commits = services.group_commits
    await database.write(SEEN_IN_AN_HOUR, author, post, fans[0])
    for user in fans[1:]:
        await post_like(commits, viewer_id=user, target_id=post)
        await work.do()
    new, seen = await held(database)
    assert seen.actors == [fans[0]]
    assert (new.actors, new.actor_count) == ([fans[2], fans[1]], 2)


async def test_repeated_events_change_nothing(database: Database, services: Services) -> None:
    author, *fans = await create_users(database, 4)
    [post] = await create_posts(database, author)
    work = Work(database)
    commits = services.group_commits
    for user in fans:
        await post_like(commits, viewer_id=user, target_id=post)
        await comment_create(database, author_id=user, post_id=post, text="x @p1 @p2")
    await post_unlike(commits, viewer_id=fans[1], target_id=post)
    await follow_create(commits, viewer_id=fans[1], user_id=author)
    await work.do()
    before = await held(database)
    await database.write("UPDATE notification_inboxes SET seen_through = last_position")
    for limit in (1, 3, 500):
        again = Work(database)
        again.limit = limit
        await again.do()
        assert await held(database) == before


async def test_many_actors_cost_few_rows_and_all_are_counted(
    database: Database, services: Services
) -> None:
    author, *fans = await create_users(database, 251)
    [post] = await create_posts(database, author)
    work = Work(database)
    commits = services.group_commits
    for user in fans:
        await post_like(commits, viewer_id=user, target_id=post)
        if user == fans[149]:
            await work.do()
    await work.do()
    [group] = await held(database)
    assert (group.actor_count, group.actors) == (250, fans[:-101:-1])
    for user in (fans[0], fans[1], fans[-1]):
        await post_unlike(commits, viewer_id=user, target_id=post)
    await work.do()
    [group] = await held(database)
    assert (group.actor_count, group.actors) == (247, fans[-2:-101:-1])
    [[dropped]] = await database.fetch("SELECT dropped_count FROM notifications")
    assert dropped == 247 - 99
