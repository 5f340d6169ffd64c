"""The files of media in the storage, which django-storages or Django itself provides."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from core.threads import ServiceThreads

THREADS = ServiceThreads("storage", 8)
"""For everything that blocks here: a bucket may hang."""
INCOMING = "incoming"
"""The folder of files that are still arriving. Only where the storage is a folder."""
INCOMING_SECONDS = 3_600
MISSING = ("404", "NoSuchKey", "NotFound")


class MediaSize(Enum):
    """Its value is the length of the longer side in pixels."""

    SMALL = 320
    MEDIUM = 640
    LARGE = 1_280


def media_storage() -> Storage:
    """The storage that MEDIA_STORAGE names. Its methods block: call them in one of THREADS."""
    return storages["media"]


def media_folder() -> Path | None:
    """The folder of the storage; None if it is a bucket."""
    storage = media_storage()
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


def original_name(key: int) -> str:
    """The name of the uploaded file."""
    return f"originals/{key % 256:02x}/{key}"


def picture_name(key: int, size: MediaSize) -> str:
    """The name of the picture in one size."""
    return f"pictures/{key % 256:02x}/{key}-{size.value}.webp"


def stored_size(name: str) -> int | None:
    """The length of a file; None if there is none. Blocks."""
    try:
        return media_storage().size(name)
    except FileNotFoundError:
        return None
    except Exception as error:
        if _is_missing(error):
            return None
        raise


def stored(name: str) -> IO[bytes]:
    """The file, opened. Errors: FileNotFoundError. Blocks."""
    opened: Any = media_storage().open(name, "rb")
    return opened  # type: ignore[no-any-return]  # Django's storages have no types


def store(name: str, file: IO[bytes]) -> None:
    """Stores a file, also where there is one of this name. Blocks."""
    media_storage().save(name, File(file, name=Path(name).name))


def remove_file(name: str) -> None:
    """Removes a file, if it is there. Blocks."""
    media_storage().delete(name)


def remove_files(key: int) -> None:
    """Removes all files of a picture. Blocks."""
    for name in (original_name(key), *(picture_name(key, size) for size in MediaSize)):
        remove_file(name)


def remove_old_incoming() -> None:
    """Removes files that stopped arriving long ago. Blocks."""
    folder = media_folder()
    if folder is None or not (folder / INCOMING).is_dir():
        return
    for entry in os.scandir(folder / INCOMING):
        with suppress(FileNotFoundError):
            if time.time() - entry.stat().st_mtime > INCOMING_SECONDS:
                Path(entry.path).unlink()


def _is_missing(error: Exception) -> bool:
    """Whether it is the S3 client's error for a file that does not exist."""
    response = getattr(error, "response", {})
    return response.get("Error", {}).get("Code") in MISSING
