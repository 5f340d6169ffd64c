"""Media over HTTP: files are sent to `/media/uploads/…`, pictures are served at `/media/…`."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from core.database.clock import CLOCK
from core.database.database import Database, DatabaseUnavailable
from core.database.time_ordered_keys import HIGHEST_KEY
from core.graphql.http.conditional import is_known
from core.graphql.http.cors import PREFLIGHT_SECONDS, CORSPolicy
from feed.media.addresses import PATH, SIGNED_SECONDS, bucket_picture, media_addresses
from feed.media.files import INCOMING, THREADS, MediaSize, media_folder, original_name, picture_name
from feed.media.selectors import upload_by_id
from feed.media.statements import SQL

IDLE_SECONDS = 30.0
"""Timeout for the next part of a file."""
UPLOAD_SECONDS = 900.0
"""Timeout for a whole file."""
MAX_DISCARDED_BYTES = 16 * 1024 * 1024
"""How much of a refused file is read: closing the connection at once would take the answer from a client that sends."""
CROSS_ORIGIN = {"cross-origin-resource-policy": "cross-origin"}
ONE_RANGE = re.compile(rb"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-[0-9]{1,18})", re.IGNORECASE)


_transfers: dict[int, _Transfer] = {}
"""The transfers of this process by the key of their upload."""


class _Transfer:
    """The request that an upload's file arrives with."""

    def __init__(self) -> None:
        self.timeout = asyncio.timeout(UPLOAD_SECONDS)
        self.is_replaced = False

    def replace(self) -> None:
        """Ends it soon."""
        self.is_replaced = True
        if not self.timeout.expired():
            self.timeout.reschedule(0)


class UploadRefused(Exception):
    """The file is not accepted. The message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PictureFile(FileResponse):
    """A picture's file, or the one part of it that is asked for.

    The whole file is the answer to any other `Range`: several ranges, another unit or method than bytes and GET
    (RFC 9110, section 14.2).
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET" or not _is_one_range(scope):
            headers = [field for field in scope["headers"] if field[0] != b"range"]
            scope = {**scope, "headers": headers}
        await super().__call__(scope, receive, send)


def media_routes(database: Database, origins: Iterable[str]) -> list[Route]:
    """The routes of uploads and pictures. `origins`: of pages that may send files."""
    policy = CORSPolicy(origins)

    def allowed(request: Request) -> dict[str, str]:
        origin = request.headers.get("origin")
        found = policy.headers(None if origin is None else origin.encode("latin-1"))
        return {name.decode(): value.decode() for name, value in found}

    async def upload(request: Request) -> Response:
        headers = allowed(request)
        if request.method == "OPTIONS":
            headers |= {
                "access-control-allow-methods": "PUT",
                "access-control-allow-headers": "content-type",
                "access-control-max-age": str(PREFLIGHT_SECONDS),
            }
            return Response(status_code=204, headers=headers)
        try:
            await receive_upload(database, request)
        except UploadRefused as refused:
            if not await _discard(request):
                headers["connection"] = "close"
            return PlainTextResponse(str(refused), refused.status, headers)
        except DatabaseUnavailable:
            text = "The server can't accept the file now. Send it again."
            return PlainTextResponse(
                text, 503, headers | {"retry-after": "5", "connection": "close"}
            )
        return Response(headers=headers)

    async def picture(request: Request) -> Response:
        try:
            response = await _picture(database, request)
        except DatabaseUnavailable:
            response = PlainTextResponse("Try again.", 503, {"retry-after": "5"})
        response.headers.update(allowed(request) | CROSS_ORIGIN)
        return response

    return [
        Route(f"{PATH}/uploads/{{key}}", upload, methods=["PUT", "OPTIONS"]),
        Route(f"{PATH}/{{key}}/{{pixels}}.webp", picture),
    ]


