"""The SQL statements of searches, by name."""

from __future__ import annotations

from core.database.statements import Statements, Variants
from feed.statements import FeedStatements


class SearchStatements(Statements, uses=[FeedStatements]):
    hashtag_by_name: Variants
    hashtags_by_ids: Variants
    hashtags_by_prefix: Variants
    hashtags_by_score: str
    post_words_fill: str
    post_words_missing: str
    posts_by_score: str
    posts_by_words: Variants
    posts_of_hashtags: Variants
    trend_snapshot_create: str
    trend_snapshots_expire: str
    trending_hashtags_page: Variants
    trending_posts_page: Variants
    users_by_name: Variants
    users_suggested: str


SQL = SearchStatements()
