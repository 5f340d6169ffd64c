"""Settings that bound what a client may send, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.config import parsing
from core.config.declared_setting import setting

MAX_RATE = 999_999_999


def per_hour(default: str, what: str) -> Any:
    """A setting that limits how often something is done in an hour; in development nothing does."""
    purpose = f"{what} in an hour; 0: no limit."
    return setting(parsing.whole_number(0, MAX_RATE), default, purpose, in_debug="0")


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    """A part of `Environment`."""

    connections_per_address: int = setting(
        parsing.whole_number(1, 20_000),
        "1000",
        "Live connections of each process from one IPv4 address or IPv6 /64 network, at most.",
    )
    sockets_per_address: int = setting(
        parsing.whole_number(0, 100_000),
        "0",
        "Open sockets of each process from one IPv4 address or IPv6 /64, at most; except trusted proxies; 0: no limit.",
    )
    max_cost: int = setting(
        parsing.whole_number(1, 1_000_000),
        "5000",
        "Cost of an operation, at most: the objects that it may return, weighted.",
    )
    max_depth: int = setting(parsing.whole_number(1, 100), "12", "Depth of nested fields, at most.")
    max_aliases: int = setting(
        parsing.whole_number(0, 1_000), "60", "Aliases in an operation, at most."
    )
    max_root_fields: int = setting(
        parsing.whole_number(1, 1_000), "20", "Root fields of an operation, at most."
    )
    max_directives: int = setting(
        parsing.whole_number(0, 1_000), "50", "Directives in an operation, at most."
    )
    max_fragment_spreads: int = setting(
        parsing.whole_number(0, 1_000),
        "200",
        "Fragment spreads in an operation, at most.",
    )
    max_list_items: int = setting(
        parsing.whole_number(100, 10_000),
        "1000",
        "Items of one list in an argument or variable, at most.",
    )
    max_tokens: int = setting(
        parsing.whole_number(100, 100_000),
        "1500",
        "Tokens of a document, at most.",
    )
    max_document_characters: int = setting(
        parsing.whole_number(1_000, 1_000_000),
        "65536",
        "Characters of a document, at most.",
    )
    max_body_bytes: int = setting(
        parsing.whole_number(1_000, 10_000_000),
        "262144",
        "Bytes of a request body or WebSocket message, at most.",
    )
    max_answer_bytes: int = setting(
        parsing.whole_number(10_000, 100_000_000),
        "8388608",
        "Bytes of an answer, at most.",
    )
    report_cost: bool = setting(
        parsing.boolean,
        "false",
        "Report the cost of each operation in `extensions.cost`; false: to clients that send `GraphQL-Cost: report`.",
    )
    user_points_per_minute: int = setting(
        parsing.whole_number(0, MAX_RATE),
        "60000",
        "Points of cost that a signed-in user may use in a minute, at most; 0: no limit.",
        in_debug=str(MAX_RATE),
    )
    address_points_per_minute: int = setting(
        parsing.whole_number(0, MAX_RATE),
        "3000000",
        "Points that all anonymous clients of an IPv4 address or IPv6 /64 may use in a minute, at most; 0: no limit.",
        in_debug=str(MAX_RATE),
    )
    posts_per_hour: int = per_hour("300", "Posts that a user may write and edit")
    comments_per_hour: int = per_hour("1000", "Comments that a user may write and edit")
    follows_per_hour: int = per_hour("400", "Times that a user may follow others")
    blocks_per_hour: int = per_hour("400", "Times that a user may block and mute others")
    reactions_per_hour: int = per_hour("2000", "Likes, shares and bookmarks of a user")
    reports_per_hour: int = per_hour("60", "Posts, comments and users that a user may report")
    exports_per_hour: int = per_hour("3", "Archives of own data that a user may ask for")
    uploads_per_hour: int = per_hour("300", "Uploads that a user may begin")
    sign_ups_per_hour: int = per_hour(
        "60", "Accounts that may be made from an IPv4 address or IPv6 /64"
    )
    sign_ins_per_hour: int = per_hour("1000", "Calls of signIn from an IPv4 address or IPv6 /64")
    password_resets_per_hour: int = per_hour(
        "60", "Calls of requestPasswordReset from an IPv4 address or IPv6 /64"
    )
    verification_mails_per_hour: int = per_hour(
        "10", "Mails that verify an address, by resendVerification and changeEmail of a user"
    )
    sign_in_attempts: int = setting(
        parsing.whole_number(1, 1_000_000),
        "50",
        "Wrong passwords for one account from one address within 15 minutes; more are refused.",
    )
    trusted_documents_only: bool = setting(
        parsing.boolean,
        "false",
        "Execute only documents that `manage.py trust_documents` has stored; false: any.",
    )
