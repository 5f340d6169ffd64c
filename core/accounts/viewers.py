"""The viewer's account, which may be deleted while an access token still says who asks."""

from __future__ import annotations

from core.graphql.errors import ClientError


def account_removed() -> ClientError:
    """The error for a viewer whose account has been deleted."""
    return ClientError("This account has been removed.", "UNAUTHENTICATED")
