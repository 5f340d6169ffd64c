"""Mutations of push targets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import strawberry
from django.conf import settings

from core.errors import ErrorCode, MutationRefused, Problem
from core.execution import InstancesOf
from core.graphql.info import Info
from core.graphql.mutations import (
    MutationInput,
    Payload,
    changed_field,
    mutation,
    optional_field,
    result_field,
)
from core.graphql.node import ID_BOUND, Node, id_field
from core.ids import input_key
from interactions.push.addresses import (
    AUTH_BYTES,
    ENDPOINT_LENGTH,
    KEY_CHARACTERS,
    POINT_BYTES,
    TOKEN_LENGTH,
    clean_apns_token,
    clean_auth,
    clean_endpoint,
    clean_fcm_token,
    clean_p256dh,
)
from interactions.push.models import TARGETS_OF_USER
from interactions.push.selectors import PushTargetRow
from interactions.push.services import PushAddress, push_target_register, push_target_unregister

KEY_BOUND = f"in base64url, at most {KEY_CHARACTERS} characters"


@strawberry.type(description="A browser or device to which the viewer's notifications are pushed.")
class PushTarget(Node):
    id = id_field("PushTarget", "The target's opaque global id")
    is_type_of = InstancesOf(PushTargetRow)


@strawberry.input(
    description="A subscription of a browser, as `PushSubscription.toJSON()` gives it."
)
class WebPushTargetInput:
    endpoint: str = strawberry.field(
        description=f"Its endpoint, an https: address: 1 to {ENDPOINT_LENGTH:,} characters."
    )
    p256dh: str = strawberry.field(
        description=f"Its key `p256dh`, {POINT_BYTES} bytes {KEY_BOUND}."
    )
    auth: str = strawberry.field(description=f"Its key `auth`, {AUTH_BYTES} bytes {KEY_BOUND}.")


@strawberry.input(description="A device, as its system has registered it for the app.")
class DeviceTokenInput:
    token: str = strawberry.field(
        description=f"The token, 1 to {TOKEN_LENGTH:,} letters, digits or any of `:_.-`; of APNs in hexadecimal."
    )


@strawberry.input(one_of=True, description="Where to push: exactly one of the fields.")
class PushTargetInput:
    web_push: WebPushTargetInput | None = optional_field("A browser.")
    apns: DeviceTokenInput | None = optional_field("A device of Apple, by APNs.")
    fcm: DeviceTokenInput | None = optional_field("A device, by Firebase Cloud Messaging.")


@strawberry.input(description="The browser or device to register.")
class RegisterPushTargetInput(MutationInput):
    target: PushTargetInput = strawberry.field(description="Where to push.")


@strawberry.type(description="The registered browser or device.")
class RegisterPushTargetPayload(Payload):
    target: PushTarget | None = result_field(
        "The target: always the same for one token or endpoint"
    )


@strawberry.input(description="The push target to remove.")
class UnregisterPushTargetInput(MutationInput):
    target_id: strawberry.ID = strawberry.field(description=f"The target's id, {ID_BOUND}.")


@strawberry.type(description="Whether the push target was removed.")
class UnregisterPushTargetPayload(Payload):
    changed: bool = changed_field("Whether this call removed it.")


@strawberry.type
class PushMutation:
    @mutation(
        "Registers a browser or device to which the viewer's notifications are pushed until the session "
        "ends. Call it at each start of the app: a known token or endpoint keeps its target, which then belongs to the "
        f"signed-in user. An account has at most {TARGETS_OF_USER} targets; those registered longest ago are removed."
    )
    @staticmethod
    async def register_push_target(
        info: Info, input: RegisterPushTargetInput
    ) -> RegisterPushTargetPayload:
        context = info.context
        viewer_id = context.require_viewer()
        key = await push_target_register(
            context.database,
            viewer_id=viewer_id,
            session_id=context.session_id,
            address=cleaned_address(input.target),
        )
        return RegisterPushTargetPayload(target=PushTargetRow(key))  # type: ignore[arg-type]  # a row

    @mutation("Removes a push target of the viewer.")
    @staticmethod
    async def unregister_push_target(
        info: Info, input: UnregisterPushTargetInput
    ) -> UnregisterPushTargetPayload:
        context = info.context
        changed = await push_target_unregister(
            context.database,
            viewer_id=context.require_viewer(),
            target_id=input_key("PushTarget", input.target_id, "targetId"),
        )
        return UnregisterPushTargetPayload(changed=changed)


def cleaned_address(sent: PushTargetInput) -> PushAddress:
    """Where to push. Errors: MutationRefused (INVALID_INPUT), with a problem for each invalid field."""
    problems: list[Problem] = []

    def check(rule: Callable[[str], Any], text: str, *path: str) -> Any:
        try:
            return rule(text)
        except ValueError as error:
            full_path = ("input", "target", *path)
            problems.append(Problem(ErrorCode.INVALID_INPUT, str(error), full_path))

    if sent.web_push:
        plain_http = settings.ENVIRONMENT.push_private_addresses
        rule = partial(clean_endpoint, plain_http=plain_http)
        address = PushAddress(
            "WEB_PUSH",
            check(rule, sent.web_push.endpoint, "webPush", "endpoint"),
            check(clean_p256dh, sent.web_push.p256dh, "webPush", "p256dh"),
            check(clean_auth, sent.web_push.auth, "webPush", "auth"),
        )
    elif sent.apns:
        address = PushAddress("APNS", check(clean_apns_token, sent.apns.token, "apns", "token"))
    elif sent.fcm:
        address = PushAddress("FCM", check(clean_fcm_token, sent.fcm.token, "fcm", "token"))
    if problems:
        raise MutationRefused(*problems)
    return address
