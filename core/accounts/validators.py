"""Rules for account fields. Each returns the cleaned value. Errors: ValueError, with a message for the user."""

from __future__ import annotations

import re

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from core.accounts.reserved_names import is_reserved
from core.text import CONTROLS, category, clean_name, clean_text, fold_case, nfc

USERNAME_LENGTH = 30
USERNAME_FORM = f"A username has 1 to {USERNAME_LENGTH} of A-Z, a-z, 0-9 and _."
USERNAME = re.compile(rf"[A-Za-z0-9_]{{1,{USERNAME_LENGTH}}}")
DISPLAY_NAME_LENGTH = 50
BIO_LENGTH = 300
DEVICE_NAME_LENGTH = 60
PENDING_REQUESTS = 500
"""How many users one may have asked to follow and wait for."""
EMAIL_LENGTH = 254
"""UTF-8 octets of an address."""
EMAIL_LOCAL_LENGTH = 64
"""UTF-8 octets of the part before the @."""
BECOMES_ASCII = re.compile(r"[\u037e\u1fef\u212a]")
"""Characters that NFC turns into ASCII characters."""
validate_ascii_email = EmailValidator(allowlist=())
"""Errors: ValidationError."""


def clean_username(username: str) -> str:
    """A valid username that is not reserved."""
    username = username.strip()
    if not USERNAME.fullmatch(username):
        raise ValueError(USERNAME_FORM)
    if is_reserved(username):
        raise ValueError("This username is reserved. Choose another.")
    return username


def folded_username(username: str) -> str | None:
    """The form in which usernames are compared; None for an invalid one. Folds A to Z only."""
    return fold_case(username) if USERNAME.fullmatch(username) else None


def clean_display_name(name: str) -> str:
    """A display name of one line with at least one visible character."""
    return clean_name(name, at_most=DISPLAY_NAME_LENGTH)


def clean_bio(bio: str) -> str:
    """A text that may be empty; a text without visible characters becomes empty."""
    return clean_text(bio, at_most=BIO_LENGTH, at_least=0)


def clean_device_name(name: str | None) -> str:
    """The name of a device, of one line; empty for none."""
    return clean_name(name, at_most=DEVICE_NAME_LENGTH) if name else ""


def clean_email(email: str) -> str:
    """The address, with the part before the @ in NFC and the domain as DNS has it.

    The part before the @ may have letters, marks and digits of any script. The domain must not be an IP address.
    """
    email = email.strip()
    local, _, domain = email.rpartition("@")
    if len(email) > EMAIL_LENGTH:
        raise _invalid_email(f"It has at most {EMAIL_LENGTH} bytes.")
    if domain.startswith("["):
        raise _invalid_email("Its domain must be a name, not an IP address.")
    try:
        domain = _ascii_domain(domain)
    except UnicodeError as error:
        raise _invalid_email(
            "It has the form name@domain, and the domain is a domain name."
        ) from error
    local = _clean_local_part(local, domain)
    if len(local.encode()) > EMAIL_LOCAL_LENGTH or len(f"{local}@{domain}".encode()) > EMAIL_LENGTH:
        raise _invalid_email(
            f"It has at most {EMAIL_LENGTH} bytes, {EMAIL_LOCAL_LENGTH} of them before the @."
        )
    return f"{local}@{domain}"


def comparable_email(email: str) -> str | None:
    """The form in which addresses are compared; None for one that can't be stored.

    It also finds addresses that were stored under earlier rules.
    """
    local, _, domain = email.rpartition("@")
    if CONTROLS.search(email) or BECOMES_ASCII.search(local):
        return None
    if not domain.isascii():
        try:
            domain = _ascii_domain(domain)
        except UnicodeError:
            return None
    return fold_case(f"{nfc(local)}@{domain}")


def _ascii_domain(domain: str) -> str:
    """The domain as DNS has it: in lower case, by IDNA 2008. Errors: UnicodeError."""
    return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")


def _clean_local_part(local: str, domain: str) -> str:
    if CONTROLS.search(local) or BECOMES_ASCII.search(local):
        raise _invalid_email("It has characters that are not allowed in an address.")
    local = nfc(local)
    as_ascii = "".join(
        "x" if not character.isascii() and category(character)[0] in "LMN" else character
        for character in local
    )
    try:
        validate_ascii_email(f"{as_ascii}@{domain}")
    except ValidationError as error:
        raise _invalid_email("It has the form name@domain, like ada@example.org.") from error
    return local


def _invalid_email(why: str) -> ValueError:
    return ValueError(f"Enter a valid e-mail address. {why}")
