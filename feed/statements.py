"""The SQL statements of posts and feeds, by name."""

from __future__ import annotations

from core.accounts.statements import AccountStatements
from core.database.statements import Statements, Variants
from core.events import event_types
from core.row_types import (
    page_row_fragment,
    read_fragment,
    row_fragment,
    states_fragment,
    true_states_fragment,
)
from feed.post_rows import FOR_EVERYBODY, PostEditRow, PostRow
from feed.reactions import REACTIONS
from feed.segment_rows import HashtagRow


def _reaction_rows() -> str:
    """The fragment that counts the reactions to a post and its comments, up to a limit for each kind."""
    under = {
        "post": "(SELECT count(*) FROM (SELECT FROM {table} WHERE post_id = {post} LIMIT {rows_at_once}) x)",
        "comment": "(SELECT count(*) FROM (SELECT FROM ("
        "SELECT id FROM comments WHERE post_id = {post} LIMIT {rows_at_once}) c "
        "CROSS JOIN LATERAL (SELECT FROM {table} WHERE comment_id = c.id LIMIT {rows_at_once}) m "
        "LIMIT {rows_at_once}) x)",
    }
    rows = [under[reaction.target].replace("{table}", reaction.table) for reaction in REACTIONS]
    header = "-- The reactions to a post and its comments.\n-- parameters: post\n"
    return header + "\n        + ".join(rows)


class FeedStatements(
    Statements,
    uses=[AccountStatements],
    fragments={
        "hashtag": row_fragment(HashtagRow, "{of}"),
        "post": row_fragment(PostRow, "p", author="a"),
        "post_read": read_fragment(PostRow, "p", "author_id"),
        "post_version": row_fragment(PostEditRow, "m"),
        "post_on_page": page_row_fragment(PostRow, "p", author="a"),
        "post_for_everybody": page_row_fragment(PostRow, "p", left_out=FOR_EVERYBODY, author="a"),
        "post_states": states_fragment(PostRow),
        "true_post_states": true_states_fragment(PostRow),
        "home_events": f"-- The kinds of events that change home feeds.\n{event_types.FEED_KINDS}",
        "relation_events": "-- The kinds of events that change the actor's whole home feed.\n"
        f"{event_types.RELATION_KINDS}",
        "block_events": "-- The kinds of events that can change the subject's home feed as well.\n"
        f"{event_types.BLOCK_KINDS}",
        "account_events": "-- The kinds of events that hide or show all of the actor.\n"
        f"{event_types.ACCOUNT_KINDS}",
        "visibility_events": "-- The kinds of events after which clients may see less or more.\n"
        f"{event_types.VISIBILITY_KINDS}",
        "reason_events": f"-- The kinds of events that add reasons to home feeds.\n{event_types.REASON_KINDS}",
        "reaction_rows": _reaction_rows(),
    },
):
    author_is_private: str
    edits_of_posts: Variants
    entities_resolve: str
    follower_counts: str
    hashtags_lock: str
    hashtags_recount_replaced: str
    home_events: str
    home_feed_build: str
    home_feed_page: Variants
    home_feed_page_with_snapshot: Variants
    home_feed_progress_lock: str
    home_feed_progress_set: str
    home_feed_retire: str
    home_feed_updates: Variants
    home_feeds_add: str
    home_feeds_add_some: str
    home_feeds_adopt: str
    home_feeds_expire: str
    home_feeds_remove: str
    home_feeds_retire: str
    home_feeds_trim: str
    home_readers_by_shares: str
    home_recipients: str
    kept_home_feed_page: Variants
    kept_home_feed_page_with_snapshot: Variants
    kept_home_feed_updates: Variants
    mentions_of_user_delete: str
    own_post_lock: str
    pinned_posts_of_users: Variants
    post_create: str
    post_delete: str
    post_details_by_ids: Variants
    post_edit: str
    post_entities_set: str
    post_hashtags_judge: str
    post_pin: str
    post_unpin: str
    posts_by_ids: Variants
    post_readers: str
    posts_of_events: str
    posts_delete: str
    posts_export: str
    posts_holder_lock: str
    posts_lock: str
    posts_of_author_lock: str
    profile_feed_pages: Variants
    profile_media_pages: Variants
    public_feed_page: Variants
    public_feed_page_with_snapshot: Variants
    public_posts_of_author_lock: str
    quotable_post_lock: str
    quoted_post_lock: str
    tagged_posts_lock: str
    viewer_states: str


SQL = FeedStatements()
