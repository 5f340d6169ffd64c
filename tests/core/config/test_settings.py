"""Settings: read and validated together; docs, .env.example and docker-compose.yml list the same ones."""

from __future__ import annotations

import os
import re
import sys
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
import yaml

from core.config.database_url import django_database
from core.config.environment import (
    DEVELOPMENT_ONLY,
    Environment,
    EnvironmentInvalid,
    declared_settings,
)
from core.database.database import Database
from tests.commands import output_of
from tests.paths import ROOT

REQUIRED = {
    "SECRET_KEY": "k" * 40,
    "DATABASE_URL": "postgresql://feed:p%40ss@db:5432/feed",
    "REDIS_URL": "redis://cache:6379/0",
    "ALLOWED_HOSTS": "feed.example.com",
}
NAMES = [name.upper() for name in declared_settings()]
# Defaults of containers that differ from those of the code.
OF_CONTAINERS = {"HOST": "0.0.0.0", "MEDIA_STORAGE": "/media"}  # noqa: S104  # compared, not listened on


def default_of(name: str) -> str:
    return OF_CONTAINERS.get(name) or declared_settings()[name.lower()].default


def example_settings() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    settings = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in settings}


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


def test_a_start_runs_no_other_program() -> None:
    """Django's geometries would search for a library by a compiler, and take 0.2 s."""
    hook = "lambda event, values: event == 'subprocess.Popen' and print(values[1])"
    program = (
        f"import sys, django; sys.addaudithook({hook}); django.setup(); import core.config.schema"
    )
    assert output_of(sys.executable, "-c", program) == ""


def test_production_refuses_any_host() -> None:
    with pytest.raises(EnvironmentInvalid, match=r"ALLOWED_HOSTS is invalid: .* Name the hosts"):
        Environment.read(REQUIRED | {"ALLOWED_HOSTS": "feed.example.com,*"})
    assert Environment.read(REQUIRED | {"ALLOWED_HOSTS": "*", "DEBUG": "true"}).allowed_hosts == (
        "*",
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "feed.example.com"])  # noqa: S104  # refused
def test_debug_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(
        EnvironmentInvalid, match=r"^DEBUG is invalid: .* HOST must be 127\.0\.0\.1"
    ):
        Environment.read(REQUIRED | {"DEBUG": "true", "HOST": host})
    for own in ("127.0.0.1", "::1", "localhost", ""):
        assert Environment.read(REQUIRED | {"DEBUG": "true", "HOST": own}).debug


def test_rate_limits_allow_the_dearest_operation() -> None:
    for name in ("USER_POINTS_PER_MINUTE", "ADDRESS_POINTS_PER_MINUTE"):
        with pytest.raises(EnvironmentInvalid, match=f"{name} is invalid: .* MAX_COST or more"):
            Environment.read(REQUIRED | {name: "4999"})
        Environment.read(REQUIRED | {name: "0"})
        Environment.read(REQUIRED | {name: "4999", "MAX_COST": "4999"})


def test_the_required_settings_suffice() -> None:
    settings = Environment.read(REQUIRED)
    assert settings.port == 8000
    assert settings.debug is False
    assert settings.allowed_hosts == ("feed.example.com",)
    assert settings.cors_origins == ()


def test_every_missing_setting_is_reported() -> None:
    with pytest.raises(EnvironmentInvalid) as refused:
        Environment.read({})
    lines = str(refused.value).splitlines()
    assert [line.split()[0] for line in lines[:-1]] == sorted(REQUIRED, key=NAMES.index)


def test_development_requires_no_setting() -> None:
    assert Environment.read({"DEBUG": "true"}).secret_key == DEVELOPMENT_ONLY


