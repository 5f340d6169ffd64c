"""The mail server's URL as Django's settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 10
BACKENDS = "django.core.mail.backends"
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def django_mail(url: str) -> dict[str, Any]:
    """Django's settings EMAIL_… for the URL of a mail server or of a folder; `none`: mails are dropped."""
    if url == "none":
        return {"EMAIL_BACKEND": f"{BACKENDS}.dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = unquote(parts.path)
        return {"EMAIL_BACKEND": f"{BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": path}
    return {
        "EMAIL_BACKEND": "core.accounts.mail.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": TIMEOUT_SECONDS,
    }
