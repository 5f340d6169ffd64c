"""What searches for users cost: `python -m tests.benchmarks.user_search`.

Starts its own PostgreSQL and fills it with users: seven of ten have Latin names by Zipf's law, one each has a Chinese,
Japanese or Korean one. Prints the CPU time of PostgreSQL's process for the first 21 users, without a viewer and for
viewers who follow more and more users, 100 searches for each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable
from statistics import median

import asyncpg

from core.database.connecting import PLANNER
from tests.benchmarks.scaling import Backend
from tests.benchmarks.search import REPEATED, Texts
from tests.servers import servers_of_program

FOLLOWED = (50, 500, 501, 5_000)
"""More than 500 are looked for in another way."""
LIMIT = 21
"""A page of 20, and one row to know whether there are more."""
NAMES = {7: ("han", 2, 3), 8: ("kana", 2, 5), 9: ("hangul", 2, 3)}
FILL = """
INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
SELECT 'u' || n, 'u' || n || '@example.invalid', '!', name, '', '', true, false, false
FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n)
"""
FOLLOW = """
WITH viewer AS (UPDATE users SET following_count = $2 WHERE id = $1)
INSERT INTO follows (follower_id, followee_id)
SELECT $1, id FROM users WHERE id <> $1 ORDER BY hashint8(id) LIMIT $2
"""


def name(texts: Texts, number: int) -> str:
    """A display name."""
    if number % 10 in NAMES:
        letters, fewest, most = NAMES[number % 10]
        return "".join(texts.some(getattr(texts, letters), fewest, most))
    return " ".join(texts.some(texts.latin[:30_000], 2, 2))


def queries(texts: Texts) -> dict[str, Callable[[], str]]:
    """What makes the text of a search, by its kind."""

    def of(letters: list[str], count: int) -> Callable[[], str]:
        return lambda: "".join(texts.some(letters, count, count))

    return {
        "the letter that all usernames begin with": lambda: "u",
        "one letter": lambda: texts.rng.choice("bcdfghjklmnprstvwz"),
        "two letters": lambda: texts.rng.choice(texts.latin[:400])[:2],
        "a common name": lambda: texts.rng.choice(texts.latin[:5]),
        "a rare name": lambda: texts.rng.choice(texts.latin[5_000:30_000]),
        "a name and a letter of the next": lambda: f"{texts.latin[0]} {texts.rng.choice('bcd')}",
        "a name of nobody": lambda: f"qx{texts.rng.randrange(1_000)}",
        "one character, Chinese": of(texts.han[:200], 1),
        "two characters, Chinese": of(texts.han, 2),
        "one character, Japanese": of(texts.kana[:80], 1),
        "one character, Korean": of(texts.hangul[:200], 1),
    }


async def measure(users: int) -> None:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"], server_settings=PLANNER)
    texts = Texts()
    await connection.execute(FILL, [name(texts, number) for number in range(users)])
    ids = [row[0] for row in await connection.fetch("SELECT id FROM users ORDER BY id LIMIT 10")]
    viewers = dict(zip(FOLLOWED, ids, strict=False))
    for followed, viewer in viewers.items():
        await connection.execute(FOLLOW, viewer, followed)
    await connection.execute("VACUUM (ANALYZE)")
    from feed.search.selectors import FIRST  # noqa: PLC0415  # after Django is set up
    from feed.search.statements import SQL  # noqa: PLC0415

    backend = Backend(connection.get_server_pid())
    print(f"{users:,} users; CPU milliseconds of PostgreSQL, p50 and p99\n")
    print("| query | no viewer |" + "".join(f" follows {count:,} |" for count in FOLLOWED))
    print("| --- |" + " --- |" * (1 + len(FOLLOWED)))
    for kind, text in queries(texts).items():
        print(f"| {kind} |", end="")
        for viewer in (None, *viewers.values()):
            statement = await connection.prepare(SQL.users_by_name["" if viewer else ":anonymous"])
            await statement.fetch(viewer, text(), LIMIT, *FIRST)
            taken = []
            for _ in range(REPEATED):
                wanted = text()
                before = backend.microseconds
                await statement.fetch(viewer, wanted, LIMIT, *FIRST)
                taken.append((backend.microseconds - before) / 1_000)
            print(f" {median(taken):.1f}, {sorted(taken)[-2]:.1f} |", end="", flush=True)
        print()
    await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000, help="how many users are there")
    arguments = parser.parse_args()
    with servers_of_program():
        asyncio.run(measure(arguments.users))


if __name__ == "__main__":
    main()