async def receive_upload(database: Database, request: Request) -> None:
    """Stores the file that a client sends to its address. A file of before is replaced until the upload is finished.

    Errors: UploadRefused, DatabaseUnavailable. Locks: the picture.
    """
    key, content_type, byte_size = _signed_upload(request)
    folder = media_folder()
    upload = await upload_by_id(database, key)
    if folder is None:
        raise _no_such_upload()
    _check_state(None if upload is None else upload.state)
    _check_headers(request, content_type, byte_size)
    async with _incoming(folder) as file:
        try:
            async with _only_transfer(key):
                received = await _received(request, file, byte_size)
        except TimeoutError:
            raise UploadRefused(408, "The file arrived too slowly. Send it again.") from None
        except ClientDisconnect:
            raise UploadRefused(
                400, "The connection ended before the whole file arrived."
            ) from None
        if received != byte_size:
            raise UploadRefused(400, f"{received:,} bytes arrived; {byte_size:,} were announced.")
        await _file_work(os.fsync, file.fileno())
        async with database.transaction() as transaction:
            # While the file arrived the upload may have been finished, or the account deleted: nobody would remove it.
            row = await transaction.fetch_row(SQL.media_arrived_lock, key)
            _check_state(None if row is None else row[0])
            await _file_work(_keep, file, folder / original_name(key))


def _check_state(state: str | None) -> None:
    """Errors: UploadRefused unless the upload with this state waits for its file. None: there is none."""
    if state is None:
        raise _no_such_upload()
    if state != "UPLOADING":
        raise UploadRefused(409, "The upload is finished: finishUpload was called.")


def _no_such_upload() -> UploadRefused:
    return UploadRefused(404, "There is no such upload. Begin a new one by startUpload.")


def _signed_upload(request: Request) -> tuple[int, str, int]:
    """The key, content type and length that an address was made for. Errors: UploadRefused."""
    query = request.query_params
    key = _number(request.path_params["key"])
    content_type = query.get("type", "")
    byte_size, until = _number(query.get("bytes")), _number(query.get("until"))
    signature = query.get("signature", "")
    if not media_addresses().is_upload(key, content_type, byte_size, until, signature):
        raise UploadRefused(403, "This is not an address that startUpload gave. Use it unchanged.")
    if CLOCK.now() > until:
        raise UploadRefused(
            403, "The address has expired. Call startUpload again with the same clientMutationId."
        )
    return key, content_type, byte_size


def _check_headers(request: Request, content_type: str, byte_size: int) -> None:
    """Errors: UploadRefused."""
    sent = request.headers.get("content-length")
    if sent is None:
        raise UploadRefused(411, "Send the header Content-Length.")
    if _number(sent) != byte_size:
        raise UploadRefused(400, f"Content-Length must be {byte_size}, as startUpload was called.")
    if request.headers.get("content-type", "").lower() != content_type:
        raise UploadRefused(415, f"Content-Type must be {content_type}, as startUpload was called.")


async def _received(request: Request, file: IO[bytes], byte_size: int) -> int:
    """Writes the body to the file; returns its length. Errors: TimeoutError, ClientDisconnect."""
    received = 0
    parts: AsyncIterator[bytes] = request.stream()
    while True:
        async with asyncio.timeout(IDLE_SECONDS):
            part = await anext(parts, None)
        if part is None:
            return received
        received += len(part)
        if received > byte_size:
            return received
        await _file_work(file.write, part)


@asynccontextmanager
async def _only_transfer(key: int) -> AsyncIterator[None]:
    """Ends the transfer to the same address that is under way: a client that sends a file again has given up the one
    before. Otherwise one address would take any number of files at once, all on the disk until the slowest has arrived.

    Errors: TimeoutError; UploadRefused if it is ended so itself.
    """
    transfer = _Transfer()
    earlier = _transfers.get(key)
    _transfers[key] = transfer
    if earlier is not None:
        earlier.replace()
    try:
        async with transfer.timeout:
            yield
    except TimeoutError:
        if transfer.is_replaced:
            raise UploadRefused(409, "Another request sends this file by now.") from None
        raise
    finally:
        if _transfers.get(key) is transfer:
            del _transfers[key]


