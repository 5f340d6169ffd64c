"""A process that likes and unlikes as fast as it can, and reports each acknowledged write.

`python -m tests.interactions.liker POST USER …`; lines `USER liked` and `USER unliked` on standard output.
"""

from __future__ import annotations

import asyncio
import os
import sys

from core.database.database import Database
from core.database.group_commit import GroupCommits
from tests.interactions.reactions import post_like, post_unlike


async def main(post_id: int, user_ids: list[int]) -> None:
    """Each user likes and unlikes the post until the process is killed."""
    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    group_commits = GroupCommits(database)

    async def like_repeatedly(viewer_id: int) -> None:
        while True:
            for change, name in ((post_like, "liked"), (post_unlike, "unliked")):
                result = await change(group_commits, viewer_id=viewer_id, target_id=post_id)
                assert result.changed
                os.write(1, f"{viewer_id} {name}\n".encode())

    await asyncio.gather(*(like_repeatedly(viewer_id) for viewer_id in user_ids))


if __name__ == "__main__":
    post, *users = map(int, sys.argv[1:])
    asyncio.run(main(post, users))
