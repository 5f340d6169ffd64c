"""From events of a trace to rows: the same events always give the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from core.database.time_ordered_keys import SEQUENCE_BITS, key_at
from core.datasets.dataset_rows import (
    DatasetRows,
    NewComment,
    NewFollow,
    NewPerson,
    NewPost,
    NewShare,
)
from core.datasets.fake_text import person_name, sentence
from core.datasets.trace import TraceEvent

LANE_BITS = 10
LANES = 1 << LANE_BITS
PLACE_BITS = SEQUENCE_BITS - LANE_BITS
PLACES = 1 << PLACE_BITS
EMAIL_DOMAIN = "example.invalid"  # Reaches nobody; also tells people of traces from all others.
NO_PASSWORD = "!"  # noqa: S105  # what Django stores for "can't sign in"


def username_of(person: int) -> str:
    """The username of a person of a trace."""
    return f"u{person}"


class LatestPost(NamedTuple):
    """The post of a person that others share and answer at the moment."""

    id: int
    second: int


class Replay:
    """Plays a trace and gives the rows that it leaves.

    A trace does not say which post is shared or answered: it is the newest of the target's. When
    there is none, or the actor has shared that one already, the target is taken to have written
    another just before, as they must have. So every RT becomes a share, every RE a comment and
    every MT a post.

    Keys carry the time of the event; of their 22 bits for a sequence, 10 are the import's own and
    12 the place within the second, which flows over into milliseconds.
    """

    def __init__(self, *, import_number: int, known: Mapping[int, int]) -> None:
        """`known` gives the keys of people of traces that are in the database already."""
        self._lane = import_number % LANES << PLACE_BITS
        self._known = known
        self._people: dict[int, int] = {}
        self._latest: dict[int, LatestPost] = {}
        self._shared: set[tuple[int, int]] = set()
        self._following: set[tuple[int, int]] = set()
        self._places: dict[int, int] = {}
        self._rows = DatasetRows()

    def take_rows(self) -> DatasetRows:
        """The rows since the last call."""
        rows, self._rows = self._rows, DatasetRows()
        return rows

    def play(self, event: TraceEvent) -> None:
        """Adds what the event leaves to the rows."""
        moment = datetime.fromtimestamp(event.second, UTC)
        actor = self._person(event.actor, event.second, moment)
        target = self._person(event.target, event.second, moment)
        if event.actor != event.target:
            self._follow(actor, target, event.second, moment)
        if event.kind == b"MT":
            self._post(event.actor, event.second, moment, mentioning=event.target)
        elif event.kind == b"RT":
            post = self._post_to_share(event, moment)
            key = self._key(event.second, moment)
            self._shared.add((actor, post))
            self._rows.shares.append(NewShare(key, actor, post, moment))
        else:
            post = self._post_to_answer(event, moment)
            key = self._key(event.second, moment)
            self._rows.comments.append(NewComment(key, post, None, actor, sentence(key), moment))

    def _post_to_answer(self, event: TraceEvent, moment: datetime) -> int:
        latest = self._latest.get(event.target)
        if latest is None or latest.second > event.second:
            return self._post(event.target, event.second, moment)
        return latest.id

    def _post_to_share(self, event: TraceEvent, moment: datetime) -> int:
        post = self._post_to_answer(event, moment)
        if (self._people[event.actor], post) in self._shared:
            return self._post(event.target, event.second, moment)
        return post

    def _person(self, number: int, second: int, moment: datetime) -> int:
        key = self._people.get(number)
        if key is None:
            # A key is spent on those who are known as well, so that no later one depends on who is.
            key = self._key(second, moment)
            if number in self._known:
                key = self._known[number]
            else:
                self._rows.users.append(
                    NewPerson(
                        key,
                        username_of(number),
                        f"{username_of(number)}@{EMAIL_DOMAIN}",
                        NO_PASSWORD,
                        person_name(number),
                        sentence(number),
                        moment,
                    )
                )
            self._people[number] = key
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
        text = sentence(key)
        if mentioning is not None:
            text = f"@{username_of(mentioning)} {text}"
        self._rows.posts.append(NewPost(key, self._people[author], text, moment))
        latest = self._latest.get(author)
        if latest is None or latest.second <= second:
            self._latest[author] = LatestPost(key, second)
        return key

    def _key(self, second: int, moment: datetime) -> int:
        place = self._places.get(second, 0)
        self._places[second] = place + 1
        milliseconds, rest = divmod(place, PLACES)
        return key_at(moment, self._lane | rest) + (milliseconds << SEQUENCE_BITS)
