"""Every setting of the server, read from environment variables once and judged together."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, cast

from core.config import parsing
from core.config.parsing import ValueRefused

SECRET_KEY_LENGTH = 32
REVOKING_MINUTES = 30
"""How long a transaction may take that ends sessions. Their events have the time at which it began."""
DEVELOPMENT_ONLY = "only-for-development-never-for-a-server-that-others-reach"


class EnvironmentInvalid(Exception):
    """One or more variables are missing or wrong; the message has a line for each."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How one variable is read: its form, what it is for, and what holds when it is not set."""

    parse: Callable[[str], Any]
    default: str
    purpose: str
    default_in_debug: str | None = None


def setting(
    parse: Callable[[str], Any], default: str, purpose: str, *, in_debug: str | None = None
) -> Any:
    """A dataclass field that is read from the variable of its name in capitals.

    An empty default means that the variable must be set, unless `in_debug` stands in for it.
    """
    described = Setting(parse, default, purpose, in_debug)
    return dataclasses.field(metadata={"setting": described})


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
        "Signs tokens and cursors: 32 characters or more, random. Changing it signs everybody out.",
        in_debug=DEVELOPMENT_ONLY,
    )
    database_url: str = setting(
        parsing.database_url,
        "",
        "PostgreSQL 16 or newer: postgresql://user:password@host:5432/name",
        in_debug="postgresql://localhost:5432/feed",
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
        "Host names that the admin answers to, separated by commas.",
        in_debug="localhost,127.0.0.1,[::1]",
    )
    cors_origins: tuple[str, ...] = setting(
        parsing.origins,
        "none",
        "Web origins whose pages may call the API, by commas; `*` for all, `none` for none.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        parsing.proxies,
        "none",
        "Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, by commas.",
    )
    host: str = setting(parsing.host, "127.0.0.1", "The address that the server listens on.")
    port: int = setting(
        parsing.whole_number(1, 65_535), "8000", "The port that the server listens on."
    )
    web_processes: int = setting(
        parsing.whole_number(1, 64), "1", "Server processes; one for each core is a good start."
    )
    pool_size: int = setting(
        parsing.whole_number(1, 200), "10", "Database connections that each process may hold."
    )
    connections_per_address: int = setting(
        parsing.whole_number(1, 20_000),
        "1000",
        "Live connections that each process takes from one IPv4 address or IPv6 /64 network.",
    )
    sockets_per_address: int = setting(
        parsing.whole_number(0, 100_000),
        "0",
        "Open sockets that each process takes from one IPv4 address or IPv6 /64, trusted proxies aside; 0: any number.",
    )
    request_head_seconds: float = setting(
        parsing.number(0.1, 300), "20", "How long a client may take to send the head of a request."
    )
    request_seconds: float = setting(
        parsing.number(0.1, 300), "10", "How long a request may run before it is given up."
    )
    access_token_minutes: int = setting(
        parsing.whole_number(1, 1_440), "15", "How long an access token is good."
    )
    refresh_token_days: int = setting(
        parsing.whole_number(1, 365), "30", "How long a refresh token is good if it is not used."
    )
    sign_in_attempts: int = setting(
        parsing.whole_number(1, 1_000_000),
        "50",
        "Wrong passwords for one account from one address in a quarter of an hour, before it has to wait.",
    )
    idempotency_hours: int = setting(
        parsing.whole_number(1, 720), "24", "How long the result of a clientMutationId is kept."
    )
    event_retention_hours: int = setting(
        parsing.whole_number(1, 720),
        "24",
        "How far back a subscription can resume; longer than an access token is good.",
    )
    byte_cache_seconds: float = setting(
        parsing.number(0, 60),
        "1",
        "How long an answer to an anonymous query is served again as it is; 0 turns it off.",
    )
    compiled_execution: bool = setting(
        parsing.boolean,
        "true",
        "Run queries by compiled plans; false runs them by the standard executor.",
    )
    log_level: str = setting(
        parsing.one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "The least of what is logged."
    )

    @property
    def recent_revocations(self) -> timedelta:
        """How far back in the event log are the ends of sessions that have access tokens which are still good."""
        return timedelta(minutes=self.access_token_minutes + REVOKING_MINUTES)

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Environment:
        """The settings that the variables give.

        Errors: EnvironmentInvalid, naming every variable that is missing or wrong.
        """
        debug = variables.get("DEBUG", "").strip().lower() in parsing.TRUE
        values: dict[str, Any] = {}
        problems: list[str] = []
        for field_name, described in settings_described().items():
            variable = field_name.upper()
            default = (debug and described.default_in_debug) or described.default
            text = variables.get(variable, "").strip() or default
            if not text:
                problems.append(f"{variable} is not set. {described.purpose}")
                continue
            try:
                values[field_name] = described.parse(text)
            except ValueRefused as refused:
                problems.append(f"{variable} is refused: {refused}")
        if not debug and values.get("secret_key") == DEVELOPMENT_ONLY:
            problems.append("SECRET_KEY is the one for development. Make one of your own.")
        if problems:
            raise _invalid(problems)
        settings = cls(**values)
        if settings.recent_revocations > timedelta(hours=settings.event_retention_hours):
            said = (
                "EVENT_RETENTION_HOURS is refused: a process that starts reads in the events which sessions have "
                f"ended. Make it {REVOKING_MINUTES} minutes longer than ACCESS_TOKEN_MINUTES, or more."
            )
            raise _invalid([said])
        return settings


def _invalid(problems: Sequence[str]) -> EnvironmentInvalid:
    hint = "For development, `make run` sets everything; `.env.example` lists the settings."
    return EnvironmentInvalid("\n".join([*problems, hint]))


def settings_described() -> dict[str, Setting]:
    """How each field of Environment is read, by the field's name, in order."""
    fields = dataclasses.fields(Environment)
    return {field.name: cast("Setting", field.metadata["setting"]) for field in fields}


@cache
def environment() -> Environment:
    """The settings of this process, read from its environment when first asked for."""
    return Environment.read(os.environ)
