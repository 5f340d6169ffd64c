"""Writes of push targets."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from core.accounts.statements import SQL as ACCOUNTS
from core.database.database import Database
from core.errors import SESSION_ENDED, ClientError, not_found
from interactions.push.models import TARGETS_OF_USER
from interactions.push.statements import SQL


class PushAddress(NamedTuple):
    """Where a service delivers, as a client has registered it."""

    kind: str
    address: str
    """The endpoint of Web Push, or the token of the device."""
    p256dh: bytes | None = None
    auth: bytes | None = None

    @property
    def hash(self) -> bytes:
        """Identifies the target, whoever registers it."""
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


async def push_target_unregister(database: Database, *, viewer_id: int, target_id: int) -> None:
    """Ends a target. Errors: MutationRefused (NOT_FOUND) for none of the viewer's."""
    if not await database.write(SQL.push_target_delete, viewer_id, target_id):
        raise not_found("Target", "targetId")