def test_forms_of_hosts_proxies_and_servers_are_taken() -> None:
    settings = Environment.read(
        {
            **REQUIRED,
            "ALLOWED_HOSTS": "localhost, .example.com,[::1],10.0.0.1",
            "TRUSTED_PROXIES": "10.0.0.0/8, ::1,192.0.2.1",
            "REDIS_URL": "rediss://cache/?ssl_cert_reqs=none",
            "SENTRY_DSN": "https://key@o1.ingest.sentry.io/4501",
        }
    )
    assert settings.allowed_hosts == ("localhost", ".example.com", "[::1]", "10.0.0.1")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1", "192.0.2.1")
    assert settings.redis_url == "rediss://cache/?ssl_cert_reqs=none"
    assert settings.sentry_dsn == "https://key@o1.ingest.sentry.io/4501"


def test_two_secret_keys_replace_the_one() -> None:
    old, new = "o" * 40, "n" * 40
    alone = {name: text for name, text in REQUIRED.items() if name != "SECRET_KEY"}
    assert Environment.read({**REQUIRED, "SECRET_KEY": old}).secrets == (old.encode(),)
    for variables in (alone, {**REQUIRED, "SECRET_KEY": old}):
        settings = Environment.read({**variables, "SECRET_KEYS": f"{new}, {old}"})
        assert settings.secrets == (new.encode(), old.encode())
    with pytest.raises(EnvironmentInvalid, match="SECRET_KEY is not among SECRET_KEYS"):
        Environment.read({**REQUIRED, "SECRET_KEY": "x" * 40, "SECRET_KEYS": f"{new},{old}"})
    with pytest.raises(EnvironmentInvalid, match="SECRET_KEYS is invalid: use 32 or more"):
        Environment.read({**REQUIRED, "SECRET_KEYS": f"{REQUIRED['SECRET_KEY']},short"})
    with pytest.raises(EnvironmentInvalid, match="SECRET_KEY is the default for development"):
        Environment.read({**alone, "SECRET_KEYS": f"{new},{DEVELOPMENT_ONLY}"})


def test_the_development_secret_is_invalid_in_production() -> None:
    with pytest.raises(EnvironmentInvalid, match="SECRET_KEY is the default for development"):
        Environment.read({**REQUIRED, "SECRET_KEY": DEVELOPMENT_ONLY})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "short", "32 or more characters"),
        ("SECRET_KEYS", "k" * 40 + "," + "k" * 40, "each key once"),
        ("MAIL_URL", "http://mail", "begins with smtp://"),
        ("MAIL_URL", "smtp://:25", "name the host"),
        ("MAIL_URL", "smtp://user:a b@mail", "percent-encode"),
        ("MAIL_FROM", "nobody", "feed@example.com"),
        ("MAIL_FROM", "a@b.example\nBcc: x@y.example", "feed@example.com"),
        ("APP_URL", "ftp://app.example.org", "https://app.example.com"),
        ("SIGN_UP", "maybe", "OPEN, CLOSED"),
        ("DATABASE_URL", "mysql://db/feed", "begins with postgresql://"),
        ("DATABASE_URL", "postgresql://db:5432", "name of the database"),
        ("DATABASE_URL", "postgresql://feed:a b@db/feed", "percent-encode"),
        ("DATABASE_URL", "postgresql://db:99999/feed", "begins with postgresql://"),
        ("DATABASE_URL", "postgresql://db/feed/x", "name of the database"),
        ("REDIS_URL", "http://cache", "begins with redis://"),
        ("REDIS_URL", "redis://:6379/0", "name the host"),
        ("REDIS_URL", "redis://cache:6379/feed", "number of a database"),
        ("REDIS_URL", "redis://cache/0?tls=on", "parameters of redis-py"),
        ("REDIS_URL", "redis://cache/0?socket_timeout=soon", "parameters of redis-py"),
        ("TRACES_URL", "http://", "name the host"),
        ("SENTRY_DSN", "https://sentry.example.com/1", "a DSN as Sentry shows it"),
        ("SENTRY_DSN", "https://hush@sentry.example.com", "a DSN as Sentry shows it"),
        ("TRUSTED_PROXIES", "proxy", "addresses or networks"),
        ("TRUSTED_PROXIES", "10.0.0.0/99", "addresses or networks"),
        ("TRUSTED_PROXIES", "10.0.0.7/8", "addresses or networks"),
        ("TRUSTED_PROXIES", ",", "addresses or networks"),
        ("PORT", "0", "from 1 to 65,535"),
        ("PORT", "eighty", "from 1 to 65,535"),
        ("PORT", "9" * 10_000, "from 1 to 65,535"),
        ("POOL_SIZE", "0", "from 1 to 200"),
        ("BYTE_CACHE_SECONDS", "nan", "from 0 to 60"),
        ("BYTE_CACHE_SECONDS", "soon", "from 0 to 60"),
        ("REQUEST_SECONDS", "-1", "from 0.1 to 300"),
        ("COMPILED_EXECUTION", "perhaps", "true or false"),
        ("DEBUG", "perhaps", "true or false"),
        ("LOG_LEVEL", "LOUD", "one of DEBUG, INFO"),
        ("HOST", "not a host", "IP address"),
        ("ALLOWED_HOSTS", "a b", "host names"),
        ("ALLOWED_HOSTS", "https://feed.example.com", "without scheme and port"),
        ("ALLOWED_HOSTS", "feed.example.com:8000", "without scheme and port"),
        ("ALLOWED_HOSTS", "*.example.com", "without scheme and port"),
        ("CORS_ORIGINS", "my-app.test", "https://app.example.com"),
        ("ADMIN_PATH", "graphql", "that the server does not use"),
        ("ADMIN_PATH", "Static/x", "that the server does not use"),
        ("ADMIN_PATH", "../x", "a path of letters"),
        ("POOL_QUEUE", "0", "from 1 to 100,000"),
    ],
)
def test_an_invalid_value_is_reported_with_advice_and_not_quoted(
    name: str, value: str, says: str
) -> None:
    with pytest.raises(EnvironmentInvalid) as refused:
        Environment.read({**REQUIRED, name: value})
    message = str(refused.value)
    assert message.startswith(f"{name} is invalid: ")
    assert says in message
    assert value not in message.splitlines()[0] or len(value) < 3, "it may be a secret"


