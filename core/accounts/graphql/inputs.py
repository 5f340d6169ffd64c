"""Inputs of the mutations of accounts, sessions and relations."""

from __future__ import annotations

import strawberry

from core.accounts.password_rules import MAX_PASSWORD_LENGTH, PASSWORD_LENGTH_AT_LEAST
from core.accounts.tokens import MAX_TOKEN_LENGTH
from core.accounts.validators import (
    DISPLAY_NAME_LENGTH,
    EMAIL_LENGTH,
    EMAIL_LOCAL_LENGTH,
    USERNAME_LENGTH,
)
from core.graphql.mutations import MutationInput
from core.graphql.node import ID_BOUND

TOKEN_BOUND = f"at most {MAX_TOKEN_LENGTH:,} characters"


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


@strawberry.input(description="The credentials.")
class SignInInput(MutationInput):
    login: str = strawberry.field(
        description=f"The username or the e-mail address, at most {EMAIL_LENGTH} characters."
    )
    password: str = strawberry.field(
        description=f"The password, at most {MAX_PASSWORD_LENGTH} code points after NFKC."
    )


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
    everywhere: bool = strawberry.field(
        default=False, description="Whether all other sessions of the user end, too."
    )


@strawberry.input(description="Another user.")
class TargetUserInput(MutationInput):
    user_id: strawberry.ID = strawberry.field(description=f"The user's id, {ID_BOUND}.")
