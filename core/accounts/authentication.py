"""Authenticates requests by the access token in their Authorization header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.accounts.revoked_sessions import RevokedSessions
from core.accounts.tokens import AccessToken, AccessTokens
from core.context import Context, Services
from core.errors import ClientError

BEARER = "bearer "


class BearerAuthentication:
    """Authenticates by access token. Cost: no statement."""

    def __init__(self, services: Services, tokens: AccessTokens, revoked: RevokedSessions) -> None:
        self._services = services
        self._tokens = tokens
        self._revoked = revoked

    def context_for(self, authorization: str | None, scope: Mapping[str, Any]) -> Context:
        """The context of a request with this header and ASGI scope. Errors: ClientError for a refused token."""
        client = scope.get("client")
        address = client[0] if client else None
        if authorization is None:
            return Context(self._services, address=address)
        token = self.read_token(authorization)
        return Context(self._services, token.viewer_id, token.session_id, address)

    def read_token(self, authorization: str) -> AccessToken:
        """The access token in the header. Errors: ClientError for a refused token."""
        if authorization[: len(BEARER)].lower() != BEARER:
            raise ClientError(
                "Send the access token as `Authorization: Bearer …`.", "UNAUTHENTICATED"
            )
        token = self._tokens.read(authorization[len(BEARER) :])
        self._revoked.check(token)
        return token