@pytest.mark.parametrize("raw", [*"/?#%@[] \t", "%zz", "12/34", "12?34", "12#34", "a:b@c"])
@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("DATABASE_URL", "postgresql://feed:{}@db:5432/feed"),
        ("REDIS_URL", "redis://:{}@cache:6379/0"),
    ],
)
def test_a_password_that_is_not_percent_encoded_is_reported(
    variable: str, url: str, raw: str
) -> None:
    with pytest.raises(EnvironmentInvalid) as refused:
        Environment.read({**REQUIRED, variable: url.format(f"hush{raw}hush")})
    with pytest.raises(EnvironmentInvalid) as refused:
        Environment.read({**REQUIRED, variable: url.format(f"12{raw}hush")})
    assert "percent-encode" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_the_password_of_compose_may_hold_any_characters(database: Database) -> None:
    """The drivers use PGPASSWORD for a URL without a password, so nothing needs encoding."""
    password = "p/a@s#s%41?w:o r[d]$'\"\\é"
    url = os.environ["DATABASE_URL"]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("DROP ROLE IF EXISTS composed")
        cursor.execute("CREATE ROLE composed LOGIN SUPERUSER PASSWORD %s", (password,))
        try:
            composed = re.sub("//.*@", "//composed@", url)
            assert Environment.read({**REQUIRED, "DATABASE_URL": composed}).database_url == composed
            variables = {"DATABASE_URL": composed, "PGPASSWORD": password}
            for command in ("migrate --check", "work --once"):  # psycopg2, asyncpg
                output_of(
                    sys.executable, "-W", "ignore", "manage.py", *command.split(), **variables
                )
        finally:
            cursor.execute("DROP ROLE composed")


def test_all_invalid_values_are_reported_together() -> None:
    with pytest.raises(EnvironmentInvalid) as refused:
        Environment.read({**REQUIRED, "PORT": "x", "POOL_SIZE": "x"})
    assert [line.split()[0] for line in str(refused.value).splitlines()[:2]] == [
        "PORT",
        "POOL_SIZE",
    ]


