"""What mutations about people take."""

from __future__ import annotations

import strawberry

from core.accounts.password_rules import PASSWORD_LENGTH_AT_LEAST, PASSWORD_LENGTH_AT_MOST
from core.accounts.validators import DISPLAY_NAME_LENGTH, USERNAME_LENGTH
from core.graphql.mutations import MutationInput


@strawberry.input(description="A new account.")
class SignUpInput(MutationInput):
    username: str = strawberry.field(
        description=f"The public handle: 1 to {USERNAME_LENGTH} of A-Z, a-z, 0-9 and _. "
        "Some names, such as `admin`, are reserved."
    )
    email: str = strawberry.field(
        description="Where the person is reached: name@domain, with letters of any script; the domain is stored in its "
        "ASCII form and is no IP address. Shown to nobody."
    )
    password: str = strawberry.field(
        description=f"{PASSWORD_LENGTH_AT_LEAST} to {PASSWORD_LENGTH_AT_MOST} code points after NFKC, "
        "the form in which it is compared; not a common one."
    )
    display_name: str = strawberry.field(
        description=f"The name shown beside posts: 1 to {DISPLAY_NAME_LENGTH} code points after NFC and trimming, "
        "at least one that can be seen. One line, no characters that set the direction of text, "
        "at most four combining marks in a row."
    )


@strawberry.input(description="Who signs in.")
class SignInInput(MutationInput):
    login: str = strawberry.field(description="The username or the e-mail address.")
    password: str = strawberry.field(description="The password.")


@strawberry.input(description="A session that goes on.")
class RefreshSessionInput(MutationInput):
    refresh_token: str = strawberry.field(description="The session's newest refresh token.")


@strawberry.input(description="A session that ends.")
class SignOutInput(MutationInput):
    refresh_token: str = strawberry.field(description="A refresh token of the session.")
    everywhere: bool = strawberry.field(
        default=False, description="Whether all other sessions of the person end too."
    )


@strawberry.input(description="Another person.")
class OtherPersonInput(MutationInput):
    user_id: strawberry.ID = strawberry.field(description="The person.")


@strawberry.input(description="A person to follow.")
class FollowUserInput(OtherPersonInput):
    pass


@strawberry.input(description="A person to follow no more.")
class UnfollowUserInput(OtherPersonInput):
    pass


@strawberry.input(description="A person to block.")
class BlockUserInput(OtherPersonInput):
    pass


@strawberry.input(description="A person to block no more.")
class UnblockUserInput(OtherPersonInput):
    pass


@strawberry.input(description="A person to mute.")
class MuteUserInput(OtherPersonInput):
    pass


@strawberry.input(description="A person to mute no more.")
class UnmuteUserInput(OtherPersonInput):
    pass