@asynccontextmanager
async def _incoming(folder: Path) -> AsyncIterator[IO[bytes]]:
    """A new file in the folder, which is removed at the end unless it was moved."""
    # Both ends are quick, so no thread does them; and a cancellation can't come between and leave the file.
    file = _new_file(folder / INCOMING)
    try:
        yield file
    finally:
        file.close()
        with suppress(FileNotFoundError):
            os.unlink(file.name)  # noqa: PTH108  # there is no other way in one call


async def _file_work(function: Callable[..., object], *arguments: Any) -> None:
    """Calls the function in a thread. A cancellation waits for it, so that no file is closed while it is written."""
    working = asyncio.ensure_future(THREADS.call(function, *arguments))
    try:
        await asyncio.shield(working)
    finally:
        while not working.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([working])


def _new_file(folder: Path) -> IO[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    return NamedTemporaryFile(dir=folder, delete=False, buffering=0)


def _keep(file: IO[bytes], path: Path) -> None:
    """Moves the file to its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(file.name).replace(path)


async def _discard(request: Request) -> bool:
    """Reads the rest of the body. Whether it has ended."""
    discarded = 0
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            async for part in request.stream():
                discarded += len(part)
                if discarded > MAX_DISCARDED_BYTES:
                    return False
    except (TimeoutError, ClientDisconnect, RuntimeError):
        return False
    return True


async def _picture(database: Database, request: Request) -> Response:
    """The picture, or where it is. Errors: DatabaseUnavailable."""
    key = _number(request.path_params["key"])
    sizes = {str(size.value): size for size in MediaSize}
    size = sizes.get(request.path_params["pixels"])
    if size is None or not key:
        return PlainTextResponse("There is no such picture.", 404)
    signature = request.query_params.get("signature")
    if signature is not None:
        until = _number(request.query_params.get("until"))
        seconds = until - int(CLOCK.now())
        if seconds <= 0 or not media_addresses().is_signed(key, until, signature):
            return PlainTextResponse("The address has expired. Query the picture's url again.", 403)
        caching = f"private, max-age={seconds}"
    else:
        shown = await database.fetch_row(SQL.media_shown, key)
        if shown is None or not shown[0]:
            return PlainTextResponse("There is no such picture.", 404)
        seconds = SIGNED_SECONDS
        caching = f"public, max-age={seconds}"
    folder = media_folder()
    if folder is None:
        # No longer than the address of this server, and twice as long as the redirect is kept.
        address = await THREADS.call(bucket_picture, key, size, seconds)
        redirect = f"{caching.partition(',')[0]}, max-age={seconds // 2}"
        return RedirectResponse(address, 302, {"cache-control": redirect})
    return await _file(folder / picture_name(key, size), request, f'"{key}-{size.value}"', caching)


async def _file(path: Path, request: Request, etag: str, caching: str) -> Response:
    """The file, or 304 for a client that has it: its content never changes."""
    headers = {"etag": etag, "cache-control": caching}
    if is_known(etag.encode(), request.headers.get("if-none-match", "").encode("latin-1")):
        return Response(status_code=304, headers=headers)
    try:
        found: Any = await THREADS.call(path.stat)
    except FileNotFoundError:
        return PlainTextResponse("There is no such picture.", 404)
    return PictureFile(path, headers=headers, media_type="image/webp", stat_result=found)


def _is_one_range(scope: Scope) -> bool:
    """Whether the request asks for one part of a file, which the file may not have."""
    sent = [value for name, value in scope["headers"] if name == b"range"]
    asked = ONE_RANGE.fullmatch(sent[0]) if len(sent) == 1 else None
    return asked is not None and (not asked[2] or int(asked[1]) <= int(asked[2]))


def _number(text: str | None) -> int:
    """The whole number, below 2^63; 0 if it is none."""
    if text and len(text) < 20 and text.isascii() and text.isdigit():
        return min(int(text), HIGHEST_KEY)
    return 0
