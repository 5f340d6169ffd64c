"""Clocks that are set to another time lose nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from core.database.database import Database
from tests.live.surroundings import Surroundings, surroundings
from tests.live.world import (
    TIMEOUT,
    Json,
    SignedInUser,
    WebSocketClient,
    eventually,
    operation,
    signed_in,
    signed_in_again,
    websocket_client,
)

SHIFT = Path(__file__).with_name("clock_shift.c")
DAYS = 86_400
PASSWORD = "hush-clock-work-4711"


class Clock:
    """The wall clock of those processes that started with its variables."""

    def __init__(self, folder: Path) -> None:
        library = folder / "clock_shift.so"
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, SHIFT], check=True)
        self._file = folder / "clock_shift"
        self._file.write_bytes(bytes(8))
        self.variables = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self._file)}

    def jump(self, seconds: int) -> None:
        """Sets the clock by so many seconds, in the midst of whatever happens."""
        with self._file.open("r+b") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))


class Client:
    """A client of either server."""

    def __init__(self, around: Surroundings, token: str | None = None) -> None:
        self._around = around
        self.authorization = token

    async def answer(self, number: int, name: str, **variables: Any) -> Json:
        headers = {"authorization": self.authorization} if self.authorization else {}
        sent = {"query": operation(name), "variables": variables}
        address = f"http://{self._around.address(number)}/graphql/"
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            answer: Json = (await client.post(address, json=sent, headers=headers)).json()
        return answer

    async def payload(self, number: int, name: str, **variables: Any) -> Json:
        answer = await self.answer(number, name, **variables)
        assert "errors" not in answer, answer
        [payload] = answer["data"].values()
        assert not payload.get("errors"), payload
        return dict(payload)

    async def code(self, number: int, name: str, **variables: Any) -> str:
        [error] = (await self.answer(number, name, **variables))["errors"]
        return str(error["extensions"]["code"])

    async def post(self, text: str) -> Json:
        sent = {"text": text, "clientMutationId": text}
        return await self.payload(0, "CreatePost", input=sent)


def seconds_from_now(moment: str) -> float:
    return (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()


async def added(client: WebSocketClient) -> list[str]:
    """The texts of the new posts up to the one with the text `last`."""
    texts: list[str] = []
    while "last" not in texts:
        event = await client.event()
        if event["__typename"] == "FeedEntryAdded":
            texts.append(event["edge"]["node"]["text"])
    return texts


class Shifted(NamedTuple):
    """Servers whose clocks are not those of the machine."""

    around: Surroundings
    clock: Clock
    """Of one web server and of the worker."""
    postgres: Clock


async def writer_and_readers(shifted: Shifted) -> tuple[SignedInUser, SignedInUser, Client]:
    """Two users of whom the second follows the first, and a client whose token has expired.

    All clocks agree again.
    """
    around, *clocks = shifted
    for clock in clocks:
        clock.jump(0)
    database = await Database(around.postgres.url, size=1).open()
    try:
        await database.write("TRUNCATE users, events CASCADE")
        author, reader = await signed_in(database, 2)
        late = await signed_in_again(database, reader.key, lasts=-10)
    finally:
        await database.close()
    follower, expired = Client(around, reader.authorization), Client(around, late.authorization)

    async def know_the_time() -> bool:
        """Servers read PostgreSQL's clock once a second."""
        valid = [await follower.answer(number, "Viewer") for number in (0, 1)]
        invalid = [await expired.answer(number, "Viewer") for number in (0, 1)]
        return not any("errors" in each for each in valid) and all(
            "TOKEN_EXPIRED" in str(each) for each in invalid
        )

    assert await eventually(know_the_time)
    await follower.payload(1, "FollowUser", input={"userId": author.id})
    return author, reader, expired


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shifted]:
    """Servers, one of which, the worker and PostgreSQL have clocks of their own."""
    folder = tmp_path_factory.mktemp("shifted")
    clock = Clock(folder)
    limits = {"POSTS_PER_HOUR": "4"}  # An answer that is replayed counts as well.
    with surroundings(folder, **clock.variables, **limits) as around:
        of_postgres = Clock(around.postgres.folder)
        around.postgres.stop()
        with pytest.MonkeyPatch.context() as variables:
            for name, value in of_postgres.variables.items():
                variables.setenv(name, value)
            around.postgres.start()
        around.postgres.wait()
        around.start_worker()
        yield Shifted(around, clock, of_postgres)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("days", [40, -40])
