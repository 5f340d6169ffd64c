"""The SQL statements of media, by name."""

from __future__ import annotations

from core.database.statements import Statements
from feed.statements import FeedStatements


class MediaStatements(Statements, uses=[FeedStatements]):
    media_arrived_lock: str
    media_avatar_clear: str
    media_avatar_lock: str
    media_avatar_set: str
    media_avatar_usable: str
    media_by_ids: str
    media_create: str
    media_delete: str
    media_erase: str
    media_expire: str
    media_export: str
    media_finish: str
    media_lock: str
    media_of_post_lock: str
    media_of_post_set: str
    media_of_posts: str
    media_processed: str
    media_shown: str
    media_stuck_lock: str
    media_to_remove: str
    media_upload: str
    media_upload_lock: str


SQL = MediaStatements()
