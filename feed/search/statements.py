"""The SQL statements of searches, by name."""

from __future__ import annotations

from core.database.statements import Statements, Variants
from feed.statements import FeedStatements


class SearchStatements(Statements, uses=[FeedStatements]):
    post_words_fill: str
    post_words_missing: str
    posts_by_words: Variants
    user_names_fill: str
    users_by_name: Variants


SQL = SearchStatements()
