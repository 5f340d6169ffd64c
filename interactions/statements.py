"""The SQL statements of comments, likes and shares, by name."""

from __future__ import annotations

from dataclasses import asdict

from core.database.statements import Instances, Statements, Variants
from core.row_types import read_fragment, row_fragment
from feed.reactions import REACTIONS
from feed.statements import FeedStatements
from interactions.comment_rows import CommentRow


class InteractionStatements(
    Statements,
    uses=[FeedStatements],
    instances={reaction.name: asdict(reaction) for reaction in REACTIONS},
    fragments={
        "comment": row_fragment(CommentRow, "c", author="a"),
        "comment_read": read_fragment(CommentRow, "c", "author_id"),
    },
):
    account_is_referenced: str
    bookmarks_of_users: Variants
    ancestors_of_comments: Variants
    comment_create: str
    comment_delete: str
    comment_details_by_ids: Variants
    comment_edit: str
    comment_lock: str
    comment_report: str
    comment_thread: str
    comments_by_ids: Variants
    comments_export: str
    comments_of_comments: Variants
    comments_of_events: str
    comments_of_posts: Variants
    comments_of_posts_delete: str
    comments_of_posts_lock: str
    comments_of_users: Variants
    data_export_create: str
    data_export_end: str
    data_export_lock: str
    data_export_part: str
    data_export_part_add: str
    data_export_picture: str
    data_export_remove: str
    data_exports_by_ids: str
    data_exports_expire: str
    likers_of_posts: Variants
    likes_of_users: Variants
    post_events: str
    post_report: str
    quotes_of_posts: Variants
    reaction_create: Instances
    reaction_delete: Instances
    reactions_delete: Instances
    reactions_export: Instances
    reactions_of_user: Instances
    reactions_of_viewer: Instances
    reply_create: str
    reports_export: str
    reports_of_user_delete: str
    sharers_of_posts: Variants
    threads_of_author: str
    top_comments_of_posts: Variants
    user_report: str


SQL = InteractionStatements()
