"""The GraphQL type of what is private to the viewer."""

from __future__ import annotations

from typing import NamedTuple

import strawberry

from core.context import Context


class AccountRow(NamedTuple):
    """The viewer's account. Loaders of its fields take the viewer's key."""

    id: int


@strawberry.type(description="What only the signed-in user may read.")
class Account:
    """Rooms add its fields with `extend_type`; it is in the schema as soon as it has one."""


@strawberry.type
class AccountQuery:
    @strawberry.field(
        description="The account of the signed-in user; null for an anonymous request."
    )
    @staticmethod
    def account(info: strawberry.Info) -> Account | None:
        context: Context = info.context
        return None if context.viewer_id is None else AccountRow(context.viewer_id)  # type: ignore[return-value]  # a row