async def test_no_clock_of_a_server_or_worker_matters(shifted: Shifted, days: int) -> None:
    around, clock, _ = shifted
    author, reader, late = await writer_and_readers(shifted)
    writing, reading, nobody = (
        Client(around, author.authorization),
        Client(around, reader.authorization),
        Client(around),
    )
    sent = {"username": "clock", "email": "clock@example.org", "displayName": "Clock"}
    signed_up = await nobody.payload(0, "SignUp", input={**sent, "password": PASSWORD})
    leaving = Client(around, f"Bearer {signed_up['session']['accessToken']}")
    await leaving.payload(0, "DeleteAccount", input={"password": PASSWORD})
    first = await writing.post("first")
    await writing.post("second")
    page = await reading.payload(0, "HomeFeed", first=1)
    async with websocket_client(around.address(0), reader.authorization) as live:
        ready = await live.watch_home()

        clock.jump(days * DAYS)

        # Tokens.
        assert (await writing.payload(0, "Viewer"))["id"] == author.id
        assert await late.code(0, "Viewer") == "TOKEN_EXPIRED"
        # Idempotency keys, and limits.
        again = await writing.post("first")
        assert (again["replayed"], again["post"]["id"]) == (True, first["post"]["id"])
        await writing.post("last")
        refused = {"text": "one too many", "clientMutationId": "one too many"}
        assert await writing.code(0, "CreatePost", input=refused) == "RATE_LIMITED"
        # Log positions: of a connection that was open, and of one that resumes.
        assert await added(live) == ["last"]
        async with websocket_client(around.address(0), reader.authorization) as resuming:
            resumed = await resuming.watch_home(after=ready["cursor"])
            assert resumed["__typename"] != "ResyncRequired"
            assert await added(resuming) == ["last"]
    # Cursors of pages.
    older = await reading.payload(0, "HomeFeed", after=page["pageInfo"]["endCursor"])
    assert [edge["node"]["text"] for edge in older["edges"]] == ["first"]
    newest = await reading.payload(0, "HomeFeed")
    texts = [edge["node"]["text"] for edge in newest["edges"]]
    assert texts == ["last", "second", "first"]
    # Schedules: what is due now is done, and what is due in days is not.
    export = (await writing.payload(0, "ExportData", input={}))["export"]

    async def is_ready() -> bool:
        found = await writing.payload(0, "ExportState", id=export["id"])
        return bool(found["state"] == "READY")

    assert await eventually(is_ready, seconds=60)
    login = {"login": "clock", "password": PASSWORD}
    restored = (await nobody.payload(0, "RestoreAccount", input=login))["session"]
    # New tokens, which the other server accepts.
    assert 0 < seconds_from_now(restored["accessTokenExpiresAt"]) <= 900
    assert 29 * DAYS < seconds_from_now(restored["refreshTokenExpiresAt"]) <= 30 * DAYS
    sent = {"refreshToken": restored["refreshToken"]}
    refreshed = (await nobody.payload(0, "RefreshSession", input=sent))["session"]
    for token in (restored["accessToken"], refreshed["accessToken"]):
        for number in (0, 1):
            assert (await Client(around, f"Bearer {token}").payload(number, "Viewer"))["id"]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("hours", [-1, 1])
async def test_the_clock_of_postgresql_decides_when_tokens_expire(
    shifted: Shifted, hours: int
) -> None:
    around, _, clock = shifted
    await writer_and_readers(shifted)
    nobody = Client(around)
    sent = {"username": "clock", "email": "clock@example.org", "displayName": "Clock"}
    signed_up = await nobody.payload(0, "SignUp", input={**sent, "password": PASSWORD})
    session = signed_up["session"]
    before = Client(around, f"Bearer {session['accessToken']}")
    first = await before.post("first")
    page = await before.payload(0, "HomeFeed")

    clock.jump(hours * 3_600)

    async def is_expired() -> bool:
        answers = [await before.answer(number, "Viewer") for number in (0, 1)]
        return all("errors" in answer for answer in answers)

    if hours > 0:
        assert await eventually(is_expired)
        assert await before.code(0, "Viewer") == "TOKEN_EXPIRED"
    else:
        assert (await before.payload(0, "Viewer"))["id"]

    async def is_refreshed() -> bool:
        # A server reads the clock once a second, each when it does.
        sent = {"refreshToken": session["refreshToken"]}
        session.update((await nobody.payload(1, "RefreshSession", input=sent))["session"])
        token = Client(around, f"Bearer {session['accessToken']}")
        answers = [await token.answer(number, "Viewer") for number in (0, 1)]
        expires = seconds_from_now(session["accessTokenExpiresAt"]) - hours * 3_600
        return 0 < expires <= 900 and not any("errors" in answer for answer in answers)

    assert await eventually(is_refreshed)
    after = Client(around, f"Bearer {session['accessToken']}")
    again = await after.post("first")
    assert (again["replayed"], again["post"]["id"]) == (True, first["post"]["id"])
    await after.post("last")
    async with websocket_client(around.address(1), after.authorization) as resuming:
        resumed = await resuming.watch_home(after=page["eventCursor"])
        assert resumed["__typename"] != "ResyncRequired"
        assert await added(resuming) == ["last"]
    newest = await after.payload(1, "HomeFeed")
    texts = [edge["node"]["text"] for edge in newest["edges"]]
    # New posts sort by the new time.
    assert texts == (["last", "first"] if hours > 0 else ["first", "last"])
    export = (await after.payload(0, "ExportData", input={}))["export"]

    async def is_ready() -> bool:
        found = await after.payload(0, "ExportState", id=export["id"])
        return bool(found["state"] == "READY")

    assert await eventually(is_ready, seconds=60)
