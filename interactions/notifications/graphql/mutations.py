"""Mutations of notifications: marking them as seen, and settings."""

from __future__ import annotations

from datetime import datetime

import strawberry

from core.accounts.graphql.account import Account, AccountRow, CappedCount
from core.errors import ClientError, ErrorCode, InputRules, refuse
from core.graphql.info import Info
from core.graphql.mutations import (
    MutationInput,
    Payload,
    changed_field,
    mutation,
    optional_field,
    result_field,
)
from core.graphql.relay_connections import CURSOR_BOUND
from interactions.notifications.notification_rows import (
    NotificationAudience,
    NotificationKind,
    moment_at,
)
from interactions.notifications.selectors import MAX_KINDS, position_of, unseen_counts
from interactions.notifications.services import (
    SettingChange,
    notifications_see,
    settings_update,
)

NO_CURSOR = (
    "This is no cursor of your notifications. Send the `cursor` of an edge of `notifications`."
)


@strawberry.input(description="Up to which notification the viewer has seen them.")
class MarkNotificationsSeenInput(MutationInput):
    up_to: str = strawberry.field(
        description="The cursor of the newest notification that was seen, from a list of any kinds. It and all older "
        f"ones of every kind are marked. {CURSOR_BOUND.capitalize()}."
    )


@strawberry.type(description="What the viewer has seen of the notifications.")
class MarkNotificationsSeenPayload(Payload):
    seen_through: datetime | None = result_field(
        "Every notification with `latestAt` up to here is seen"
    )
    unseen: CappedCount | None = result_field("How many notifications the viewer has not seen")
    changed: bool = changed_field("Whether this call moved `seenThrough` forward.")


@strawberry.input(
    description="What to change in the setting of a kind. What is omitted stays as it is."
)
class NotificationSettingInput:
    kind: NotificationKind = strawberry.field(description="The kind.")
    allow_from: NotificationAudience | None = optional_field(
        "Whose actions the viewer is notified of; not null."
    )
    push: bool | None = optional_field("Whether they are also sent as push messages; not null.")


@strawberry.input(description="The settings to change.")
class UpdateNotificationSettingsInput(MutationInput):
    settings: list[NotificationSettingInput] = strawberry.field(
        description=f"The settings to change, at most {MAX_KINDS}, one for each kind. Other kinds stay as they are."
    )


@strawberry.type(description="The changed settings.")
class UpdateNotificationSettingsPayload(Payload):
    account: Account | None = result_field("The viewer's account")


@strawberry.type
class NotificationsMutation:
    @mutation(
        "Marks the viewer's notifications up to one of them as seen, on all devices. None becomes unseen again."
    )
    @staticmethod
    async def mark_notifications_seen(
        info: Info, input: MarkNotificationsSeenInput
    ) -> MarkNotificationsSeenPayload:
        context = info.context
        viewer_id = context.require_viewer()
        try:
            position = position_of(context.services.cursors, viewer_id, input.up_to)
        except ClientError as error:
            raise refuse(ErrorCode.INVALID_INPUT, NO_CURSOR, "input", "upTo") from error
        changed, seen_through = await notifications_see(
            context.database,
            viewer_id=viewer_id,
            position=position,
            client_mutation_id=input.client_mutation_id,
        )
        if changed:
            context.services.notify()
        counts = await unseen_counts(context.database, [viewer_id])
        return MarkNotificationsSeenPayload(
            seen_through=moment_at(seen_through),
            unseen=counts[viewer_id],  # type: ignore[arg-type]  # a row
            changed=changed,
        )

    @mutation(
        "Changes whose actions the viewer is notified of. It also applies to existing notifications."
    )
    @staticmethod
    async def update_notification_settings(
        info: Info, input: UpdateNotificationSettingsInput
    ) -> UpdateNotificationSettingsPayload:
        context = info.context
        viewer_id = context.require_viewer()
        changes = _checked(input.settings)
        if changes:
            await settings_update(context.database, viewer_id=viewer_id, changes=changes)
        return UpdateNotificationSettingsPayload(account=AccountRow(viewer_id))  # type: ignore[arg-type]  # a row


def _checked(settings: list[NotificationSettingInput]) -> dict[NotificationKind, SettingChange]:
    """The changes. Errors: MutationRefused (INVALID_INPUT)."""
    rules = InputRules()
    if len(settings) > MAX_KINDS:
        raise refuse(
            ErrorCode.INVALID_INPUT,
            f"{len(settings)} settings were sent; send at most {MAX_KINDS}.",
            "input",
            "settings",
        )
    changes: dict[NotificationKind, SettingChange] = {}
    for each in settings:
        if each.allow_from is None or each.push is None:
            rules.reject(
                "settings", f"A setting of {each.kind.name} is null. Leave out what is to stay."
            )
        if each.kind in changes:
            rules.reject("settings", f"{each.kind.name} occurs twice. Send each kind once.")
        changes[each.kind] = SettingChange(
            None if each.allow_from is strawberry.UNSET else each.allow_from,
            None if each.push is strawberry.UNSET else each.push,
        )
    rules.raise_problems()
    return changes
