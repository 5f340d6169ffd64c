"""A process that likes as fast as it can, and says of each like that it has been told yes.

`python -m tests.interactions.liker POST PERSON …`; lines `PERSON` on standard output.
"""

from __future__ import annotations

import asyncio
import os
import sys

from core.database.database import Database
from core.database.group_commit import GroupCommits
from interactions.services import post_like, post_unlike


async def main(post_id: int, people: list[int]) -> None:
    """Each person likes and takes it back, again and again, until the process is killed."""
    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    group_commits = GroupCommits(database)

    async def person(viewer_id: int) -> None:
        while True:
            for change, said in ((post_like, "liked"), (post_unlike, "unliked")):
                told = await change(group_commits, viewer_id=viewer_id, post_id=post_id)
                assert told.changed
                os.write(1, f"{viewer_id} {said}\n".encode())

    await asyncio.gather(*(person(viewer_id) for viewer_id in people))


if __name__ == "__main__":
    post, *those = map(int, sys.argv[1:])
    asyncio.run(main(post, those))
