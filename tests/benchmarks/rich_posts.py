"""What W2 costs when its posts are rich: `python -m tests.benchmarks.rich_posts [--rounds 5] [--seconds 2]`.

The home feed with the contract's RichPost (visibility, language, segments, pictures, quote and more) in place of
PostCard, beside W2, by turns. Prints the CPU time of the server and of PostgreSQL for a request and how many times W2's
that is: with the demo data, where some posts have pictures, quotes and mentions, and where each post has a quote, two
mentions, a hashtag and a link.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from random import Random
from statistics import median

import asyncpg

from tests.benchmarks.load import request
from tests.benchmarks.measured_servers import (
    OURS,
    SERVE,
    Cores,
    MeasuredServer,
    filled_servers,
)
from tests.benchmarks.workloads import (
    W2,
    WARM_UP_SECONDS,
    Data,
    Measured,
    measure,
    read_data,
    requests_of,
)
from tests.contract.rich_feed import ALL_RICH, RICH_FEED

NAMES = """
UPDATE users SET username = CASE place WHEN 1 THEN 'p8' ELSE 'p9' END
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM users WHERE is_active LIMIT 2) two
WHERE two.id = users.id
"""


def rich(requests: list[str]) -> list[str]:
    """The same viewers' requests for rich posts."""
    body = json.dumps({"query": RICH_FEED}).encode()
    headers = [
        tuple(line.split(": ", 1))
        for each in requests
        for line in each.split("\r\n")
        if line.startswith("authorization: ")
    ]
    return [request("POST", "/graphql/", body, [header]) for header in headers]  # type: ignore[list-item]


def measured(server: MeasuredServer, data: Data, rounds: int, seconds: float) -> list[Measured]:
    """W2 and the rich feed: medians of rounds by turns."""
    requests = requests_of(W2, data, Random(1), by_hand=False)
    kinds = (requests, rich(requests))
    for each in kinds:
        measure(server, data.postgres, each, WARM_UP_SECONDS)
    turns = [
        [measure(server, data.postgres, each, seconds) for each in kinds] for _ in range(rounds)
    ]
    return [
        Measured(*(median(column) for column in zip(*several, strict=True)))
        for several in zip(*turns, strict=True)
    ]


async def make_all_rich(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(NAMES)
    await connection.execute(ALL_RICH)
    await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--posts", type=int, default=20_000)
    arguments = parser.parse_args()
    cores = Cores()
    with cores.for_everything_else(), filled_servers(arguments.users, arguments.posts) as variables:
        with cores.for_servers():
            server = MeasuredServer(OURS, SERVE, {**variables, "BYTE_CACHE_SECONDS": "0"})
            server.start()
        try:
            asyncio.run(server.wait())
            for name in ("demo data", "all posts rich"):
                if name != "demo data":
                    asyncio.run(make_all_rich(variables["DATABASE_URL"]))
                data = asyncio.run(read_data(variables))
                plain, full = measured(server, data, arguments.rounds, arguments.seconds)
                print(
                    f"{name}: server {plain.cpu:.3f} and {full.cpu:.3f} ms ({full.cpu / plain.cpu:.2f} times), "
                    f"PostgreSQL {plain.postgres:.3f} and {full.postgres:.3f} ms "
                    f"({full.postgres / plain.postgres:.2f} times), both {full.both / plain.both:.2f} times",
                    flush=True,
                )
        finally:
            server.stop()


if __name__ == "__main__":
    main()