def test_events_are_retained_longer_than_access_tokens_are_valid() -> None:
    def read(minutes: int, hours: int) -> Environment:
        chosen = {"ACCESS_TOKEN_MINUTES": str(minutes), "EVENT_RETENTION_HOURS": str(hours)}
        return Environment.read({**REQUIRED, **chosen})

    assert read(30, 1).recent_revocations == timedelta(hours=1)
    for minutes, hours in ((31, 1), (1_440, 24)):
        with pytest.raises(EnvironmentInvalid, match=r"^EVENT_RETENTION_HOURS is invalid: "):
            read(minutes, hours)


def test_an_empty_value_means_the_default() -> None:
    assert Environment.read({**REQUIRED, "PORT": " "}).port == 8000


def test_origins_are_a_list_or_all_or_none() -> None:
    def origins(text: str) -> tuple[str, ...]:
        return Environment.read({**REQUIRED, "CORS_ORIGINS": text}).cors_origins

    assert origins("https://a.example/, http://localhost:3000") == (
        "https://a.example",
        "http://localhost:3000",
    )
    assert origins("*") == ("*",)
    assert origins("http://localhost:*") == ("http://localhost:*",)
    assert origins("none") == ()


def test_the_database_url_becomes_djangos_settings() -> None:
    entry = django_database("postgresql://me:p%40ss@db:5433/feed?sslmode=require")
    assert entry["NAME"] == "feed"
    assert entry["PASSWORD"] == "p@ss"
    assert (entry["HOST"], entry["PORT"]) == ("db", "5433")
    assert entry["OPTIONS"] == {"sslmode": "require", "connect_timeout": "5"}
    given = django_database("postgresql://db/feed?connect_timeout=2")
    assert given["OPTIONS"] == {"connect_timeout": "2"}


def test_the_docs_list_every_setting_with_its_default() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$",
        (ROOT / "docs" / "settings.md").read_text(),
        re.MULTILINE,
    )
    expected = [
        (name.upper(), f"`{one.default}`" if one.default else "must be set", one.purpose)
        for name, one in declared_settings().items()
    ]
    assert rows == expected


def test_the_example_lists_every_setting_with_its_default() -> None:
    example = example_settings()
    assert sorted(example) == sorted([*NAMES, "POSTGRES_PASSWORD"])
    for name in NAMES:
        if default_of(name):
            assert example[name] == default_of(name)


def test_the_example_is_valid_with_a_secret_key() -> None:
    example = {**example_settings(), "SECRET_KEY": "k" * 40}
    settings = Environment.read(example)
    assert not settings.debug
    assert Environment.read({**REQUIRED, **OF_CONTAINERS}) == Environment.read(
        {**example, **REQUIRED}
    )


def test_compose_passes_every_setting_with_the_same_default() -> None:
    for name in ("migrate", "web", "worker"):
        settings = compose()["services"][name]["environment"]
        assert settings.pop("PGPASSWORD") == "${POSTGRES_PASSWORD:?Set POSTGRES_PASSWORD in .env}"
        options = settings.pop("PGOPTIONS", None)  # of PostgreSQL's client
        assert options == ("-c lock_timeout=3s" if name == "migrate" else None)
        assert sorted(settings) == sorted(NAMES)
        for variable, text in settings.items():
            default = declared_settings()[variable.lower()].default and default_of(variable)
            expected = f":-{default}" if default else f":?Set {variable} in .env"
            assert text == f"${{{variable}{expected}}}"


def test_the_example_lists_every_variable_of_compose() -> None:
    used = re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())
    assert set(used) == set(example_settings())


@pytest.fixture(scope="module")
def attributes_read() -> set[str]:
    """The attributes that the product names. A setting may have the name of a function that parses it."""
    return {
        name
        for folder in ("core", "feed", "interactions")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"(?<=\w\.)(?<!parsing\.)\w+", path.read_text())
    }


@pytest.mark.parametrize("name", declared_settings())
def test_every_setting_is_read_somewhere(name: str, attributes_read: set[str]) -> None:
    assert name in attributes_read
