"""Inputs of the mutations of accounts, sessions and relations."""

from __future__ import annotations

from typing import Any

import strawberry

from core.accounts.password_rules import MAX_PASSWORD_LENGTH, PASSWORD_LENGTH_AT_LEAST
from core.accounts.tokens import MAX_TOKEN_LENGTH
from core.accounts.validators import (
    BIO_LENGTH,
    DEVICE_NAME_LENGTH,
    DISPLAY_NAME_LENGTH,
    EMAIL_LENGTH,
    EMAIL_LOCAL_LENGTH,
    USERNAME_LENGTH,
)
from core.graphql.mutations import MutationInput, optional_field
from core.graphql.node import ID_BOUND

TOKEN_BOUND = f"at most {MAX_TOKEN_LENGTH:,} characters"


def login_field() -> Any:
    """How a user signs in."""
    return strawberry.field(
        description=f"The username or the e-mail address, at most {EMAIL_LENGTH} characters."
    )


def password_field() -> Any:
    """The password that the account has."""
    return strawberry.field(
        description=f"The password that the account has, at most {MAX_PASSWORD_LENGTH} code points after NFKC."
    )


def device_name_field() -> Any:
    """The optional name of the device of a new session."""
    return optional_field(
        f"What the list of sessions calls the device, such as `Ada's phone`: at most {DEVICE_NAME_LENGTH} "
        "code points."
    )


def new_password_field() -> Any:
    """A new password."""
    return strawberry.field(
        description=f"{PASSWORD_LENGTH_AT_LEAST} to {MAX_PASSWORD_LENGTH} code points after NFKC; common passwords are "
        "refused."
    )


@strawberry.input(description="The account to create.")
class SignUpInput(MutationInput):
    username: str = strawberry.field(
        description=f"The public name: 1 to {USERNAME_LENGTH} of A-Z, a-z, 0-9 and _. "
        "Some names, such as `admin`, are reserved."
    )
    email: str = strawberry.field(
        description="The e-mail address: name@domain, with letters of any script. The domain is stored in its ASCII "
        "form and must not be an IP address. "
        f"At most {EMAIL_LENGTH} bytes, {EMAIL_LOCAL_LENGTH} of them before the @. Never shown to other users."
    )
    password: str = strawberry.field(
        description=f"{PASSWORD_LENGTH_AT_LEAST} to {MAX_PASSWORD_LENGTH} code points after NFKC, "
        "the form in which it is compared; common passwords are refused."
    )
    display_name: str = strawberry.field(
        description=f"The name shown beside posts: 1 to {DISPLAY_NAME_LENGTH} code points after NFC and trimming, "
        "at least one of them visible. One line, no invisible characters or ones that set the direction of text, "
        "at most four combining marks and joiners in a row."
    )
    device_name: str | None = device_name_field()


@strawberry.input(description="The credentials.")
class SignInInput(MutationInput):
    login: str = login_field()
    password: str = password_field()
    device_name: str | None = device_name_field()


@strawberry.input(description="The session to continue.")
class RefreshSessionInput(MutationInput):
    refresh_token: str = strawberry.field(
        description=f"The session's newest refresh token, {TOKEN_BOUND}."
    )


@strawberry.input(description="The session to end.")
class SignOutInput(MutationInput):
    refresh_token: str = strawberry.field(
        description=f"A refresh token of the session, {TOKEN_BOUND}."
    )
    everywhere: bool | None = optional_field(
        "Whether all other sessions of the user end, too; by default, or null, they go on."
    )


@strawberry.input(description="Another user.")
class TargetUserInput(MutationInput):
    user_id: strawberry.ID = strawberry.field(description=f"The user's id, {ID_BOUND}.")


@strawberry.input(description="What to change in the profile. What is left out stays as it is.")
class UpdateProfileInput(MutationInput):
    display_name: str | None = optional_field(
        f"The name shown beside posts: at most {DISPLAY_NAME_LENGTH} code points, by the rules of sign-up. "
        "Null is an error."
    )
    bio: str | None = optional_field(
        f"A short self-description: at most {BIO_LENGTH} code points after NFC. Null removes it."
    )
    avatar_media_id: strawberry.ID | None = optional_field(
        f"The id of the viewer's picture to show, {ID_BOUND}. Everybody can see it; `avatarUrl` is empty "
        "until it is ready. Null removes it."
    )
    is_private: bool | None = optional_field(
        "Whether only followers see the user's posts and lists of follows, and new followers have to be "
        "accepted. It applies at once, to old posts as well. Null is an error."
    )


@strawberry.input(description="The present password and the new one.")
class ChangePasswordInput(MutationInput):
    current_password: str = password_field()
    new_password: str = new_password_field()


@strawberry.input(description="The session to end.")
class RevokeSessionInput(MutationInput):
    session_id: strawberry.ID = strawberry.field(description=f"The session's id, {ID_BOUND}.")


@strawberry.input(description="The new e-mail address.")
class ChangeEmailInput(MutationInput):
    password: str = password_field()
    email: str = strawberry.field(
        description=f"The new address: at most {EMAIL_LENGTH} characters, by the rules of sign-up. Send the present "
        "address to withdraw a change."
    )


@strawberry.input(description="The token of a mail that asks to confirm an address.")
class VerifyEmailInput(MutationInput):
    token: str = strawberry.field(description=f"The token in the mail, {TOKEN_BOUND}.")


@strawberry.input(description="Nothing but the client's key.")
class ResendVerificationInput(MutationInput):
    pass


@strawberry.input(description="The account whose password is forgotten.")
class RequestPasswordResetInput(MutationInput):
    login: str = login_field()


@strawberry.input(description="The token of a mail, and the new password.")
class ResetPasswordInput(MutationInput):
    token: str = strawberry.field(description=f"The token in the mail, {TOKEN_BOUND}.")
    new_password: str = new_password_field()
    device_name: str | None = device_name_field()


@strawberry.input(description="The confirmation by the password.")
class DeleteAccountInput(MutationInput):
    password: str = password_field()


@strawberry.input(description="The credentials of the deleted account.")
class RestoreAccountInput(SignInInput):
    pass
