"""What came of a storm, and whether it may have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from tests.live.storm_clients import Received, StormRequests, UserSession

REVOCATION_SECONDS = 2.0
"""How long after its end a session may still write."""


@dataclass(eq=False)
class Block:
    """A block between two users, who are hidden from each other."""

    users: frozenset[str]
    acknowledged: float
    lifted: float = inf
    """When its removal was requested."""


class StormRecord:
    """The writes, blocks, sessions and received events of a storm."""

    def __init__(self, requests: StormRequests) -> None:
        self.requests = requests
        self.blocks: list[Block] = []
        self.sessions: list[UserSession] = []
        self.received: list[Received] = []
        self.authors: dict[str, str] = {}
        """The authors of the posts that are written to and listened to, by post."""
        self.calm_posts: list[str] = []
        """Those of an author whom no block concerns."""
        self.active: set[str] = set()
        """Users who are neither deleted nor suspended."""
        self.observer = ""
        """A subscriber whom no block concerns."""

    def faults(self, *, late_seconds: float = REVOCATION_SECONDS) -> list[str]:
        """All that must not have happened."""
        return [*self.requests.faults, *self._late(late_seconds), *self._shown(), *self._missed()]

    def _late(self, seconds: float) -> Iterator[str]:
        """Sessions in which a write succeeded that was sent more than so many seconds after their end."""
        for session in self.sessions:
            if session.wrote > session.ended + seconds:
                after = session.wrote - session.ended
                yield f"session {session.user.session_id} wrote {after:.2f} s after its end"

    def _shown(self) -> Iterator[str]:
        """Events that reached a user from whom a block hid them.

        Those of a subscription have an order. So the event of a write that was sent after the block's response, and all
        events that come after it, were judged after the block.
        """
        blocks = defaultdict(list)
        for block in self.blocks:
            blocks[block.users].append(block)
        known: defaultdict[object, float] = defaultdict(lambda: -inf)
        """When the newest write was sent whose event has come, by subscription."""
        for each in self.received:
            sent = self.requests.sent.get(each.key or "", -inf)
            known[each.subscription] = max(known[each.subscription], sent)
            for other in each.users | {self.authors.get(each.post or "", "")}:
                for block in blocks[frozenset((each.viewer, other))]:
                    if block.acknowledged < known[each.subscription] and each.at < block.lifted:
                        yield f"{each.viewer} received {each.event} of {other}, {block}"

    def _missed(self) -> Iterator[str]:
        """Comments on posts of the author whom no block concerns, of users who stayed, that the observer missed."""
        comments = {
            key
            for key, write in self.requests.acknowledged.items()
            if write.name == "CreateComment"
            and write.post in self.calm_posts
            and write.user in self.active
        }
        received = Counter(
            each.key
            for each in self.received
            if each.viewer == self.observer and each.event["__typename"] == "CommentCreated"
        )
        yield from (f"{key} was missed" for key in comments - received.keys())
        yield from (f"{key} came twice" for key, times in received.items() if times > 1)

    @property
    def hidden_writes(self) -> int:
        """Writes of a blocked user that came entirely within the block."""
        return sum(
            write.user in block.users
            for block in self.blocks
            for write in self.requests.acknowledged.values()
            if block.acknowledged < write.sent and write.acknowledged < block.lifted
        )

    def __str__(self) -> str:
        ended = [session for session in self.sessions if session.ended < inf]
        latest = max((session.wrote - session.ended for session in ended), default=0.0)
        return "\n".join(
            [
                f"responses: {dict(self.requests.outcomes.most_common())}, slowest {self.requests.slowest:.2f} s",
                f"writes: {len(self.requests.acknowledged)} acknowledged, {self.hidden_writes} within blocks",
                f"blocks: {len(self.blocks)}",
                f"sessions: {len(ended)} ended; the last write that succeeded: {latest:+.3f} s",
                f"events: {dict(Counter(each.event['__typename'] for each in self.received))}",
            ]
        )
