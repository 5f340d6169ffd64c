"""The storage of media for Django, from MEDIA_STORAGE."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CONNECT_SECONDS = 3
READ_SECONDS = 10
ATTEMPTS = 3


def django_storage(text: str, root: Path) -> dict[str, Any]:
    """The entry of STORAGES. `root`: where a relative folder lies."""
    if "://" not in text:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": root / text, "base_url": None, "allow_overwrite": True},
        }
    # It loads half of boto3, which only S3 needs.
    from botocore.config import Config  # noqa: PLC0415  # only a bucket needs it

    parts = urlsplit(text)
    host = parts.netloc.rpartition("@")[2]
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.path.strip("/"),
            "endpoint_url": f"{parts.scheme}://{host}",
            "access_key": unquote(parts.username or ""),
            "secret_key": unquote(parts.password or ""),
            "region_name": parse_qs(parts.query).get("region", ["us-east-1"])[0],
            "default_acl": None,
            "file_overwrite": True,
            "client_config": Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS},
                s3={"addressing_style": "path"},
                signature_version="s3v4",
            ),
        },
    }
