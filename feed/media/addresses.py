"""The addresses to which clients send pictures, and from which they get them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from hmac import compare_digest
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings

from core.database.clock import CLOCK
from feed.media.files import MediaSize, media_folder, media_storage, original_name, picture_name
from feed.media.media_rows import MediaRow

UPLOAD_LIFE = timedelta(minutes=15)
SIGNED_SECONDS = 3_600
"""The longest life of the address of a picture that not everybody may see."""
MAC_BYTES = 16
PATH = "/media"


class UploadAddress(NamedTuple):
    """Where and how to send a file."""

    url: str
    method: str
    headers: dict[str, str]
    expires_at: datetime


class MediaAddresses:
    """Makes addresses, and judges those that are requested. All times are in seconds since 1970."""

    def __init__(self, secrets: Iterable[bytes], base: str) -> None:
        """`secrets`: the first one signs; what was signed with any of them is valid. `base`: scheme, host and port that
        clients know; empty: addresses are paths on the API's own server.
        """
        self._keys = [
            blake2b(b"media addresses", key=secret[:64], digest_size=32).digest()
            for secret in secrets
        ]
        self._base = base + PATH

    def upload(self, key: int, content_type: str, byte_size: int) -> UploadAddress:
        """The address for a file of this type and length. Blocks at the first call if the storage is a bucket."""
        expires_at = CLOCK.moment() + UPLOAD_LIFE
        headers = {"Content-Type": content_type}
        if media_folder() is None:
            url = _bucket_address(
                "put_object",
                original_name(key),
                int(UPLOAD_LIFE.total_seconds()),
                ContentType=content_type,
                ContentLength=byte_size,
            )
        else:
            until = int(expires_at.timestamp())
            query = urlencode(
                {
                    "type": content_type,
                    "bytes": byte_size,
                    "until": until,
                    "signature": self._macs("upload", key, content_type, byte_size, until)[0],
                }
            )
            url = f"{self._base}/uploads/{key}?{query}"
        return UploadAddress(url, "PUT", headers, expires_at)

    def is_upload(
        self, key: int, content_type: str, byte_size: int, until: int, signature: str
    ) -> bool:
        """Whether a requested address was made by `upload`. It may have expired."""
        return self._is_valid(signature, "upload", key, content_type, byte_size, until)

    def picture(self, media: MediaRow, size: MediaSize) -> str | None:
        """The address of a picture; None until it is ready."""
        if media.state != "READY":
            return None
        return self.public(media.id, size) if media.is_public else self.signed(media.id, size)

    def public(self, key: int, size: MediaSize) -> str:
        """The address for everybody, which stays the same. It works while everybody may see the picture."""
        return f"{self._base}/{key}/{size.value}.webp"

    def signed(self, key: int, size: MediaSize) -> str:
        """An address that works without any other check, until an hour has passed at most.

        It stays the same for half an hour, so that clients may cache the picture.
        """
        half = SIGNED_SECONDS // 2
        until = (int(CLOCK.now()) // half + 2) * half
        query = urlencode({"until": until, "signature": self._macs("picture", key, until)[0]})
        return f"{self.public(key, size)}?{query}"

    def is_signed(self, key: int, until: int, signature: str) -> bool:
        """Whether a requested address was made by `signed`. It may have expired."""
        return self._is_valid(signature, "picture", key, until)

    def _is_valid(self, signature: str, *parts: object) -> bool:
        given = signature.encode()
        return any(compare_digest(mac.encode(), given) for mac in self._macs(*parts))

    def _macs(self, *parts: object) -> list[str]:
        """The valid MACs: one for each secret."""
        text = "\n".join(map(str, parts)).encode()
        return [blake2b(text, key=key, digest_size=MAC_BYTES).hexdigest() for key in self._keys]


def bucket_picture(key: int, size: MediaSize, seconds: int) -> str:
    """The address of a picture in the bucket, which works for so long. Blocks at the first call."""
    return _bucket_address("get_object", picture_name(key, size), seconds)


def _bucket_address(method: str, name: str, seconds: int, **parameters: Any) -> str:
    storage: Any = media_storage()
    return str(
        storage.connection.meta.client.generate_presigned_url(
            method,
            Params={"Bucket": storage.bucket_name, "Key": name, **parameters},
            ExpiresIn=seconds,
        )
    )


@cache
def media_addresses() -> MediaAddresses:
    """The addresses by this process's settings."""
    environment = settings.ENVIRONMENT
    base = (environment.media_url or environment.api_url or "").rstrip("/")
    return MediaAddresses(environment.secrets, base)
