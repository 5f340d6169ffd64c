"""Sends a plain query and a small write in turn: `python -m tests.live.watcher ADDRESS POST`.

The authorization comes as the first line of standard input. The watcher writes a line when the server knows its
documents. At the end of standard input it stops, and writes a JSON array: the seconds of the queries, those of the
writes, and faults.
"""

from __future__ import annotations

import json
import select
import sys
from time import perf_counter
from typing import Any

import httpx

from tests.paths import OPERATIONS

PLAIN = "{ viewer { id } publicFeed(first: 1) { edges { node { id author { id } } } } }"


class Watcher:
    def __init__(self, client: httpx.Client, post: str) -> None:
        self.plain: list[float] = []
        self.writes: list[float] = []
        self.faults: list[str] = []
        self._client = client
        self._variables = {"input": {"postId": post}}

    def run(self) -> None:
        """Asks until standard input ends."""
        writes = [
            (OPERATIONS / f"{name}.graphql").read_text() for name in ("LikePost", "UnlikePost")
        ]
        turn = 0
        while turn < len(writes) or not select.select([sys.stdin], [], [], 0.05)[0]:
            turn += 1
            write = writes[turn % 2]
            self._ask(self.plain, {"query": PLAIN})
            self._ask(self.writes, {"query": write, "variables": self._variables})
            if turn == len(writes):
                print("The server knows the documents.", flush=True)

    def _ask(self, times: list[float], sent: dict[str, Any]) -> None:
        began = perf_counter()
        try:
            answer = self._client.post("/graphql/", json=sent)
        except httpx.HTTPError as error:
            self.faults.append(f"the watcher's request: {error!r}")
            return
        times.append(perf_counter() - began)
        if answer.status_code != 200 or "errors" in answer.json() or '"errors":[{' in answer.text:
            self.faults.append(f"the watcher received: {answer.text[:500]}")


def main() -> None:
    address, post = sys.argv[1:]
    headers = {"authorization": sys.stdin.readline().strip()}
    with httpx.Client(base_url=f"http://{address}", timeout=60, headers=headers) as client:
        watcher = Watcher(client, post)
        watcher.run()
    json.dump([watcher.plain, watcher.writes, watcher.faults], sys.stdout)


if __name__ == "__main__":
    main()
