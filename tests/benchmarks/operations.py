"""Writes the requests of the four workloads for an external load generator.

    python -m tests.benchmarks.operations FOLDER

The contract's documents with placeholders, and a file of values for each placeholder. Tokens and cursors are valid for
a server with the same SECRET_KEY.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from core.accounts.tokens import AccessToken, AccessTokens
from core.config.environment import environment
from core.database.cursors import CursorSigner
from core.ids import global_id
from tests.paths import OPERATIONS

VIEWERS = range(50_001, 51_001)
POSTS = 1_000_000
OLDEST_CURSOR = 100_000  # Pages below it are full.
VALUES = 4_000
TOKEN_DAYS = 3_650
SESSION = 1  # Does not exist: these operations do not look sessions up.


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the operations of the four workloads.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    secret = environment().secret_key.encode()
    (folder / "values").mkdir(parents=True, exist_ok=True)
    write_bodies(folder)
    write_values(folder / "values", secret)
    print(f"Written to {folder}")


def write_bodies(folder: Path) -> None:
    """Writes one request body a workload, and headers for workloads that need a viewer."""
    for workload, operation, variables in (
        ("w1", "PublicFeed", {}),
        ("w2", "HomeFeed", {}),
        ("w3", "PublicFeed", {"after": "@cursor@"}),
        ("w4", "LikePost", {"input": {"postId": "@post@"}}),
    ):
        (folder / workload).write_text(json.dumps(body(operation, variables)))
    for workload in ("w2", "w4"):
        (folder / f"{workload}.headers").write_text("Authorization: Bearer @token@\n")


def body(operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The request body for an operation of the contract."""
    document = (OPERATIONS / f"{operation}.graphql").read_text()
    # The load generator counts a response with `errors` as failed, even if the list is empty.
    document = document.replace("errors {", "refusals: errors {")
    return {"query": document, "variables": variables, "operationName": operation}


def write_values(folder: Path, secret: bytes) -> None:
    """Writes lines of a key and its token, cursor or global id."""
    rng = Random(1)
    tokens = AccessTokens(secret)
    expires_at = int(time.time()) + TOKEN_DAYS * 86_400
    public = CursorSigner(secret).codec("public")
    cursors = rng.sample(range(OLDEST_CURSOR, POSTS), VALUES)
    posts = rng.sample(range(1, POSTS + 1), VALUES)
    _write(
        folder / "viewer", ((v, tokens.issue(AccessToken(v, SESSION, expires_at))) for v in VIEWERS)
    )
    _write(folder / "cursor", ((post, public.encode(post)) for post in cursors))
    _write(folder / "post", ((post, global_id("Post", post)) for post in posts))


def _write(path: Path, pairs: Iterable[tuple[int, str]]) -> None:
    path.write_text("".join(f"{number}\t{value}\n" for number, value in pairs))


if __name__ == "__main__":
    main()
