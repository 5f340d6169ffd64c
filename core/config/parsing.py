"""Parsers of settings. Each returns the value, or raises ValueInvalid with a message for the operator."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from email.utils import parseaddr
from urllib.parse import urlsplit

from core import numbers

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
TAKEN_FOLDERS = frozenset(
    {
        "graphql",
        "playground",
        "demo",
        "docs",
        "exports",
        "static",
        "healthz",
        "readyz",
        "metrics",
        "media",
        "favicon.ico",
    }
)
"""The first parts of paths that the server uses itself."""
UNENCODED = re.compile(r"[\s#]|%(?![0-9A-Fa-f]{2})")
"""Occurs in a URL only if a part was not percent-encoded."""


class ValueInvalid(Exception):
    """The text is not a valid value; the message says what is.

    The message does not quote the text, which may be a password.
    """


def boolean(text: str) -> bool:
    """True or False, for one of the words in TRUE or FALSE."""
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueInvalid("write true or false.")


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A parser of whole numbers within the bounds."""
    return numbers.whole_number(lowest, highest, _not_a_number)


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """A parser of numbers within the bounds."""
    return numbers.number(lowest, highest, _not_a_number)


def _not_a_number(wanted: str) -> ValueInvalid:
    return ValueInvalid(f"write {wanted}.")


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser of one of the choices, in upper or lower case."""

    def parse(text: str) -> str:
        if text.upper() not in choices:
            raise ValueInvalid(f"write one of {', '.join(choices)}.")
        return text.upper()

    return parse


def secret(shortest: int) -> Callable[[str], str]:
    """A parser of secrets with a minimum length."""

    def parse(text: str) -> str:
        if len(text) < shortest:
            command = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            raise ValueInvalid(f"use {shortest} or more characters. Generate one: {command}")
        return text

    return parse


def secrets(shortest: int) -> Callable[[str], tuple[str, ...]]:
    """A parser of different secrets, separated by commas; `none`: an empty tuple."""
    parse_one = secret(shortest)

    def parse(text: str) -> tuple[str, ...]:
        if text.lower() == "none":
            return ()
        keys = tuple(parse_one(part.strip()) for part in text.split(","))
        if len(set(keys)) < len(keys):
            raise ValueInvalid("write each key once.")
        return keys

    return parse


def url(*schemes: str) -> Callable[[str], str]:
    """A parser of URLs with one of the schemes."""

    def parse(text: str) -> str:
        try:
            parts = urlsplit(text)
            usable = parts.scheme in schemes and (parts.port is None or parts.port > 0)
        except ValueError:
            usable = False
        # Drivers disagree on the parts of a URL whose password holds a separator that is not encoded.
        if not usable or text.count("@") > ("@" in parts.netloc) or UNENCODED.search(text):
            raise ValueInvalid(
                f"write a URL that begins with {schemes[0]}:// ; in a password, "
                "percent-encode the characters @ : / ? # % and spaces."
            )
        # PostgreSQL's drivers take the host from other variables then.
        if not parts.hostname and schemes[0] != "postgresql":
            raise ValueInvalid(f"name the host: {schemes[0]}://host")
        return text

    return parse


def database_url(text: str) -> str:
    """The URL of a PostgreSQL database, with its name."""
    text = url("postgresql", "postgres")(text)
    if not re.fullmatch(r"/[^/]{1,63}", urlsplit(text).path):
        raise ValueInvalid("end the URL with the name of the database: postgresql://host:5432/name")
    return text


def redis_url(text: str) -> str:
    """The URL of Valkey or Redis."""
    text = url("redis", "rediss")(text)
    parts = urlsplit(text)
    if not re.fullmatch(r"(/[0-9]{0,4})?", parts.path, re.ASCII):
        raise ValueInvalid("end the URL with the number of a database: redis://host:6379/0")
    if parts.query:
        from redis import ConnectionPool, RedisError  # noqa: PLC0415  # the supervisor does not need it

        try:
            ConnectionPool.from_url(text).make_connection()  # It does not connect yet.
        except (RedisError, TypeError, ValueError):
            raise ValueInvalid(
                "write only parameters of redis-py after the ?, such as rediss://host:6379/0?ssl_ca_certs=/file."
            ) from None
    return text


def mail_url(text: str) -> str:
    """The URL of a mail server or of a folder for mails; `none`: the text itself."""
    if text.lower() == "none":
        return "none"
    parts = urlsplit(text)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return text
    return url("smtp", "smtp+tls", "smtps")(text)


def mail_from(text: str) -> str:
    """The sender of mails."""
    _, address = parseaddr(text)
    if not re.fullmatch(r"[^\s@<>]{1,64}@[A-Za-z0-9.-]{1,253}", address) or not text.isprintable():
        raise ValueInvalid("write an address, such as feed@example.com or Feed <feed@example.com>.")
    return text


def base_url(text: str) -> str | None:
    """The address of a web app without query and fragment; `none`: None."""
    if text.lower() == "none":
        return None
    if re.fullmatch(r"https?://[\w.:\[\]-]{1,253}(/[\w./~%-]{0,500})?", text, re.ASCII):
        return text
    raise ValueInvalid("write the URL of the app, such as https://app.example.com.")


def page(text: str) -> str | None:
    """The address of a web page: a URL, or a path on this server; `none`: None."""
    if text.lower() == "none":
        return None
    if re.fullmatch(r"(https?://[\w.:\[\]-]{1,253})?/[\w./~%?=&+-]{0,500}", text, re.ASCII):
        return text
    raise ValueInvalid(
        "write the URL of a page, such as https://docs.example.com/errors, or a path such as /docs/errors.md."
    )


def service_url(text: str) -> str | None:
    """The URL of a service over HTTP; `none`: None."""
    return None if text.lower() == "none" else url("https", "http")(text)


def sentry_dsn(text: str) -> str | None:
    """The DSN of a Sentry project; `none`: None."""
    dsn = service_url(text)
    if dsn is not None and not re.fullmatch(r"https?://[^/@]+@[^/@]+(/[^?@]+)?/[0-9]{1,20}", dsn):
        raise ValueInvalid("write a DSN as Sentry shows it, such as https://key@sentry.io/1.")
    return dsn


def origin(text: str) -> str | None:
    """Scheme, host and port of a server; `none`: None."""
    if text.lower() == "none":
        return None
    if re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]{1,253}/?", text):
        return text.rstrip("/")
    raise ValueInvalid("write an address without a path, such as https://media.example.com.")


def storage(text: str) -> str:
    """A folder, or a bucket of an S3 server as a URL with its credentials."""
    if "://" not in text:
        return text
    text = url("https", "http")(text)
    parts = urlsplit(text)
    if (
        not parts.username
        or not parts.password
        or not re.fullmatch(r"/[a-z0-9.-]{3,63}", parts.path)
    ):
        raise ValueInvalid(
            "write a folder, or a bucket as https://KEY:SECRET@s3.example.com/bucket?region=eu-west-1, "
            "with key and secret percent-encoded."
        )
    return text


def folder(text: str) -> str:
    """A path of letters, digits, `-`, `_` and `/` below the server's root, without slashes around it."""
    path = text.strip("/")
    usable = re.fullmatch(r"[A-Za-z0-9_-]{1,60}(/[A-Za-z0-9_-]{1,60}){0,3}", path)
    if usable is None or path.partition("/")[0].lower() in TAKEN_FOLDERS:
        raise ValueInvalid(
            "write a path of letters, digits, - and _, such as admin or staff/admin, that the server does not use."
        )
    return path


