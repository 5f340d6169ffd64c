"""The reason of a failure, as it is stored and shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from core.database.error_text import text_without_values

T = TypeVar("T")

MAX_REASON_LENGTH = 2_000


class WorkAborted(Exception):
    """A job or a consumer has raised CancelledError without being cancelled, or what is no Exception, as SystemExit."""


def reason(error: BaseException) -> str:
    """The error's type and message, without values that PostgreSQL quotes, in one bounded text that it can store."""
    name = type(error).__name__
    try:
        text = text_without_values(error)
    except Exception:  # noqa: BLE001  # the error's own method
        return name
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    return (f"{name}: {text}" if text else name)[:MAX_REASON_LENGTH]


async def unless_cancelled(work: Awaitable[T]) -> T:
    """Awaits the work; raises WorkAborted if it ends by an exception that would end the task or the process.

    Work raises CancelledError where it awaits something that was cancelled, SystemExit where it calls a program's
    main function, and a BaseExceptionGroup if a task of a group does.
    """
    try:
        return await work
    except Exception:
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise WorkAborted("CancelledError: what it awaited was cancelled.") from error
    except BaseException as error:
        raise WorkAborted(reason(error)) from error
