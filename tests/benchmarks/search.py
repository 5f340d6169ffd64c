"""What searches for posts cost: `python -m tests.benchmarks.search --posts 1000000`.

Starts its own PostgreSQL and fills it: Latin words by Zipf's law in seven of ten posts, Chinese, Japanese and
Korean in one each. With `--quick` the posts have few words, and are there in a minute. Prints the CPU time of
PostgreSQL's process for the newest 42 posts of each query, and fails where they are not those that a sort over all
posts gives.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg

from feed.search.words import phrase, tsvector
from tests.benchmarks.scaling import Backend
from tests.servers import servers_of_program

USERS = 1_000
AT_ONCE = 20_000
YEARS_MS = 2 * 365 * 86_400_000
EPOCH_MS = 1_262_304_000_000
REPEATED = 100
NEWEST = 42
TOP = 2**63 - 1
POOL = "SET plan_cache_mode = force_generic_plan; SET enable_bitmapscan = off; SET enable_seqscan = off; SET jit = off"
FILL_USERS = """
INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P' || n, '', '', true, false, false
FROM generate_series(1, $1::int) n RETURNING id
"""
QUICK = (Path(__file__).parent / "fills" / "search.sql").read_text()
OF_QUICK = {
    "a word of all posts": "'every'",
    "a word of every tenth post": "'tenth'",
    "a word of 200 posts": "'a77'",
    "a word of five posts": "'rare'",
    "a word of no post": "'nowhere'",
    "a word of a tenth of the time, long ago": "'olympics'",
    "it and a word of all posts": "'olympics' & 'every'",
    "it and a word of every tenth post, never together": "'olympics' & 'tenth'",
    "two words of every second post, never together": "'even' & 'odd'",
    "a phrase of words of every tenth post, never in this order": phrase("tenth every"),
    "a phrase of three such words": phrase("tenth every even"),
    "a phrase of two words of every second post, never in this order": phrase("even every"),
    "a phrase of characters of all posts, never in this order": phrase("猫犬鳥"),
    "a phrase of a character and a word of all posts, never in this order": phrase("犬 every"),
    "a phrase of two runs of characters, never in this order": phrase("鳥 猫"),
    "a phrase of three runs of characters, never in this order": phrase("猫 犬 鳥"),
    "two characters": phrase("猫犬"),
}
FIND = "SELECT search_posts($1::text::tsquery, $2, 0, $3)"
SORTED = """
SELECT post_id FROM post_words WHERE words @@ $1::text::tsquery AND post_id < $2 ORDER BY post_id DESC LIMIT $3
"""


def word(number: int) -> str:
    """A made-up word, the shorter the smaller the number."""
    letters, number = "", number + 7
    while number:
        number, digit = divmod(number, 90)
        letters += "bcdfghjklmnprstvwz"[digit % 18] + "aeiou"[digit // 18]
    return letters


class Texts:
    """Texts of posts whose words have the frequencies of a language."""

    def __init__(self) -> None:
        self.rng = random.Random(1)
        self.latin = [word(number) for number in range(150_000)]
        self.han = [chr(0x4E00 + number * 7 % 6_000) for number in range(4_000)]
        self.kana = [chr(0x3042 + number) for number in range(80)] + self.han[:1_500]
        self.hangul = [chr(0xAC00 + number * 13 % 11_000) for number in range(2_000)]
        self.weights = list(accumulate(1 / (number + 1) for number in range(150_000)))

    def some(self, items: Sequence[str], fewest: int, most: int) -> list[str]:
        count = self.rng.randint(fewest, most)
        return self.rng.choices(items, cum_weights=self.weights[: len(items)], k=count)

    def text(self, number: int, posts: int) -> str:
        kind = number % 10
        if kind < 7:
            found = " ".join(self.some(self.latin, 5, 25))
        elif kind < 9:
            found = "".join(self.some(self.han if kind == 7 else self.kana, 10, 60))
        else:
            found = " ".join("".join(self.some(self.hangul, 1, 5)) for _ in range(8))
        if number % (posts // 5) == 7:
            found += " zyzzyva"
        if 0.4 < number / posts < 0.5 and self.rng.random() < 0.8:
            found += " olympics"
        return found[:500]


def queries(texts: Texts) -> Iterator[tuple[str, str]]:
    common, second, third, rare = (texts.latin[number] for number in (0, 1, 2, 9_000))
    yield "a common word", phrase(common)
    yield "two common words", f"{phrase(common)} & {phrase(second)}"
    yield (
        "three common words and a rare one",
        " & ".join(map(phrase, (common, second, third, rare))),
    )
    yield "a rare word", phrase(rare)
    yield "a word of five posts", "'zyzzyva'"
    yield "a word of no post", "'nowhere'"
    yield "a word of a tenth of the time, long ago", "'olympics'"
    yield "a phrase of common words", phrase(f"{common} {second}")
    yield "a phrase of a rare and a common word", phrase(f"{rare} {common}")
    for name, letters in (
        ("Chinese", texts.han),
        ("Japanese", texts.kana),
        ("Korean", texts.hangul),
    ):
        yield f"one character, {name}", phrase(letters[0])
        yield f"two characters, {name}", phrase(letters[3] + letters[40])


async def fill(connection: Any, texts: Texts, posts: int) -> None:
    authors = [row[0] for row in await connection.fetch(FILL_USERS, USERS)]
    await connection.execute(
        "ALTER TABLE post_words DISABLE TRIGGER ALL; CREATE TEMP TABLE w (id bigint, words text)"
    )
    begin = int(time.time() * 1000) - EPOCH_MS - YEARS_MS
    for start in range(0, posts, AT_ONCE):
        rows, words = [], []
        for number in range(start, min(start + AT_ONCE, posts)):
            key = (begin + number * YEARS_MS // posts) << 22 | number & 0x3FFFFF
            text = texts.text(number, posts)
            rows.append((key, texts.rng.choice(authors), text))
            words.append((key, tsvector(text)))
        await connection.copy_records_to_table(
            "posts", columns=["id", "author_id", "text"], records=rows
        )
        await connection.copy_records_to_table("w", records=words)
        await connection.execute(
            "INSERT INTO post_words SELECT id, words::tsvector FROM w; TRUNCATE w"
        )
    await connection.execute("VACUUM (ANALYZE)")


async def measure(posts: int, *, is_quick: bool) -> None:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    if is_quick:
        for statement in QUICK.format(posts=posts).split(";\n"):
            await connection.execute(statement)
        asked = list(OF_QUICK.items())
    else:
        texts = Texts()
        await fill(connection, texts, posts)
        asked = list(queries(texts))
    backend = Backend(connection.get_server_pid())
    print(
        f"{posts:,} posts; CPU milliseconds of PostgreSQL\n\n| query | p50 | p99 |\n| --- | --- | --- |"
    )
    for name, query in asked:
        await connection.execute("SET enable_bitmapscan = on")
        expected = await connection.fetch(SORTED, query, TOP, NEWEST)
        await connection.execute(POOL)
        taken = []
        for _ in range(REPEATED):
            before = backend.microseconds
            found = await connection.fetch(FIND, query, TOP, NEWEST)
            taken.append((backend.microseconds - before) / 1_000)
        if [row[0] for row in found] != [row[0] for row in expected]:
            raise SystemExit(f"{name}: {query} finds other posts than a sort over all.")
        print(f"| {name} | {median(taken):.1f} | {sorted(taken)[-2]:.1f} |", flush=True)
    await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000, help="how many posts are there")
    parser.add_argument("--quick", action="store_true", help="posts with few words")
    arguments = parser.parse_args()
    with servers_of_program():
        asyncio.run(measure(arguments.posts, is_quick=arguments.quick))


if __name__ == "__main__":
    main()
