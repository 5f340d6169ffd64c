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
from core.graphql.info import Info
from core.graphql.limits.directives import RateLimit
from core.graphql.mutations import Payload, changed_field, mutation, result_field

MAILS = RateLimit(bucket="verification-mails")


@strawberry.type(description="The account with the address to be verified.")
class ChangeEmailPayload(Payload):
    account: Account | None = result_field("The account after the change")


@strawberry.type(description="Whether the address is verified now.")
class VerifyEmailPayload(Payload):
    changed: bool = changed_field("Whether this call verified the address.")


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
    @mutation(
        "Mails the new e-mail address, which replaces the present one when `verifyEmail` is called with "
        "the token in the mail.",
        PASSWORD,
        MAILS,
    )
    @staticmethod
    async def change_email(info: Info, input: ChangeEmailInput) -> ChangeEmailPayload:
        context = info.context
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

    @mutation(
        "Verifies the e-mail address to which the token was mailed. Needs no access token: the mail may be "
        "read on another device."
    )
    @staticmethod
    async def verify_email(info: Info, input: VerifyEmailInput) -> VerifyEmailPayload:
        await email_verify(info.context.database, token=input.token)
        return VerifyEmailPayload(changed=True)

    @mutation(
        "Mails another token to the viewer's address that is not verified yet, if there is one.",
        MAILS,
    )
    @staticmethod
    async def resend_verification(
        info: Info,
        input: ResendVerificationInput,  # noqa: ARG004  # the argument's public name
    ) -> ResendVerificationPayload:
        await verification_resend(info.context.database, viewer_id=info.context.require_viewer())
        return ResendVerificationPayload()

    @mutation(
        "Mails how to set a new password, if the login has an account with a verified address. The "
        "response is the same for every login.",
        RateLimit(bucket="password-resets"),
    )
    @staticmethod
    async def request_password_reset(
        info: Info, input: RequestPasswordResetInput
    ) -> RequestPasswordResetPayload:
        await password_reset_request(info.context.database, login=input.login)
        return RequestPasswordResetPayload()

    @mutation(
        "Sets a new password by the token of a mail, ends all sessions and begins a new one. For a deleted "
        "account it only sets the password, and the error is ACCOUNT_DELETED: call `restoreAccount` with it.",
        PASSWORD,
        RateLimit(bucket="sign-ins"),
    )
    @staticmethod
    async def reset_password(info: Info, input: ResetPasswordInput) -> ResetPasswordPayload:
        context = info.context
        session = await password_reset(
            context.database,
            context.services.get(Accounts),
            token=input.token,
            new_password=input.new_password,
            device_name=input.device_name or None,
        )
        context.services.notify()
        return ResetPasswordPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @mutation(
        "Deletes the viewer's account: at once nobody sees it or anything by it, and its sessions end. "
        "It is erased after a grace period.",
        PASSWORD,
    )
    @staticmethod
    async def delete_account(info: Info, input: DeleteAccountInput) -> DeleteAccountPayload:
        context = info.context
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

    @mutation(
        "Restores a deleted account within its grace period, and signs it in. Signs in to an account that "
        "is not deleted.",
        PASSWORD,
        RateLimit(bucket="sign-ins"),
    )
    @staticmethod
    async def restore_account(info: Info, input: RestoreAccountInput) -> RestoreAccountPayload:
        context = info.context
        session = await sign_in(
            context.database,
            context.services.get(Accounts),
            login=input.login,
            password=input.password,
            device_name=input.device_name or None,
            address=context.address,
            restores=True,
        )
        context.services.notify()
        return RestoreAccountPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn
