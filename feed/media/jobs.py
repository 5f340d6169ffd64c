"""Jobs of media: pictures are processed, and removed when nothing uses them."""

from __future__ import annotations

import logging
from datetime import timedelta

from core.accounts.profiles import avatar_url_set
from core.accounts.statements import SQL as ACCOUNTS
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from feed.media.files import THREADS, original_name, remove_file, remove_files, remove_old_incoming
from feed.media.processing import processed
from feed.media.selectors import upload_by_id
from feed.media.services import avatar_url
from feed.media.statements import SQL

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
ATTEMPTS = 8
GIVE_UP_AFTER = timedelta(minutes=10)
MEDIA_AT_ONCE = 100
REMOVED_AT_ONCE = 20
UNUSED_AFTER = timedelta(days=1)


@job("media_process", at_once=1, attempts=ATTEMPTS)
async def media_process(run: JobRun) -> None:
    """Processes the picture in the argument `media`. It is then READY or FAILED, and its post has changed."""
    key = run.arguments["media"]
    upload = await upload_by_id(run.database, key)
    if upload is None:
        # A run of before may have stored pictures after the removal.
        await THREADS.call(remove_files, key)
        return
    if upload.state != "PROCESSING":
        await THREADS.call(remove_file, original_name(key))
        return
    try:
        answer = await processed(key, upload.byte_size)
    except Exception:
        if run.attempt < ATTEMPTS:
            raise
        logger.exception("Media %d can't be processed.", key)
        answer = {"failure": "TIMED_OUT"}
    async with run.transaction() as transaction:
        # Statements of their own: the next one must see what happened to the picture meanwhile.
        await transaction.fetch(ACCOUNTS.users_lock, [upload.owner_id])
        await transaction.fetch(SQL.media_lock, [key])
        failure = answer.get("failure")
        avatars = await transaction.fetch(
            SQL.media_processed,
            [key],
            "FAILED" if failure else "READY",
            failure,
            *(answer.get(name) for name in ("width", "height", "placeholder")),
        )
        for _, owner_id in avatars:
            await avatar_url_set(transaction, user_id=owner_id, url=avatar_url(key))
        # The next run removes the file, or all files of a picture that was removed meanwhile, as often as it takes.
        run.repeat()


@job("media_give_up", every=EVERY, priority=Priority.LOW)
async def give_up_media(run: JobRun) -> None:
    """Ends the processing of pictures whose job is dead."""
    async with run.transaction() as transaction:
        rows = await transaction.fetch(SQL.media_stuck_lock, GIVE_UP_AFTER, MEDIA_AT_ONCE)
        if rows:
            keys = [row[0] for row in rows]
            ended = ("FAILED", "TIMED_OUT", None, None, None)
            await transaction.fetch(SQL.media_processed, keys, *ended)
            logger.warning("Gave up %d pictures whose processing had failed.", len(keys))


@job("media_expire", every=EVERY, priority=Priority.LOW)
async def expire_media(run: JobRun) -> None:
    """Marks pictures for removal that nothing has used for a day; again at once while there are more."""
    await run.change_some(SQL.media_expire, UNUSED_AFTER, limit=MEDIA_AT_ONCE)


@job("media_remove", every=EVERY, priority=Priority.LOW)
async def remove_media(run: JobRun) -> None:
    """Removes files, then rows, of pictures that are marked; again at once while there are more.

    Nobody can use them any more, so a run that ends between the two is repeated.
    """
    rows = await run.database.fetch(SQL.media_to_remove, REMOVED_AT_ONCE)
    keys = [row[0] for row in rows]
    for key in keys:
        await THREADS.call(remove_files, key)
    await THREADS.call(remove_old_incoming)
    async with run.transaction() as transaction:
        await transaction.fetch(SQL.media_delete, keys)
        if len(keys) == REMOVED_AT_ONCE:
            run.repeat()
