"""Mutations of e-mail addresses, forgotten passwords, and the deletion of an account."""

from __future__ import annotations

from datetime import datetime

import strawberry

from core.accounts.credentials import password_reset, password_reset_request
from core.accounts.deletion import account_close
from core.accounts.email_addresses import email_change, email_verify, verification_resend
from core.accounts.graphql.account import Account, AccountRow
from core.accounts.graphql.inputs import (
    ChangeEmailInput,
    DeleteAccountInput,
    RequestPasswordResetInput,
    ResendVerificationInput,
    ResetPasswordInput,
    RestoreAccountInput,
    VerifyEmailInput,
)
from core.accounts.graphql.mutations import PASSWORD, SessionPayload
from core.accounts.sessions import Accounts
from core.accounts.sign_in import sign_in
from core.context import Context
from core.graphql.limits.directives import RateLimit
from core.graphql.mutations import Payload, refusals_as_user_errors

MAILS = RateLimit(bucket="verification-mails")


@strawberry.type(description="The account with the address to be verified.")
class ChangeEmailPayload(Payload):
    account: Account | None = strawberry.field(
        default=None, description="The account after the change; null if the mutation failed."
    )


@strawberry.type(description="Whether the address is verified now.")
class VerifyEmailPayload(Payload):
    changed: bool = strawberry.field(
        default=False, description="Whether this call verified the address."
    )


@strawberry.type(description="Nothing but errors.")
class ResendVerificationPayload(Payload):
    pass


@strawberry.type(
    description="Nothing but errors: alike for every login, with an account or without."
)
class RequestPasswordResetPayload(Payload):
    pass


@strawberry.type(description="The new session.")
class ResetPasswordPayload(SessionPayload):
    pass


@strawberry.type(description="When the account will be erased.")
class DeleteAccountPayload(Payload):
    erases_at: datetime | None = strawberry.field(
        default=None,
        description="When the account is erased; until then `restoreAccount` restores it. Null if the mutation failed.",
    )


@strawberry.type(description="The new session.")
class RestoreAccountPayload(SessionPayload):
    pass


@strawberry.type
class RecoveryMutation:
    @strawberry.mutation(
        description="Mails the new e-mail address, which replaces the present one when `verifyEmail` is called with "
        "the token in the mail.",
        directives=[PASSWORD, MAILS],
    )
    @refusals_as_user_errors(ChangeEmailPayload)
    @staticmethod
    async def change_email(info: strawberry.Info, input: ChangeEmailInput) -> ChangeEmailPayload:
        context: Context = info.context
        viewer_id = context.require_viewer()
        await email_change(
            context.database,
            context.services.get(Accounts),
            viewer_id=viewer_id,
            password=input.password,
            email=input.email,
            address=context.address,
        )
        return ChangeEmailPayload(account=AccountRow(viewer_id))  # type: ignore[arg-type]  # a row

    @strawberry.mutation(
        description="Verifies the e-mail address to which the token was mailed. Needs no access token: the mail may be "
        "read on another device."
    )
    @refusals_as_user_errors(VerifyEmailPayload)
    @staticmethod
    async def verify_email(info: strawberry.Info, input: VerifyEmailInput) -> VerifyEmailPayload:
        context: Context = info.context
        await email_verify(context.database, token=input.token)
        return VerifyEmailPayload(changed=True)

    @strawberry.mutation(
        description="Mails another token to the viewer's address that is not verified yet, if there is one.",
        directives=[MAILS],
    )
    @refusals_as_user_errors(ResendVerificationPayload)
    @staticmethod
    async def resend_verification(
        info: strawberry.Info,
        input: ResendVerificationInput,  # noqa: ARG004  # the argument's public name
    ) -> ResendVerificationPayload:
        context: Context = info.context
        await verification_resend(context.database, viewer_id=context.require_viewer())
        return ResendVerificationPayload()

    @strawberry.mutation(
        description="Mails how to set a new password, if the login has an account with a verified address. The "
        "response is the same for every login.",
        directives=[RateLimit(bucket="password-resets")],
    )
    @refusals_as_user_errors(RequestPasswordResetPayload)
    @staticmethod
    async def request_password_reset(
        info: strawberry.Info, input: RequestPasswordResetInput
    ) -> RequestPasswordResetPayload:
        context: Context = info.context
        await password_reset_request(context.database, login=input.login)
        return RequestPasswordResetPayload()

    @strawberry.mutation(
        description="Sets a new password by the token of a mail, ends all sessions and begins a new one. For a deleted "
        "account it only sets the password, and the error is ACCOUNT_DELETED: call `restoreAccount` with it.",
        directives=[PASSWORD, RateLimit(bucket="sign-ins")],
    )
    @refusals_as_user_errors(ResetPasswordPayload)
    @staticmethod
    async def reset_password(
        info: strawberry.Info, input: ResetPasswordInput
    ) -> ResetPasswordPayload:
        context: Context = info.context
        session = await password_reset(
            context.database,
            context.services.get(Accounts),
            token=input.token,
            new_password=input.new_password,
            device_name=input.device_name or None,
        )
        context.services.notify()
        return ResetPasswordPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @strawberry.mutation(
        description="Deletes the viewer's account: at once nobody sees it or anything by it, and its sessions end. "
        "It is erased after a grace period.",
        directives=[PASSWORD],
    )
    @refusals_as_user_errors(DeleteAccountPayload)
    @staticmethod
    async def delete_account(
        info: strawberry.Info, input: DeleteAccountInput
    ) -> DeleteAccountPayload:
        context: Context = info.context
        accounts = context.services.get(Accounts)
        erases_at = await account_close(
            context.database,
            accounts,
            viewer_id=context.require_viewer(),
            password=input.password,
            grace=accounts.deletion_grace,
            address=context.address,
        )
        context.services.drop_cached_responses()
        context.services.notify()
        return DeleteAccountPayload(erases_at=erases_at)

    @strawberry.mutation(
        description="Restores a deleted account within its grace period, and signs it in. Signs in to an account that "
        "is not deleted.",
        directives=[PASSWORD, RateLimit(bucket="sign-ins")],
    )
    @refusals_as_user_errors(RestoreAccountPayload)
    @staticmethod
    async def restore_account(
        info: strawberry.Info, input: RestoreAccountInput
    ) -> RestoreAccountPayload:
        context: Context = info.context
        session = await sign_in(
            context.database,
            context.services.get(Accounts),
            login=input.login,
            password=input.password,
            device_name=input.device_name or None,
            address=context.address,
            restores=True,
        )
        return RestoreAccountPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn
