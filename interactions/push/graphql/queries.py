"""The query `pushConfiguration`."""

from __future__ import annotations

import strawberry
from django.conf import settings


@strawberry.type(description="What clients need to register for push notifications.")
class PushConfiguration:
    web_push_public_key: str | None = strawberry.field(
        description="The `applicationServerKey` of `PushManager.subscribe()`: 87 characters of base64url; null if "
        "this server sends no Web Push. If it has changed, subscribe and register again."
    )


@strawberry.type
class PushQuery:
    @strawberry.field(description="What clients need to register for push notifications.")
    @staticmethod
    def push_configuration() -> PushConfiguration:
        # Loaded by the first client that asks: it needs cryptography, which takes 9 MB.
        from interactions.push.vapid import vapid_public_key  # noqa: PLC0415

        private_key = settings.ENVIRONMENT.vapid_private_key
        return PushConfiguration(web_push_public_key=private_key and vapid_public_key(private_key))
