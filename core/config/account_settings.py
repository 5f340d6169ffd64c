"""Settings of accounts, sessions and the mails to users."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import parsing
from core.config.declared_setting import setting


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """A part of `Environment`."""

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