def host(text: str) -> str:
    """An address or host name to listen on."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", text):
            return text
    raise ValueInvalid("write an IP address or a host name, such as 127.0.0.1 or 0.0.0.0.")


def host_names(text: str) -> tuple[str, ...]:
    """Host names as Django compares them, separated by commas; `.example.com`: with all below it."""
    parts = _parts(text)
    form = r"\*|\.?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]{2,45}\]"
    if not parts or not all(re.fullmatch(form, part) for part in parts):
        raise ValueInvalid("write host names without scheme and port, separated by commas.")
    return parts


def proxies(text: str) -> tuple[str, ...]:
    """Addresses or networks of proxies, separated by commas; `none`: an empty tuple."""
    if text.lower() == "none":
        return ()
    parts = _parts(text)
    try:
        if not parts:
            raise ValueError  # noqa: TRY301  # as for those that are no addresses
        for part in parts:
            ipaddress.ip_network(part)
    except ValueError:
        raise ValueInvalid(
            "write addresses or networks, such as 10.0.0.7 or 10.0.0.0/8, separated by commas."
        ) from None
    return parts


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def origins(text: str) -> tuple[str, ...]:
    """Web origins, separated by commas, with `:*` for any port; `*`: all, `none`: an empty tuple."""
    if text.lower() == "none":
        return ()
    parts = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    if not parts or not all(
        part == "*" or re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]{1,253}(:\*)?", part)
        for part in parts
    ):
        raise ValueInvalid("write origins such as https://app.example.com, separated by commas.")
    return parts
