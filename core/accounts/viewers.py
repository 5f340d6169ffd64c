"""The viewer's account, which may be removed while an access token still says who asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import ForeignKeyViolationError

from core.graphql.errors import ClientError


@contextmanager
def written_by_viewer() -> Iterator[None]:
    """Around rows that refer to nothing but the viewer and what is locked.

    Errors: UNAUTHENTICATED, if the viewer's account is no longer there.
    """
    try:
        yield
    except ForeignKeyViolationError as error:
        raise ClientError("This account has been removed.", "UNAUTHENTICATED") from error
