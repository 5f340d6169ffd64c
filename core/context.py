"""What one request shares: the viewer, services and loaders of its resolvers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from core.database.cursors import CursorSigner
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import ClientError
from core.events.list_horizon import ListHorizon
from core.execution import Loader

T = TypeVar("T")
L = TypeVar("L", bound=Loader[Any, Any])


class Services:
    """State that the requests of a process share. Opened and closed with the server."""

    def __init__(
        self, *, database: Database, cursors: CursorSigner, notify: Callable[[], None]
    ) -> None:
        self.database = database
        self.group_commits = GroupCommits(database)
        """The group commits of all requests. Closed before the database."""
        self.cursors = cursors
        self.list_horizon = ListHorizon(database)
        self.notify = notify
        """Wakes the readers of the event log after a commit with events. Returns immediately."""
        self.drop_cached_responses: Callable[[], None] = lambda: None
        """Drops this process's cached responses, after a commit that hides anything from anonymous clients. Others drop
        theirs by the event log. Returns immediately."""
        self._registered: dict[type, Any] = {}

    def register(self, service: object) -> None:
        """Registers an object of a feature for the lifetime of the process, one of each type."""
        self._registered[type(service)] = service

    def get(self, kind: type[T]) -> T:
        """The registered object of this type."""
        service: T = self._registered[kind]
        return service

    def find(self, kind: type[T]) -> T | None:
        """The registered object of this type; None if this process has none."""
        return self._registered.get(kind)


class Context:
    """One request: its viewer and its loaders."""

    __slots__ = (
        "_loaders",
        "address",
        "cost",
        "database",
        "points",
        "services",
        "session_id",
        "viewer_id",
    )

    def __init__(
        self,
        services: Services,
        viewer_id: int | None = None,
        session_id: int | None = None,
        address: str | None = None,
    ) -> None:
        """`address`: the client's network address, if it is known."""
        self.services = services
        self.database = services.database
        self.viewer_id = viewer_id
        self.session_id = session_id
        self.address = address
        self.cost = 0
        """The cost of the operation, once it was admitted."""
        self.points: Any = None
        """The bucket from which it took its cost, if there is a limit."""
        self._loaders: dict[Any, Loader[Any, Any]] = {}

    def loader(self, kind: Callable[..., L], *arguments: Any) -> L:
        """This request's loader of that kind and arguments."""
        key = (kind, arguments)
        found = self._loaders.get(key)
        if found is None:
            found = self._loaders[key] = kind(self, *arguments)
        return found  # type: ignore[return-value]  # the kind is part of the key

    def clear_loaders(self) -> None:
        """Drops all loaders, so that the fields of a payload are read after the write."""
        self._loaders.clear()

    def require_viewer(self) -> int:
        """The signed-in viewer's key. Errors: UNAUTHENTICATED."""
        if self.viewer_id is None:
            raise ClientError("Sign in first: this needs an access token.", "UNAUTHENTICATED")
        return self.viewer_id
