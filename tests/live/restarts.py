"""SIGHUP and SIGTERM under load, again and again, and no call fails: `python -m tests.live.restarts --rounds 10`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
from pathlib import Path

from core.database.database import Database
from tests.servers import servers_for_tests, set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.core.server.served import (  # needs the settings
    all_wrote,
    assert_nothing_is_lost,
    served,
    writing,
)
from tests.live.world import SignedInUser, signed_in  # as above

PAUSE_SECONDS = 0.2
"""Between two posts of a writer while processes start, which takes seconds. There is none when all stop."""


async def restart_round(
    folder: Path, database: Database, users: list[SignedInUser], *, processes: int
) -> int:
    """How many posts were acknowledged while the server was replaced once and then stopped.

    Errors: AssertionError if a call failed that had been accepted, or a post is lost.
    """
    with served(folder, processes) as server:
        before = await server.becomes_ready(processes)
        async with writing(server, users) as writers:
            for writer in writers:
                writer.pause = PAUSE_SECONDS
            server.process.send_signal(signal.SIGHUP)
            after = (await server.becomes_ready(2 * processes))[processes:]
            if processes > 1:
                await server.logs("All processes have been replaced.")
                assert set(before).isdisjoint(after)
            for writer in writers:
                writer.pause = 0.0
            done = [len(writer.acknowledged) for writer in writers]
            await all_wrote(writers, [count + 1 for count in done])
            assert not any(writer.unavailable for writer in writers)
            await server.stopped_by(signal.SIGTERM)
    assert server.process.returncode == 0, server.logged()
    assert "Traceback" not in server.logged(), server.logged()
    await assert_nothing_is_lost(database, server, writers)
    return sum(len(writer.acknowledged) for writer in writers)


async def run(rounds: int, processes: int, writers: int) -> None:
    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    try:
        users = await signed_in(database, writers, lasts=3_600)
        for number in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                count = await restart_round(Path(folder), database, users, processes=processes)
            print(f"round {number + 1}: {count} posts, none lost, no call failed", flush=True)
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--writers", type=int, default=20)
    arguments = parser.parse_args()
    with servers_for_tests() as servers:
        os.environ.update(servers.variables)
        asyncio.run(run(arguments.rounds, arguments.processes, arguments.writers))


if __name__ == "__main__":
    main()
