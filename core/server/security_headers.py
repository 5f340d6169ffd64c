"""The headers that tell browsers what a page may do, on every response that is not the API's."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.graphql.http.responses import NOSNIFF

CSP = b"content-security-policy"
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of what is no page."""
ADMIN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DETAILED_ERROR = f"{NOTHING}; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
"""The policy of Django's error pages in development, which have no files."""
HSTS = (b"strict-transport-security", b"max-age=31536000")
COMMON = (
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def security_headers(policy: str) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of a page with this content security policy, besides NOSNIFF."""
    return ((CSP, policy.encode()), *COMMON)


class SecurityHeaders:
    """Adds the headers that a response lacks."""

    def __init__(self, app: ASGIApp, *, admin_path: str, development: bool) -> None:
        """`admin_path`: without slashes around it."""
        self._app = app
        self._admin = (f"/{admin_path}", f"/{admin_path}/")
        self._development = development

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = list(message.get("headers", ()))
                names = {name.lower() for name, _ in sent}
                policy = self._policy(scope["path"], message["status"])
                wanted = (NOSNIFF, *security_headers(policy))
                if scope["scheme"] == "https" and not self._development:
                    wanted = (*wanted, HSTS)
                added = [each for each in wanted if each[0] not in names]
                message = {**message, "headers": [*sent, *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _policy(self, path: str, status: int) -> str:
        if status >= 400 and self._development:
            return DETAILED_ERROR
        is_admin = path == self._admin[0] or path.startswith(self._admin[1])
        return ADMIN if is_admin else NOTHING
