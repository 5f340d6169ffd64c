"""Sign-up, and the address that a new account or a changed one may have."""

from __future__ import annotations

from core.accounts.mail.jobs import verification_mail
from core.accounts.models import User
from core.accounts.sessions import Accounts, SignedIn, session_begin
from core.accounts.statements import SQL
from core.accounts.user_rows import UserRow
from core.accounts.validators import (
    clean_device_name,
    clean_display_name,
    clean_email,
    clean_username,
)
from core.database.database import Database
from core.errors import ErrorCode, InputRules, MutationRefused, account_removed, refuse


async def sign_up(
    database: Database,
    accounts: Accounts,
    *,
    username: str,
    email: str,
    password: str,
    display_name: str,
    device_name: str | None = None,
) -> SignedIn:
    """A new account and its first session. A mail asks for the address to be verified.

    Errors: MutationRefused (USERNAME_TAKEN, INVALID_INPUT, SIGN_UP_CLOSED), RATE_LIMITED.

    Usernames are public, but not whether an address has an account: an invalid address and a taken one are
    refused with the same message after the same work. Beside problems of other fields only an invalid one is
    reported, which its form alone tells.
    """
    if not accounts.sign_up_is_open:
        raise refuse(ErrorCode.SIGN_UP_CLOSED, "This server takes no new accounts.", "input")
    rules = InputRules()
    username = rules.check("username", clean_username, username)
    display_name = rules.check("displayName", clean_display_name, display_name)
    device_name = rules.check("deviceName", clean_device_name, device_name)
    usable = usable_email(email)
    user = User(username=username or "", display_name=display_name or "", email=usable or "")
    try:
        encoded = await accounts.passwords.hashed_new(rules, "password", password, user)
    except MutationRefused as refused:
        invalid = email_refused().problems if usable is None else ()
        raise MutationRefused(*refused.problems, *invalid) from refused
    async with database.transaction() as transaction:
        await transaction.fetch(SQL.username_lock, username)
        created = await transaction.fetch_row(
            SQL.user_create, username, usable, encoded, display_name
        )
        if created is not None and usable is not None:
            await verification_mail(transaction, created[0], usable)
            signed_in = await session_begin(
                transaction, accounts, UserRow._make(created), encoded, device_name
            )
            if signed_in is None:
                raise account_removed()
            return signed_in
        taken = await transaction.fetch_row(SQL.username_taken, username)
    if taken is not None and taken[0]:
        raise refuse(
            ErrorCode.USERNAME_TAKEN,
            "This username is taken, or looks like one that is.",
            "input",
            "username",
        )
    raise email_refused()


def email_refused() -> MutationRefused:
    """The same refusal for an invalid address and for one that has an account."""
    return refuse(
        ErrorCode.INVALID_INPUT,
        "This e-mail address can't be used. It must have the form name@domain, with a domain name and no IP "
        "address, and no account here.",
        "input",
        "email",
    )


def usable_email(email: str) -> str | None:
    """The cleaned address; None for an invalid one, which is refused like a taken one."""
    try:
        return clean_email(email)
    except ValueError:
        return None
