"""Every setting of the server, read from environment variables once and validated together."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Literal, cast

from core.config import parsing
from core.config.account_settings import AccountSettings
from core.config.declared_setting import Setting, setting
from core.config.limit_settings import LimitSettings
from core.config.observability_settings import ObservabilitySettings
from core.config.parsing import ValueInvalid
from core.config.push_settings import DEVELOPMENT_VAPID_KEY, VAPID_COMMAND, PushSettings

SECRET_KEY_LENGTH = 32
DEVELOPMENT_ONLY = "only-for-development-never-for-a-server-that-others-reach"
REVOKING_MINUTES = 30
"""The longest duration of a transaction that ends sessions: its events have the time at which it began."""


class EnvironmentInvalid(Exception):
    """One or more variables are missing or invalid; the message has a line for each."""


@dataclass(frozen=True, kw_only=True)
class Environment(LimitSettings, AccountSettings, PushSettings, ObservabilitySettings):
    """The settings of one process. Variables are named like the fields, in capitals."""

    debug: bool = setting(
        parsing.boolean,
        "false",
        "Development only, on 127.0.0.1: default secrets, detailed pages in the admin.",
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
        parsing.redis_url,
        "",
        "Valkey or Redis, for the cache, rate limits and live events: redis://host:6379/0",
        in_debug="redis://localhost:6379/0",
    )
    allowed_hosts: tuple[str, ...] = setting(
        parsing.host_names,
        "",
        "Host names under which the admin is served, separated by commas.",
        in_debug="localhost,127.0.0.1,[::1]",
    )
    cors_origins: tuple[str, ...] = setting(
        parsing.origins,
        "none",
        "Web origins whose pages may call the API, separated by commas, `:*` for any port; `*`: all, `none`: none. "
        "In development pages of this machine may.",
        in_debug=",".join(
            f"{scheme}://{host}:*"
            for scheme in ("http", "https")
            for host in ("localhost", "127.0.0.1", "[::1]")
        ),
    )
    trusted_proxies: tuple[str, ...] = setting(
        parsing.proxies,
        "none",
        "Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted, separated by "
        "commas; or `none`.",
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
        "The address at which docs/errors.md is published, to which errors link, below API_URL if it begins with a "
        "slash; or `none`. In development this server.",
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
        "Reads, and likewise writes, of each process that may wait for a connection, at most half of them one user's; "
        "more get 503 at once.",
    )
    statement_seconds: float = setting(
        parsing.number(0.1, 300), "30", "Timeout for an SQL statement of the API and of the admin."
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
    api_url: str | None = setting(
        parsing.base_url,
        "none",
        "The address of this server for clients, for links to archives; `none`: links begin with a slash.",
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

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The secret keys. The first one signs; what was signed with any of them is valid."""
        return tuple(key.encode() for key in self.secret_keys or (self.secret_key,))

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
        if not debug and DEVELOPMENT_ONLY in (values.get("secret_key"), *secret_keys):
            problems.append("SECRET_KEY is the default for development. Generate a random one.")
        if not debug and values.get("vapid_private_key") == DEVELOPMENT_VAPID_KEY:
            problems.append(
                f"VAPID_PRIVATE_KEY is the default for development. Make one: {VAPID_COMMAND}"
            )
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
        problems += _conflicts(settings)
        if problems:
            raise _invalid(problems)
        return settings


def _conflicts(settings: Environment) -> Iterator[str]:
    """Settings that are valid alone, but not together, in words for the operator."""
    if settings.secret_keys and settings.secret_key not in settings.secret_keys:
        yield "SECRET_KEY is not among SECRET_KEYS. Add it there, or leave it out."
    for field_name in ("user_points_per_minute", "address_points_per_minute"):
        if 0 < getattr(settings, field_name) < settings.max_cost:
            yield (
                f"{field_name.upper()} is invalid: an operation of MAX_COST could never be executed. "
                "Set it to MAX_COST or more."
            )
    if settings.vapid_private_key is not None and settings.vapid_contact is None:
        yield "VAPID_CONTACT is not set. Services of Web Push require it: mailto:ops@example.com"
    if settings.apns_key_file is not None:
        for field_name in ("apns_key_id", "apns_team_id", "apns_topic"):
            if getattr(settings, field_name) is None:
                yield f"{field_name.upper()} is not set. APNS_KEY_FILE needs it."
    if settings.recent_revocations > timedelta(hours=settings.event_retention_hours):
        yield (
            "EVENT_RETENTION_HOURS is invalid: a process that starts reads from the events which sessions have "
            f"ended. Set it to at least {REVOKING_MINUTES} minutes more than ACCESS_TOKEN_MINUTES."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _invalid(problems: Sequence[str]) -> EnvironmentInvalid:
    hint = "For development, `make run` sets everything; `.env.example` lists the settings."
    return EnvironmentInvalid("\n".join([*problems, hint]))


def declared_settings() -> dict[str, Setting]:
    """The settings by field name of Environment. Order: its own, then those of each part, as declared."""
    fields = {field.name: field for field in dataclasses.fields(Environment)}
    parts = (Environment, *Environment.__bases__)
    names = [name for part in parts for name in part.__annotations__]
    return {name: cast("Setting", fields[name].metadata["setting"]) for name in names}


@cache
def environment() -> Environment:
    """The settings of this process, read from its environment at the first call."""
    return Environment.read(os.environ)
