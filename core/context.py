"""What one request shares: the viewer, services and loaders of its resolvers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from core.database.cursors import CursorSigner
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import ClientError
from core.execution.loading import Loader

T = TypeVar("T")
L = TypeVar("L", bound=Loader[Any, Any])


class Services:
    """What the requests of one process share. Opened and closed with the server."""

    def __init__(
        self, *, database: Database, cursors: CursorSigner, notify: Callable[[], None]
    ) -> None:
        self.database = database
        self.group_commits = GroupCommits(database)
        """Commits together the small writes of all requests. Closed before the database."""
        self.cursors = cursors
        self.notify = notify
        """Wakes the readers of the event log, after a commit that wrote to it. Returns at once."""
        self._registered: dict[type, Any] = {}

    def register(self, thing: object) -> None:
        """Keeps what a feature needs for as long as the process lives, one of its type."""
        self._registered[type(thing)] = thing

    def get(self, kind: type[T]) -> T:
        """What a feature has kept."""
        kept: T = self._registered[kind]
        return kept


class Context:
    """One request: who asks, and the loaders that it has used."""

    __slots__ = ("_loaders", "address", "database", "services", "session_id", "viewer_id")

    def __init__(
        self,
        services: Services,
        viewer_id: int | None = None,
        session_id: int | None = None,
        address: str | None = None,
    ) -> None:
        """`address`: the network address that the request came from, if it is known."""
        self.services = services
        self.database = services.database
        self.viewer_id = viewer_id
        self.session_id = session_id
        self.address = address
        self._loaders: dict[Any, Loader[Any, Any]] = {}

    def loader(self, kind: Callable[..., L], *arguments: Any) -> L:
        """This request's loader of that kind and arguments."""
        name = (kind, arguments)
        found = self._loaders.get(name)
        if found is None:
            found = self._loaders[name] = kind(self, *arguments)
        return found  # type: ignore[return-value]  # the kind is part of the name

    def clear_loaders(self) -> None:
        """Forgets what loaders have read: what is asked for after a write is read after it."""
        self._loaders.clear()

    def require_viewer(self) -> int:
        """The signed-in viewer's key. Errors: UNAUTHENTICATED."""
        if self.viewer_id is None:
            raise ClientError("Sign in first: this needs an access token.", "UNAUTHENTICATED")
        return self.viewer_id
