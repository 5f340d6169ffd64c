"""Turns the events of a trace into rows; the same events always give the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from core.database.time_ordered_keys import SEQUENCE_BITS, key_at
from core.datasets.dataset_rows import (
    DatasetRows,
    NewComment,
    NewFollow,
    NewPost,
    NewReaction,
    NewUser,
)
from core.datasets.fake_text import full_name, post_text, sentence
from core.datasets.trace import TraceEvent

IMPORT_BITS = 10
IMPORTS = 1 << IMPORT_BITS
INDEX_BITS = SEQUENCE_BITS - IMPORT_BITS
INDEXES = 1 << INDEX_BITS
EMAIL_DOMAIN = "example.invalid"  # Not routable; also distinguishes imported users from others.
NO_PASSWORD = "!"  # noqa: S105  # an unusable password to Django


def username_of(number: int) -> str:
    """The username of a user in a trace."""
    return f"u{number}"


class LatestPost(NamedTuple):
    """The newest post of a user, which others share and comment on."""

    id: int
    second: int


class Replay:
    """Replays a trace and gives the resulting rows.

    A trace does not say which post is shared or commented on: the target's newest post is assumed. If
    there is none, or the actor has shared it already, the target is assumed to have written another one
    just before. So every RT becomes a share, every RE a comment and every MT a post.

    Keys carry the time of the event. Of their 22 sequence bits, 10 identify the import and 12 are the
    event's index within the second, which overflows into milliseconds.
    """

    def __init__(self, *, import_number: int, known: Mapping[int, int]) -> None:
        """`known`: keys of the users that earlier imports have inserted, by number in the trace."""
        self._import_part = import_number % IMPORTS << INDEX_BITS
        self._known = known
        self._users: dict[int, int] = {}
        self._latest: dict[int, LatestPost] = {}
        self._shared: set[tuple[int, int]] = set()
        self._following: set[tuple[int, int]] = set()
        self._indexes: dict[int, int] = {}
        self._rows = DatasetRows()

    def take_rows(self) -> DatasetRows:
        """The rows since the last call."""
        rows, self._rows = self._rows, DatasetRows()
        return rows

    def play(self, event: TraceEvent) -> None:
        """Adds the rows of the event."""
        moment = datetime.fromtimestamp(event.second, UTC)
        actor = self._user(event.actor, event.second, moment)
        target = self._user(event.target, event.second, moment)
        if event.actor != event.target:
            self._follow(actor, target, event.second, moment)
        if event.kind == b"MT":
            self._post(event.actor, event.second, moment, mentioning=event.target)
        elif event.kind == b"RT":
            post = self._post_to_share(event, moment)
            key = self._key(event.second, moment)
            self._shared.add((actor, post))
            self._rows.shares.append(NewReaction(key, actor, post, moment))
        else:
            post = self._post_to_comment_on(event, moment)
            key = self._key(event.second, moment)
            self._rows.comments.append(NewComment(key, post, None, actor, sentence(key), moment))

    def _post_to_comment_on(self, event: TraceEvent, moment: datetime) -> int:
        latest = self._latest.get(event.target)
        if latest is None or latest.second > event.second:
            return self._post(event.target, event.second, moment)
        return latest.id

    def _post_to_share(self, event: TraceEvent, moment: datetime) -> int:
        post = self._post_to_comment_on(event, moment)
        if (self._users[event.actor], post) in self._shared:
            return self._post(event.target, event.second, moment)
        return post

    def _user(self, number: int, second: int, moment: datetime) -> int:
        key = self._users.get(number)
        if key is None:
            # Known users use up a key as well, so that later keys do not depend on who is known.
            key = self._key(second, moment)
            if number in self._known:
                key = self._known[number]
            else:
                self._rows.users.append(
                    NewUser(
                        key,
                        username_of(number),
                        f"{username_of(number)}@{EMAIL_DOMAIN}",
                        NO_PASSWORD,
                        full_name(number),
                        sentence(number),
                        moment,
                    )
                )
            self._users[number] = key
        return key

    def _follow(self, actor: int, target: int, second: int, moment: datetime) -> None:
        pair = (actor, target)
        if pair not in self._following:
            self._following.add(pair)
            self._rows.follows.append(NewFollow(self._key(second, moment), actor, target, moment))

    def _post(
        self, author: int, second: int, moment: datetime, *, mentioning: int | None = None
    ) -> int:
        key = self._key(second, moment)
        text = post_text(key)
        if mentioning is not None:
            text = f"@{username_of(mentioning)} {text}"
        self._rows.posts.append(NewPost(key, self._users[author], text, moment))
        latest = self._latest.get(author)
        if latest is None or latest.second <= second:
            self._latest[author] = LatestPost(key, second)
        return key

    def _key(self, second: int, moment: datetime) -> int:
        index = self._indexes.get(second, 0)
        self._indexes[second] = index + 1
        milliseconds, rest = divmod(index, INDEXES)
        return key_at(moment, self._import_part | rest) + (milliseconds << SEQUENCE_BITS)
