"""Settings that bound what a client may send, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import parsing
from core.config.declared_setting import setting


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
        "2000",
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
    rate_person_cost: int = setting(
        parsing.whole_number(0, 999_999_999),
        "60000",
        "Points of cost that a signed-in user may use in a minute, at most; 0: no limit.",
        in_debug="999999999",
    )
    rate_address_cost: int = setting(
        parsing.whole_number(0, 999_999_999),
        "3000000",
        "Points that all anonymous clients of an IPv4 address or IPv6 /64 may use in a minute, at most; 0: no limit.",
        in_debug="999999999",
    )
    posts_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "300",
        "Posts that a user may write in an hour; 0: no limit.",
        in_debug="0",
    )
    comments_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "1000",
        "Comments that a user may write in an hour; 0: no limit.",
        in_debug="0",
    )
    follows_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "400",
        "Times that a user may follow others in an hour; 0: no limit.",
        in_debug="0",
    )
    reactions_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "2000",
        "Likes and shares of a user in an hour; 0: no limit.",
        in_debug="0",
    )
    reports_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "60",
        "Posts, comments and users that a user may report in an hour; 0: no limit.",
        in_debug="0",
    )
    exports_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "3",
        "Archives of own data that a user may ask for in an hour; 0: no limit.",
        in_debug="0",
    )
    uploads_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "300",
        "Uploads that a user may begin in an hour; 0: no limit.",
        in_debug="0",
    )
    sign_ups_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "60",
        "Accounts that may be made from an IPv4 address or IPv6 /64 in an hour; 0: no limit.",
        in_debug="0",
    )
    sign_ins_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "1000",
        "Calls of signIn from an IPv4 address or IPv6 /64 in an hour; 0: no limit.",
        in_debug="0",
    )
    password_resets_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "60",
        "Calls of requestPasswordReset from an IPv4 address or IPv6 /64 in an hour; 0: no limit.",
        in_debug="0",
    )
    verification_mails_per_hour: int = setting(
        parsing.whole_number(0, 999_999_999),
        "10",
        "Mails that verify an address, by resendVerification and changeEmail of a user, in an hour; 0: no limit.",
        in_debug="0",
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
