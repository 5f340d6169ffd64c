"""Measures how soon a process rejects an access token of an ended session.

`python -m tests.live.revocation --tries 50` prints the times with Valkey and without.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Self

import httpx

from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.live.surroundings import Surroundings, surroundings  # needs the settings
from tests.live.world import operation  # as above

PASSWORD = "hush, long enough, and nobody's"
REFUSED_SECONDS = 20.0
"""Longer is a fault, not a busy machine. The goal is two seconds, which `main` measures."""
WHO = "{ viewer { username } }"
Json = dict[str, Any]


class Device:
    """A session of a user, with requests to any process."""

    def __init__(self, clients: list[httpx.AsyncClient], session: Json) -> None:
        self._clients = clients
        self.username = str(session["viewer"]["username"])
        self.authorization = f"Bearer {session['accessToken']}"
        self._refresh_token = session["refreshToken"]

    @classmethod
    async def sign_up(cls, clients: list[httpx.AsyncClient]) -> Self:
        """A new user's."""
        name = f"u{secrets.token_hex(8)}"
        values = {"username": name, "displayName": name, "email": f"{name}@example.org"}
        payload = await payload_of(clients[0], "SignUp", **values, password=PASSWORD)
        return cls(clients, payload["session"])

    async def sign_in(self, process: int = 0) -> Device:
        """Another one's, of the same user."""
        payload = await payload_of(
            self._clients[process], "SignIn", login=self.username, password=PASSWORD
        )
        return Device(self._clients, payload["session"])

    async def sign_out(self, *, everywhere: bool, process: int = 0) -> bool:
        """Whether a session has ended."""
        values = {"refreshToken": self._refresh_token, "everywhere": everywhere}
        return bool((await payload_of(self._clients[process], "SignOut", **values))["changed"])

    async def refresh(self) -> list[Json]:
        """The errors of a refresh."""
        values = {"refreshToken": self._refresh_token}
        return list((await payload_of(self._clients[0], "RefreshSession", **values))["errors"])

    async def ask(self, process: int, query: str = WHO, **variables: Any) -> httpx.Response:
        """The answer to this device."""
        return await self._clients[process].post(
            "/graphql/",
            json={"query": query, "variables": variables},
            headers={"authorization": self.authorization},
        )

    async def refused(self, process: int) -> float:
        """After how many seconds the process refuses this device. Errors: TimeoutError."""
        began = perf_counter()
        async with asyncio.timeout(REFUSED_SECONDS):
            while (answer := await self.ask(process)).status_code == 200:  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)
        assert answer.status_code == 401, answer.text
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "TOKEN_INVALID"
        return perf_counter() - began


async def payload_of(client: httpx.AsyncClient, name: str, **values: Any) -> Json:
    """What a mutation of the contract gives."""
    sent = {"query": operation(name), "variables": {"input": values}}
    answer = (await client.post("/graphql/", json=sent)).json()
    assert "errors" not in answer, answer
    [payload] = answer["data"].values()
    return dict(payload)


@asynccontextmanager
async def clients_of(around: Surroundings) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each process."""
    async with (
        httpx.AsyncClient(base_url=f"http://{around.address(0)}", timeout=20) as here,
        httpx.AsyncClient(base_url=f"http://{around.address(1)}", timeout=20) as there,
    ):
        yield [here, there]


async def measure(around: Surroundings, tries: int) -> list[float]:
    """From the answer to `signOut` by one process to the refusal by the other, in seconds."""
    took = []
    async with clients_of(around) as clients:
        device = await Device.sign_up(clients)
        for _ in range(tries):
            other = await device.sign_in()
            assert (await other.ask(1)).status_code == 200
            assert await device.sign_out(everywhere=True)
            took.append(await other.refused(1))
            device = await other.sign_in()
    return took


def main(tries: int) -> None:
    """Prints the shortest, median and longest time with Valkey and without."""
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        _print("with Valkey", asyncio.run(measure(around, tries)))
        around.valkey.process.process.kill()
        around.valkey.stop()
        _print("without", asyncio.run(measure(around, tries)))


def _print(name: str, seconds: list[float]) -> None:
    low, middle, high = (1_000 * each(seconds) for each in (min, median, max))
    print(f"{name}: {low:.0f} / {middle:.0f} / {high:.0f} ms", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=50)
    main(parser.parse_args().tries)
