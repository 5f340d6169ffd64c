"""Writes of media."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.accounts.idempotency import Claim
from core.database.database import Database, Transaction
from core.errors import ErrorCode, account_removed, not_found, refuse
from core.ids import key_of
from core.jobs.causes import current_cause
from feed.media.addresses import UploadAddress, media_addresses
from feed.media.files import THREADS, MediaSize, original_name, stored_size
from feed.media.media_rows import MediaRow
from feed.media.selectors import media_by_ids, upload_by_id
from feed.media.statements import SQL

MAX_UNUSED = 100
"""How many pictures a user may have that neither a post nor the profile uses."""

PICTURES_IN_TURN = 4
"""How many of a user's pictures are processed in the order in which all users' pictures came: those of a post.
Further ones wait for other users, so that no user's many pictures, or slow ones, keep the worker from theirs.
"""


class UploadStarted(NamedTuple):
    """An upload's key and the address to send the file to."""

    media_id: int
    address: UploadAddress


async def upload_start(
    database: Database,
    *,
    owner_id: int,
    content_type: str,
    byte_size: int,
    client_mutation_id: str | None = None,
) -> UploadStarted:
    """Begins an upload, once for each idempotency key; a repeated key gives it a new address.

    Errors: MutationRefused (IDEMPOTENCY_KEY_REUSED, LIMIT_REACHED), UNAUTHENTICATED. Locks: the key, the user.
    """
    claim = Claim(owner_id, "startUpload", client_mutation_id, (content_type, byte_size))
    async with database.transaction() as transaction:
        key = await claim.earlier_result(transaction)
        if key is None:
            if await transaction.fetch_row(SQL.media_upload_lock, owner_id) is None:
                raise account_removed()
            created = await transaction.fetch_row(
                SQL.media_create, owner_id, content_type, byte_size, MAX_UNUSED
            )
            if created is None:
                raise refuse(
                    ErrorCode.LIMIT_REACHED,
                    f"You have {MAX_UNUSED} pictures that no post uses. Post them, or wait until they are removed "
                    "after a day.",
                )
            key = int(created[0])
            await claim.settle(transaction, key)
    address = await THREADS.call(media_addresses().upload, key, content_type, byte_size)
    return UploadStarted(key, address)


async def upload_finish(database: Database, *, viewer_id: int, media_id: int) -> MediaRow:
    """Has an uploaded file processed, once; returns the picture.

    Errors: MutationRefused (NOT_FOUND, MEDIA_NOT_USABLE). Cost: three statements.
    """
    upload = await upload_by_id(database, media_id)
    if upload is None or upload.owner_id != viewer_id:
        raise not_found("Media", "mediaId")
    if upload.state == "UPLOADING":
        if await THREADS.call(stored_size, original_name(media_id)) is None:
            raise refuse(
                ErrorCode.MEDIA_NOT_USABLE,
                "The file has not arrived. Send it to the address that startUpload gave, then try again.",
                "input",
                "mediaId",
            )
        await database.write(
            SQL.media_finish, viewer_id, media_id, current_cause(), PICTURES_IN_TURN
        )
    media = (await media_by_ids(database, viewer_id, [media_id]))[0]
    if media is None:
        raise not_found("Media", "mediaId")
    return media


class PostMedia(NamedTuple):
    """A picture that is to be on a post, and its alt text; None keeps the one that it has."""

    media_id: int
    alt_text: str | None


async def post_media_set(
    transaction: Transaction, *, owner_id: int, post_id: int, media: Sequence[PostMedia]
) -> bool:
    """Puts these pictures on a post of their owner, in place of those that it has; returns whether that is a change.

    Errors: MutationRefused (MEDIA_NOT_USABLE). Locks: the pictures.
    """
    keys = [each.media_id for each in media]
    await transaction.fetch(SQL.media_of_post_lock, post_id, keys)
    texts = [each.alt_text for each in media]
    [(usable, changed)] = await transaction.fetch(
        SQL.media_of_post_set, owner_id, post_id, keys, texts
    )
    places = [str(place) for place in range(1, len(keys) + 1) if place not in usable]
    if places:
        which = f"Picture{'s' if len(places) > 1 else ''} {', '.join(places)}"
        raise refuse(
            ErrorCode.MEDIA_NOT_USABLE,
            f"{which} can't be used: the upload must be finished, its processing must not have failed, and no other "
            "post may have it. Upload it again.",
            "input",
            "media",
        )
    return bool(changed)


async def avatar_choose(transaction: Transaction, owner_id: int, media_id: str | None) -> str:
    """Makes a picture that of its owner's profile, in place of the one of before; None takes that away.

    Gives the address of the picture; empty without one, and until it is ready. The owner is locked already.
    Errors: MutationRefused (MEDIA_NOT_USABLE). Locks: the pictures.
    """
    key = None if media_id is None else key_of("Media", media_id) or 0
    await transaction.fetch(SQL.media_avatar_lock, owner_id, key)
    usable = await transaction.fetch_row(SQL.media_avatar_usable, owner_id, key)
    if key is not None and usable is None:
        raise refuse(
            ErrorCode.MEDIA_NOT_USABLE,
            "This picture can't be used: it must be yours, its upload finished, and its processing must not have "
            "failed. Upload it again.",
            "input",
            "avatarMediaId",
        )
    await transaction.fetch(SQL.media_avatar_clear, owner_id, key)
    if key is None or usable is None:
        return ""
    await transaction.fetch(SQL.media_avatar_set, key)
    return avatar_url(key) if usable[0] == "READY" else ""


def avatar_url(media_id: int) -> str:
    """The address of the picture of a profile."""
    return media_addresses().public(media_id, MediaSize.SMALL)
