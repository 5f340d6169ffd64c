"""The job that pushes a notification to its recipient's browsers and devices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from core.accounts.selectors import MAX_COUNTED
from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from core.ids import global_id
from core.jobs.backoff import pause_before_retry
from core.jobs.job_run import JobRun
from core.jobs.registry import job
from interactions.notifications.notification_rows import NotificationKind, NotificationRow
from interactions.notifications.statements import SQL as NOTIFICATIONS
from interactions.push.models import TARGETS_OF_USER
from interactions.push.pushes import Push, PushOutcome, Result, Target
from interactions.push.sending import push_sender
from interactions.push.services import pause_between_pushes
from interactions.push.statements import SQL

logger = logging.getLogger(__name__)

AT_ONCE = 16
"""Half of what a worker runs: services that are slow, or claim to be, leave room for other jobs."""
SECONDS = 30.0
ATTEMPTS = 8
"""How often a push is tried at one target. What is not pushed still stands in the list."""
MAX_RETRY_AFTER = 3_600.0


class Sent(NamedTuple):
    """A target, and what became of the push to it."""

    target: Target
    result: Result


@job("push.send", at_once=AT_ONCE, timeout_seconds=SECONDS)
async def push_send(run: JobRun) -> None:
    """Pushes a notification (`notification`) to all targets of its recipient (`recipient`), if it is to be pushed now.

    With `target` and `attempt` it goes to that target alone, which was not reached before.
    """
    recipient_id, key = run.arguments["recipient"], run.arguments["notification"]
    only: int | None = run.arguments.get("target")
    rows = await run.database.fetch(SQL.notification_to_push, key, recipient_id)
    if not rows:
        return
    unseen, *columns = rows[0]
    notification = NotificationRow._make(columns)
    push = push_of(notification, unseen)
    found = await run.database.fetch(SQL.push_targets_of_user, recipient_id, only, TARGETS_OF_USER)
    targets = [Target._make(row) for row in found]
    results = await asyncio.gather(*(_send(target, push) for target in targets))
    sent = [
        Sent(target, result)
        for target, result in zip(targets, results, strict=True)
        if result is not None
    ]
    async with run.transaction() as transaction:
        # The consumer that changes a notification holds this lock until it has looked for its job. So a change comes
        # before, and is seen here, or after, and finds no job.
        await transaction.fetch(NOTIFICATIONS.notification_inboxes_lock, key_array([recipient_id]))
        if only is None:
            now = await transaction.fetch_row(SQL.notification_position, key)
            if now is not None and now[0] != notification.position:
                run.repeat(after=pause_between_pushes(key, now[1]))
        await _settle(transaction, run, sent)


def push_of(notification: NotificationRow, unseen: int) -> Push:
    """What is pushed of a notification. `unseen`: how many the recipient has not seen."""
    return Push(
        key=str(notification.id),
        id=global_id("Notification", notification.id),
        kind=NotificationKind(notification.kind).name,
        summary=notification.summary,
        badge=min(unseen, MAX_COUNTED),
        repeat_key=f"{notification.id} {notification.position}",
    )


async def _send(target: Target, push: Push) -> Result | None:
    if target.paused_seconds > 0:
        return Result(PushOutcome.LATER, retry_after=target.paused_seconds)
    return await push_sender().send(target, push)


async def _settle(transaction: Transaction, run: JobRun, sent: Sequence[Sent]) -> None:
    """Removes targets that are gone, and adds a job for each that is to be tried again."""
    gone = [each.target for each in sent if each.result.outcome is PushOutcome.GONE]
    if gone:
        await transaction.fetch(
            SQL.push_targets_gone,
            [target.id for target in gone],
            [target.registered_at for target in gone],
        )
    attempt: int = run.arguments.get("attempt", 1)
    pauses: dict[int, float] = {}
    for target, result in sent:
        if result.outcome is not PushOutcome.LATER:
            continue
        asked = min(result.retry_after or 0.0, MAX_RETRY_AFTER)
        pause = max(pause_before_retry(attempt), timedelta(seconds=asked))
        if not target.paused_seconds:
            # What waits for a pause makes it no longer.
            pauses[target.id] = pause.total_seconds()
        if attempt >= ATTEMPTS:
            logger.warning("A push to target %d is given up after %d attempts.", target.id, attempt)
            continue
        arguments = {**run.arguments, "target": target.id, "attempt": attempt + 1}
        await push_send.enqueue(transaction, arguments, delay=pause)
    if pauses:
        await transaction.fetch(SQL.push_targets_pause, list(pauses), list(pauses.values()))
