"""Writes of push targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from core.accounts.statements import SQL as ACCOUNTS
from core.database.database import Database, Transaction
from core.database.time_ordered_keys import key_array, moment_of
from core.errors import SESSION_ENDED, ClientError
from core.jobs.causes import current_cause
from interactions.push.models import TARGETS_OF_USER
from interactions.push.statements import SQL

SHORTEST_PAUSE = 3.0
"""Seconds in which what happens together becomes one push. For each actor of a notification so many."""
LONGEST_PAUSE = 600.0


class PushAddress(NamedTuple):
    """Where a service delivers, as a client has registered it."""

    kind: str
    address: str
    """The endpoint of Web Push, or the token of the device."""
    p256dh: bytes | None = None
    auth: bytes | None = None

    @property
    def hash(self) -> bytes:
        """Identifies the target for all users."""
        return sha256(f"{self.kind}:{self.address}".encode()).digest()


async def push_target_register(
    database: Database, *, viewer_id: int, session_id: int | None, address: PushAddress
) -> int:
    """The key of the target, which from now on is this session's. Of more than TARGETS_OF_USER the oldest one ends.

    Errors: UNAUTHENTICATED if the session has ended. Locks: the user, the session, the target.
    """
    async with database.transaction() as transaction:
        await transaction.fetch(ACCOUNTS.users_lock, [viewer_id])
        if not await transaction.fetch(SQL.push_session_lock, viewer_id, session_id):
            raise ClientError(SESSION_ENDED, "UNAUTHENTICATED")
        ((key,),) = await transaction.fetch(
            SQL.push_target_register,
            *(viewer_id, session_id, address.kind, address.address, address.hash),
            *(address.p256dh, address.auth),
        )
        await transaction.fetch(SQL.push_targets_limit, viewer_id, TARGETS_OF_USER)
    return int(key)


async def push_target_unregister(database: Database, *, viewer_id: int, target_id: int) -> bool:
    """Whether this call ended the target: not if it has ended, or belongs to another user, which look alike."""
    return bool(await database.write(SQL.push_target_delete, viewer_id, target_id))


async def pushes_add(transaction: Transaction, announced: Sequence[tuple[int, int]]) -> None:
    """Adds the jobs that push notifications which are new or have moved to the top: recipients and keys.

    Only for recipients with targets, and one for each notification until it has run. Cost: one statement.
    """
    if announced:
        recipients, keys = zip(*announced, strict=True)
        await transaction.fetch(
            SQL.push_jobs_add,
            key_array(keys),
            key_array(recipients),
            SHORTEST_PAUSE,
            LONGEST_PAUSE,
            current_cause(),
        )


def pause_between_pushes(key: int, actor_count: int) -> timedelta:
    """The pause before the next push of a notification: as long as it has existed, but not so long for few actors.

    So one that grows quickly is pushed after 3, 6, 12 … seconds and then every ten minutes.
    """
    age_pause = min(max(_age(key), SHORTEST_PAUSE), LONGEST_PAUSE)
    return timedelta(seconds=min(age_pause, SHORTEST_PAUSE * max(actor_count, 1)))


def _age(key: int) -> float:
    """The seconds since the notification began."""
    return (datetime.now(UTC) - moment_of(key)).total_seconds()
