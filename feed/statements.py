"""The SQL statements of posts and feeds, by name."""

from __future__ import annotations

from core.accounts.statements import AccountStatements
from core.database.statements import Statements, Variants
from core.row_types import row_fragment
from feed.post_rows import PostRow


class FeedStatements(
    Statements,
    uses=[AccountStatements],
    fragments={"post": row_fragment(PostRow, "p", author="a")},
):
    home_events: str
    home_feed_page: Variants
    home_feed_updates: Variants
    home_recipients: str
    post_create: str
    post_delete: str
    post_edit: str
    posts_by_ids: str
    posts_delete: str
    posts_lock: str
    posts_of_author_lock: str
    profile_feed_pages: Variants
    public_feed_page: Variants
    viewer_states: str


SQL = FeedStatements()
