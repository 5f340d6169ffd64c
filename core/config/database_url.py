"""The database URL as Django's settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

CONNECT_SECONDS = 5


def django_database(url: str) -> dict[str, Any]:
    """The entry of DATABASES for a PostgreSQL URL; its query (sslmode) becomes OPTIONS of the driver."""
    parts = urlsplit(url)
    options = {"connect_timeout": str(CONNECT_SECONDS), **dict(parse_qsl(parts.query))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
