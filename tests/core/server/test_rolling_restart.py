"""Servers behind a proxy are replaced one after the other, and clients lose nothing."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from core.database.database import Database
from tests.core.server.proxy import Proxy
from tests.core.server.served import (
    Served,
    all_wrote,
    assert_nothing_is_lost,
    writing,
)
from tests.interactions.cast import create_posts
from tests.live.world import Closed, signed_in, websocket_client

WRITERS = 10


class Fleet:
    """Two servers behind a proxy, with what all of them have logged."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        self._folder = folder
        self._proxy = proxy
        self.address = proxy.address
        self.all: list[Served] = []

    async def start(self) -> Served:
        folder = self._folder / str(len(self.all))
        folder.mkdir()
        server = Served(folder, 1)
        self.all.append(server)
        await server.becomes_ready(1)
        return server

    async def replace(self, old: Served, new: Served) -> None:
        """As Kubernetes does: the new one is ready, the old one gets no new connections, then it is stopped."""
        self._proxy.servers.append(new.port)
        self._proxy.servers.remove(old.port)
        await old.stopped_by(signal.SIGTERM)

    def stops(self) -> list[float]:
        return [moment for server in self.all for moment in server.stops()]

    def kill(self) -> None:
        for server in self.all:
            server.process.kill()
            server.process.wait()


async def test_a_rolling_restart_fails_no_request_and_sends_sockets_to_the_others(
    tmp_path: Path, database: Database
) -> None:
    users = await signed_in(database, WRITERS)
    [post] = await create_posts(database, users[0].key, 1)
    async with Proxy().running() as proxy:
        fleet = Fleet(tmp_path, proxy)
        try:
            # All start before there are writers, who would write all the time that a start takes.
            servers = [await fleet.start() for _ in range(4)]
            old, new = servers[:2], servers[2:]
            proxy.servers = [server.port for server in old]
            async with writing(fleet, users) as writers:  # type: ignore[arg-type]  # has an address
                for server, successor in zip(old, new, strict=True):
                    # Whatever has begun on the other server stays there.
                    proxy.servers, others = [server.port], proxy.servers
                    async with websocket_client(fleet.address) as client:
                        proxy.servers = others
                        ready = await client.watch([post])
                        await fleet.replace(server, successor)
                        with pytest.raises(Closed) as closed:
                            await client.receive()
                        assert closed.value.code == 1012
                    async with websocket_client(fleet.address) as client:
                        resumed = await client.watch([post], after=ready["cursor"])
                        assert resumed["resumed"]
                    counts = [len(writer.acknowledged) + 3 for writer in writers]
                    await all_wrote(writers, counts)
            await assert_nothing_is_lost(database, fleet, writers)  # type: ignore[arg-type]
            assert [writer.unavailable for writer in writers] == [0] * WRITERS
            assert all(server.process.returncode == 0 for server in old)
        finally:
            fleet.kill()
