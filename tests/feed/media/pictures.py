"""Pictures drawn by program, and clients that upload them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
from PIL import Image

from tests.live.world import Api, SignedInUser

Json = dict[str, Any]


def picture(width: int = 64, height: int = 48, kind: str = "JPEG", **options: Any) -> bytes:
    """The file of a picture with a red left half and a blue right half."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


class Uploader:
    """A user's client that uploads files to a server."""

    def __init__(self, api: Api, user: SignedInUser, *, timeout: float = 20) -> None:
        self.api = api
        self.user = user
        self.http = httpx.AsyncClient(base_url=f"http://{api.address}", timeout=timeout)

    async def start(self, size: int, content_type: str = "image/jpeg", **values: Any) -> Json:
        """What `startUpload` gives."""
        sent = {"contentType": content_type, "byteSize": size, **values}
        payload = await self.api.change(self.user, "StartUpload", **sent)
        return dict(payload["upload"])

    async def send(
        self, upload: Json, file: bytes | AsyncIterator[bytes], **headers: str
    ) -> httpx.Response:
        """The answer to the file."""
        parts = urlsplit(upload["url"])
        sent = {each["name"]: each["value"] for each in upload["headers"]} | headers
        address = f"{parts.path}?{parts.query}"
        return await self.http.request(upload["method"], address, content=file, headers=sent)

    async def upload(self, file: bytes, content_type: str = "image/jpeg") -> str:
        """The id of a file that was sent; its upload is not finished."""
        upload = await self.start(len(file), content_type)
        assert (await self.send(upload, file)).status_code == 200
        return str(upload["mediaId"])

    async def finish(self, media_id: str) -> Json:
        """What `finishUpload` gives."""
        return dict((await self.api.change(self.user, "FinishUpload", mediaId=media_id))["media"])

    async def close(self) -> None:
        await self.http.aclose()
