"""The forms that a setting can have. Each gives the value or refuses in words for the operator."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from urllib.parse import urlsplit

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
RAW = re.compile(r"[\s#]|%(?![0-9A-Fa-f]{2})")
"""What an address holds only where it has not been percent-encoded."""


class ValueRefused(Exception):
    """The text does not have the form; the message says which form it should have.

    It never repeats the text: that may be a password.
    """


def boolean(text: str) -> bool:
    """Whether the text says yes."""
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueRefused("write true or false.")


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of whole numbers within the bounds."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueRefused(f"write a whole number from {lowest} to {highest}.")
        return int(text)

    return parse


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """A reader of numbers within the bounds."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not lowest <= value <= highest:
            raise ValueRefused(f"write a number from {lowest} to {highest}.")
        return value

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    """A reader of one of the choices, whatever its case."""

    def parse(text: str) -> str:
        if text.upper() not in choices:
            raise ValueRefused(f"write one of {', '.join(choices)}.")
        return text.upper()

    return parse


def secret(shortest: int) -> Callable[[str], str]:
    """A reader of secrets of a least length."""

    def parse(text: str) -> str:
        if len(text) < shortest:
            command = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            raise ValueRefused(f"it needs {shortest} characters or more. Make one: {command}")
        return text

    return parse


def url(*schemes: str) -> Callable[[str], str]:
    """A reader of addresses with one of the schemes."""

    def parse(text: str) -> str:
        try:
            parts = urlsplit(text)
            usable = parts.scheme in schemes and (parts.port is None or parts.port > 0)
        except ValueError:
            usable = False
        # Drivers disagree on what stands where, if a password holds a separator as it is.
        if not usable or text.count("@") > ("@" in parts.netloc) or RAW.search(text):
            raise ValueRefused(
                f"write an address that begins with {schemes[0]}:// ; in a password, "
                "percent-encode the characters @ : / ? # % and blanks."
            )
        return text

    return parse


def database_url(text: str) -> str:
    """The address of a PostgreSQL database, with its name."""
    text = url("postgresql", "postgres")(text)
    if not re.fullmatch(r"/[^/]{1,63}", urlsplit(text).path):
        raise ValueRefused("write the name of the database at its end: postgresql://host:5432/name")
    return text


def host(text: str) -> str:
    """An address or host name to listen on."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", text):
            return text
    raise ValueRefused("write an IP address or a host name, such as 127.0.0.1 or 0.0.0.0.")


def names(text: str) -> tuple[str, ...]:
    """Host names or addresses, separated by commas."""
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if not parts or not all(re.fullmatch(r"[A-Za-z0-9_.:/*\[\]-]{1,253}", part) for part in parts):
        raise ValueRefused("write host names or addresses, separated by commas.")
    return parts


def proxies(text: str) -> tuple[str, ...]:
    """Addresses of proxies, separated by commas; none for `none`."""
    return () if text.lower() == "none" else names(text)


def origins(text: str) -> tuple[str, ...]:
    """Web origins, separated by commas; none for `none`, and `*` stands for all."""
    if text.lower() == "none":
        return ()
    parts = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    if not parts or not all(
        part == "*" or re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]{1,253}", part) for part in parts
    ):
        raise ValueRefused("write origins such as https://app.example.com, separated by commas.")
    return parts
