"""The SQL statements of accounts, sessions, follows, blocks and mutes, by name."""

from __future__ import annotations

from core.accounts.user_rows import UserRow
from core.accounts.validators import PENDING_REQUESTS
from core.database.statements import Statements, Variants
from core.events.statements import EventStatements
from core.jobs.statements import JobStatements
from core.row_types import row_fragment


class AccountStatements(
    Statements,
    uses=[EventStatements, JobStatements],
    fragments={
        "user": row_fragment(UserRow, "{of}"),
        "pending_requests_limit": "-- How many users one may have asked to follow and wait for.\n"
        f"{PENDING_REQUESTS}",
    },
):
    account_close: str
    account_delete: str
    account_deletion_lock: str
    account_details: str
    account_erasures_add: str
    account_export: str
    account_hide: str
    account_remains_delete: str
    account_restore: str
    account_restore_lock: str
    account_token: str
    account_token_create: str
    account_token_use: str
    account_tokens_expire: str
    avatar_url_set: str
    block_create: str
    block_delete: str
    blocked_pages: Variants
    blocks_export: str
    email_pend: str
    email_to_verify: str
    email_verify: str
    follow_create: str
    follow_delete: str
    follow_request_accept: str
    follow_request_count: str
    follow_request_reject: str
    follow_requests_export: str
    follow_requests_pages: Variants
    follower_delete: str
    followers_export: str
    followers_pages: Variants
    following_export: str
    following_pages: Variants
    follows_of_user: str
    follows_sever: str
    hidden_pairs: str
    idempotency_claim: str
    idempotency_earlier: str
    idempotency_expire: str
    idempotency_settle: str
    known_followers_pages: Variants
    mail_recipient: str
    mute_create: str
    mute_delete: str
    muted_pages: Variants
    mutes_export: str
    owner_lock: str
    password_change: str
    password_of_user: str
    password_rehash: str
    password_reset: str
    profile_update: str
    relations_by_ids: str
    session_create: str
    session_is_live: str
    session_key: str
    session_lock: str
    session_of_user: str
    session_rotate: str
    sessions_expire: str
    sessions_export: str
    sessions_limit: str
    sessions_of_user: str
    sessions_revoke: str
    sessions_revoke_others: str
    suspension_export: str
    suspensions_end: str
    suspensions_ended: str
    user_by_username: Variants
    user_create: str
    user_details_by_ids: Variants
    user_for_reset_by_email: str
    user_for_reset_by_username: str
    user_for_sign_in_by_email: str
    user_for_sign_in_by_username: str
    user_lock: str
    user_lock_of_session: str
    user_suspend: str
    user_unsuspend: str
    username_lock: str
    username_taken: str
    users_by_ids: Variants
    users_lock: str


SQL = AccountStatements()
