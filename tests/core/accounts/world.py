"""API clients that execute the operations of the client contract."""

from __future__ import annotations

import inspect
from typing import Any

from core.accounts.sessions import Accounts
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.database.database import Database
from core.execution import Executor
from core.ids import global_id
from tests.paths import OPERATIONS
from tests.ran_statements import ran_statements
from tests.valid_documents import valid_document

EXECUTOR = Executor(graphql_schema)
PASSWORD = "hush, long enough, and nobody's"
Json = dict[str, Any]

WRONG_COUNTS = """
SELECT id FROM users u WHERE (follower_count, following_count) <> (
    (SELECT count(*) FROM follows WHERE followee_id = u.id),
    (SELECT count(*) FROM follows WHERE follower_id = u.id)
)
"""
FOLLOWS_ACROSS_BLOCKS = """
SELECT f.follower_id, f.followee_id FROM follows f JOIN blocks b
ON (b.blocker_id, b.blocked_id) IN ((f.follower_id, f.followee_id), (f.followee_id, f.follower_id))
"""
REQUESTS_NOT_PENDING = """
SELECT r.requester_id, r.target_id FROM follow_requests r
WHERE EXISTS (
    SELECT FROM blocks b
    WHERE (b.blocker_id, b.blocked_id) IN ((r.requester_id, r.target_id), (r.target_id, r.requester_id))
)
OR EXISTS (SELECT FROM follows f WHERE (f.follower_id, f.followee_id) = (r.requester_id, r.target_id))
"""
EVENTS = "SELECT kind, actor_id, subject_id, client_mutation_id FROM events ORDER BY id"


def operation(name: str) -> str:
    """The text of an operation of the client contract."""
    return (OPERATIONS / f"{name}.graphql").read_text()


class ApiClient:
    """A client that executes requests; anonymous without a viewer."""

    def __init__(
        self, services: Services, viewer_id: int | None = None, session_id: int | None = None
    ) -> None:
        self.services = services
        self.viewer_id = viewer_id
        self.session_id = session_id
        self.ran: list[str] = []
        """The statements of the last request."""

    @property
    def statements(self) -> int:
        """The number of statements of the last request."""
        return len(self.ran)

    async def execute(self, query: str, /, **variables: Any) -> Json:
        """The whole result of one request: an operation of the contract, or a document."""
        document = valid_document(query)
        context = Context(self.services, self.viewer_id, self.session_id)
        with ran_statements() as self.ran:
            execution = EXECUTOR.execute(document, variables=variables, context=context)
            result = await execution if inspect.isawaitable(execution) else execution
        formatted: Json = dict(result.formatted)
        return formatted

    async def data(self, query: str, /, **variables: Any) -> Any:
        """The one root field of a result without errors."""
        result = await self.execute(query, **variables)
        assert "errors" not in result, result
        (value,) = result["data"].values()
        return value

    async def do(self, query: str, **values: Any) -> Any:
        """The payload of a mutation with these input values."""
        return await self.data(query, input=values)

    async def change(self, query: str, other: int) -> Any:
        """The payload of a mutation that targets another user."""
        return await self.do(query, userId=global_id("User", other))

    async def sign_up(self, username: str = "ada", **values: Any) -> Json:
        """The payload of a sign-up."""
        usual = {
            "username": username,
            "email": f"{username}@example.com",
            "password": PASSWORD,
            "displayName": username.title(),
        }
        payload: Json = await self.do("SignUp", **{**usual, **values})
        return payload

    async def sign_in(self, login: str, password: str = PASSWORD) -> Json:
        """The payload of a sign-in."""
        payload: Json = await self.do("SignIn", login=login, password=password)
        return payload

    async def refresh(self, token: str) -> Json:
        """The payload of a refresh."""
        payload: Json = await self.do("RefreshSession", refreshToken=token)
        return payload

    async def sign_out(self, token: str, *, everywhere: bool = False) -> bool:
        """Whether a session ended."""
        payload = await self.do("SignOut", refreshToken=token, everywhere=everywhere)
        assert payload["errors"] == []
        return bool(payload["changed"])

    def viewer_of(self, session: Json) -> int:
        """The key of the session's user."""
        token = self.services.get(Accounts).access_tokens.read(session["accessToken"])
        return token.viewer_id


def codes(payload: Json) -> list[tuple[str, ...]]:
    """Code and path of each error of a payload."""
    return [(error["code"], *error["path"]) for error in payload["errors"]]


async def events(database: Database) -> list[tuple[Any, ...]]:
    """The event log: kind, actor, subject, clientMutationId."""
    return [tuple(row) for row in await database.fetch(EVENTS)]


async def number_of(database: Database, table: str) -> int:
    """The number of rows of the table."""
    rows = await database.fetch(f"SELECT count(*) FROM {table}")  # noqa: S608  # a constant
    return int(rows[0][0])


async def assert_invariants(database: Database) -> None:
    """Counts equal their rows; no follow or request to follow crosses a block, and no request is answered."""
    assert [tuple(row) for row in await database.fetch(WRONG_COUNTS)] == []
    assert [tuple(row) for row in await database.fetch(FOLLOWS_ACROSS_BLOCKS)] == []
    assert [tuple(row) for row in await database.fetch(REQUESTS_NOT_PENDING)] == []
