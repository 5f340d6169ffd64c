"""Every setting of the server, read from environment variables once and validated together."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Literal, cast

from core.config import parsing
from core.config.declared_setting import Setting, setting
from core.config.parsing import ValueInvalid
from core.config.secret_keys import secrets_of
from core.config.setting_conflicts import REVOKING_MINUTES, conflicts

SECRET_KEY_LENGTH = 32
DEVELOPMENT_ONLY = "only-for-development-never-for-a-server-that-others-reach"


class EnvironmentInvalid(Exception):
    """One or more variables are missing or invalid; the message has a line for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The settings of one process. Variables are named like the fields, in capitals."""

    debug: bool = setting(
        parsing.boolean,
        "false",
        "Development only: default secrets, detailed pages in the admin.",
    )
    secret_key: str = setting(
        parsing.secret(SECRET_KEY_LENGTH),
        "",
        "Signs tokens and cursors: 32 or more random characters. A change signs all users out, except by SECRET_KEYS.",
        in_debug=DEVELOPMENT_ONLY,
    )
    secret_keys: tuple[str, ...] = setting(
        parsing.secrets(SECRET_KEY_LENGTH),
        "none",
        "Secret keys, separated by commas, to replace SECRET_KEY without signing anybody out: the first one signs, all "
        "are valid. SECRET_KEY is one of them or left out; or `none`.",
    )
    database_url: str = setting(
        parsing.database_url,
        "",
        "PostgreSQL 16 or newer: postgresql://user:password@host:5432/name",
        in_debug="postgresql://localhost:5432/feed",
    )
    pgbouncer: Literal["NONE", "SESSION", "TRANSACTION"] = setting(
        parsing.one_of("NONE", "SESSION", "TRANSACTION"),
        "NONE",
        "The pool_mode of the PgBouncer that DATABASE_URL leads to, if it does: session or transaction.",
    )
    redis_url: str = setting(
        parsing.url("redis", "rediss"),
        "",
        "Valkey or Redis, for the cache, rate limits and live events: redis://host:6379/0",
        in_debug="redis://localhost:6379/0",
    )
    allowed_hosts: tuple[str, ...] = setting(
        parsing.names,
        "",
        "Host names under which the admin is served, separated by commas.",
        in_debug="localhost,127.0.0.1,[::1]",
    )
    cors_origins: tuple[str, ...] = setting(
        parsing.origins,
        "none",
        "Web origins whose pages may call the API, separated by commas, `:*` for any port; `*`: all, `none`: none. "
        "In development pages of this machine may.",
        in_debug="http://localhost:*,http://127.0.0.1:*,http://[::1]:*",
    )
    trusted_proxies: tuple[str, ...] = setting(
        parsing.proxies,
        "none",
        "Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted, separated by commas; or `none`.",
    )
    playground: bool = setting(
        parsing.boolean,
        "false",
        "Serve the playground to browsers at /graphql/; in development it is on by default.",
        in_debug="true",
    )
    error_docs_url: str | None = setting(
        parsing.page,
        "none",
        "The address at which docs/errors.md is published, to which errors link; or `none`. "
        "In development this server.",
        in_debug="/docs/errors.md",
    )
    anonymous_introspection: bool = setting(
        parsing.boolean,
        "false",
        "Answer introspection without an access token; where the playground is served it is answered anyway.",
        in_debug="true",
    )
    admin_path: str = setting(
        parsing.folder,
        "admin",
        "The path under which the admin is served, without slashes around it.",
    )
    host: str = setting(parsing.host, "127.0.0.1", "The address that the server listens on.")
    port: int = setting(
        parsing.whole_number(1, 65_535), "8000", "The port that the server listens on."
    )
    web_processes: int = setting(
        parsing.whole_number(1, 64),
        "1",
        "Number of server processes; start with one for each core.",
    )
    pool_size: int = setting(
        parsing.whole_number(1, 200), "10", "Database connections of each process, at most."
    )
    pool_seconds: float = setting(
        parsing.number(0.1, 60), "5", "Timeout for a statement to get a database connection."
    )
    pool_queue: int = setting(
        parsing.whole_number(1, 100_000),
        "1000",
        "Reads, and likewise writes, of each process that may wait for a connection; more get 503 at once.",
    )
    statement_seconds: float = setting(
        parsing.number(0.1, 300), "30", "Timeout for an SQL statement of the API and of the admin."
    )
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
    request_head_seconds: float = setting(
        parsing.number(0.1, 300), "20", "Timeout for a client to send the head of a request."
    )
    request_body_seconds: float = setting(
        parsing.number(0.1, 300), "10", "Timeout for a client to send the body of a request."
    )
    idle_seconds: int = setting(
        parsing.whole_number(1, 3_600),
        "75",
        "How long a connection without a request stays open; longer than the proxy keeps it.",
    )
    request_seconds: float = setting(
        parsing.number(0.1, 300), "10", "Timeout for the execution of a request."
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
    sign_up: str = setting(
        parsing.one_of("OPEN", "CLOSED"),
        "open",
        "Whether `signUp` makes accounts: open, or closed. Closed, only the admin and `createsuperuser` do.",
    )
    mail_url: str = setting(
        parsing.mail_url,
        "none",
        "The mail server: smtp://host:25, or with TLS smtp+tls://user:password@host:587 (STARTTLS) or smtps://…:465; "
        "file:///folder writes mails to files; none: no mail is sent.",
    )
    mail_from: str = setting(
        parsing.mail_from,
        "feed@localhost",
        "The sender of mails: an address, or `Name <address>`.",
    )
    app_url: str | None = setting(
        parsing.base_url,
        "none",
        "The address of the app, for links in mails: its pages verify-email and reset-password get `?token=…`; "
        "or `none`.",
    )
    access_token_minutes: int = setting(
        parsing.whole_number(1, 1_440), "15", "Lifetime of an access token."
    )
    refresh_token_days: int = setting(
        parsing.whole_number(1, 365), "30", "Lifetime of a refresh token that is not used."
    )
    deletion_grace_days: int = setting(
        parsing.whole_number(0, 365),
        "14",
        "How long an account that its user has deleted can be restored; then it is erased.",
    )
    export_hours: int = setting(
        parsing.whole_number(1, 720),
        "72",
        "How long an archive of a user's data can be downloaded.",
    )
    api_url: str | None = setting(
        parsing.base_url,
        "none",
        "The address of this server for clients, for links to archives; `none`: links begin with a slash.",
    )
    sign_in_attempts: int = setting(
        parsing.whole_number(1, 1_000_000),
        "50",
        "Wrong passwords for one account from one address within 15 minutes; more are refused.",
    )
    idempotency_hours: int = setting(
        parsing.whole_number(1, 720), "24", "Retention of the result of a clientMutationId."
    )
    event_retention_hours: int = setting(
        parsing.whole_number(1, 720),
        "24",
        "Retention of events, from which subscriptions resume; longer than ACCESS_TOKEN_MINUTES.",
    )
    byte_cache_seconds: float = setting(
        parsing.number(0, 60),
        "1",
        "How long the response to an anonymous query is served from the cache; 0 disables the cache.",
    )
    compress_bytes: int = setting(
        parsing.whole_number(0, 10_000_000),
        "1400",
        "Responses of so many bytes are compressed for clients that accept gzip; 0: none, as behind a proxy that "
        "does it.",
    )
    trusted_documents_only: bool = setting(
        parsing.boolean,
        "false",
        "Execute only documents that `manage.py trust_documents` has stored; false: any.",
    )
    draft_statuses: bool = setting(
        parsing.boolean,
        "false",
        "Answer with the statuses of the GraphQL over HTTP draft of 2026: 422 and 294 where it has them.",
    )
    media_storage: str = setting(
        parsing.storage,
        ".data/media",
        "Where pictures are stored: a folder that web and worker share, or a bucket: "
        "https://KEY:SECRET@s3.example.com/bucket?region=eu-west-1",
    )
    media_url: str | None = setting(
        parsing.origin,
        "none",
        "The address of this server from which clients get pictures: https://media.example.com; `none`: API_URL.",
    )
    compiled_execution: bool = setting(
        parsing.boolean,
        "true",
        "Execute operations by compiled plans; false: by graphql-core's executor.",
    )
    worker_memory_mb: int = setting(
        parsing.whole_number(128, 1_048_576),
        "1024",
        "Mebibytes of memory that a worker may take; a job that takes more fails.",
    )
    worker_metrics_port: int = setting(
        parsing.whole_number(0, 65_535),
        "0",
        "The port on which a worker serves its metrics on all addresses; 0: none.",
    )
    log_level: str = setting(
        parsing.one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "INFO",
        "The lowest level that is logged.",
    )
    log_format: str = setting(
        parsing.one_of("JSON", "TEXT"),
        "JSON",
        "The format of log lines: a JSON object each, or text, which is for development.",
        in_debug="TEXT",
    )
    request_logs: float = setting(
        parsing.number(0, 1),
        "1",
        "The fraction of requests that have a log line. Slow ones and those with a fault always have one.",
        in_debug="0",
    )
    slow_request_seconds: float = setting(
        parsing.number(0.001, 300), "1", "From which duration on a request is logged as a warning."
    )
    slow_statement_seconds: float = setting(
        parsing.number(0.001, 300),
        "0.5",
        "From which duration on a statement is logged, with the operation and its document.",
    )

    traces_url: str | None = setting(
        parsing.service_url,
        "none",
        "An OpenTelemetry collector that gets traces by OTLP over HTTP, as in http://collector:4318; or `none`.",
    )
    traces_sampled: float = setting(
        parsing.number(0, 1),
        "0.01",
        "The fraction of requests that are traced, beside those whose `traceparent` asks for it.",
    )
    sentry_dsn: str | None = setting(
        parsing.service_url, "none", "The DSN of a Sentry project that gets faults; or `none`."
    )

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The secret keys. The first one signs; what was signed with any of them is valid."""
        return secrets_of(self)

    @property
    def recent_revocations(self) -> timedelta:
        """The age up to which an event that ended a session matters: an access token of it may still be valid."""
        return timedelta(minutes=self.access_token_minutes + REVOKING_MINUTES)

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Environment:
        """The settings that the variables give.

        Errors: EnvironmentInvalid, with a line for each variable that is missing or invalid.
        """
        debug = variables.get("DEBUG", "").strip().lower() in parsing.TRUE
        keys = variables.get("SECRET_KEYS", "").strip()
        if keys and keys != "none" and not variables.get("SECRET_KEY", "").strip():
            variables = {**variables, "SECRET_KEY": keys.partition(",")[0]}
        values: dict[str, Any] = {}
        problems: list[str] = []
        for field_name, described in declared_settings().items():
            variable = field_name.upper()
            default = (debug and described.default_in_debug) or described.default
            text = variables.get(variable, "").strip() or default
            if not text:
                problems.append(f"{variable} is not set. {described.purpose}")
                continue
            try:
                values[field_name] = described.parse(text)
            except ValueInvalid as invalid:
                problems.append(f"{variable} is invalid: {invalid}")
        secret_keys = values.get("secret_keys", ())
        if secret_keys and values.get("secret_key", secret_keys[0]) not in secret_keys:
            problems.append("SECRET_KEY is not among SECRET_KEYS. Add it there, or leave it out.")
        if not debug and DEVELOPMENT_ONLY in (values.get("secret_key"), *secret_keys):
            problems.append("SECRET_KEY is the default for development. Generate a random one.")
        if debug and not _is_loopback(values.get("host", "127.0.0.1")):
            problems.append(
                "DEBUG is invalid: with it anyone can sign in as any user, so HOST must be 127.0.0.1, ::1 or localhost."
            )
        if not debug and "*" in values.get("allowed_hosts", ()):
            problems.append(
                "ALLOWED_HOSTS is invalid: `*` would accept links with any host. Name the hosts."
            )
        if problems:
            raise _invalid(problems)
        settings = cls(**values)
        problems += conflicts(settings)
        if problems:
            raise _invalid(problems)
        return settings


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _invalid(problems: Sequence[str]) -> EnvironmentInvalid:
    hint = "For development, `make run` sets everything; `.env.example` lists the settings."
    return EnvironmentInvalid("\n".join([*problems, hint]))


def declared_settings() -> dict[str, Setting]:
    """The settings by field name of Environment. Order: as declared."""
    fields = dataclasses.fields(Environment)
    return {field.name: cast("Setting", field.metadata["setting"]) for field in fields}


@cache
def environment() -> Environment:
    """The settings of this process, read from its environment at the first call."""
    return Environment.read(os.environ)
