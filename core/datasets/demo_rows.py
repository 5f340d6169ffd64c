"""DatasetRows of demo people and of what they do. The same for the same numbers and seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from core.database.time_ordered_keys import key_at
from core.datasets.dataset_rows import (
    DatasetRows,
    NewCommentLike,
    NewFollow,
    NewPerson,
    NewPost,
    NewPostLike,
    NewShare,
)
from core.datasets.distributions import Calendar, Crowd
from core.datasets.factories import (
    NewCommentFactory,
    NewPersonFactory,
    NewPostFactory,
    moment_of,
)

POSTS_A_PART = 5_000
FOLLOWS_IN_THE_MIDDLE = 20
MOST_FOLLOWS = 1_000
# Of one post. A post of mean appeal gets as many as the second figure says.
LIKES = (400, 5.0)
COMMENTS = (120, 3.0)
SHARES = (80, 0.7)
REPLIES_IN_TEN = 3
VIEWER_FOLLOWS = 60
VIEWER_FOLLOWERS = 15


class DemoRows:
    """Makes the rows in parts, each of which stands on those before."""

    def __init__(self, *, people: int, posts: int, seed: int, until: datetime) -> None:
        self._chance = Random(seed)  # noqa: S311  # not a secret: it is to be repeated
        self._crowd = Crowd(self._chance, people)
        self._calendar = Calendar(self._chance, until)
        self._posts = posts
        self._keys_made = 0
        self._people = [
            self._key(self._calendar.since - timedelta(minutes=people - number))
            for number in range(people)
        ]

    def parts(self) -> Iterator[DatasetRows]:
        """People and follows first, then posts with all that happens to them."""
        rows = DatasetRows()
        for number, key in enumerate(self._people):
            rows.users.append(NewPersonFactory.build(number=number, id=key))
        for follower in range(len(self._people)):
            self._follow(rows, follower)
        yield rows
        moments = sorted(self._calendar.busy_time() for _ in range(self._posts))
        for start in range(0, self._posts, POSTS_A_PART):
            rows = DatasetRows()
            for moment in moments[start : start + POSTS_A_PART]:
                self._post(rows, moment)
            yield rows

    def viewer(self, username: str, password: str) -> DatasetRows:
        """One more person, who follows the most popular. Ask for it after the parts."""
        key = self._key(self._calendar.since)
        person: NewPerson = NewPersonFactory.build(
            number=len(self._people),
            id=key,
            username=username,
            display_name="Demo Viewer",
            password=password,
        )
        rows = DatasetRows(users=[person])
        for number in self._crowd.most_popular(VIEWER_FOLLOWS):
            self._add_follow(rows, key, self._people[number])
        for number in {self._crowd.active() for _ in range(VIEWER_FOLLOWERS)}:
            self._add_follow(rows, self._people[number], key)
        return rows

    def _follow(self, rows: DatasetRows, follower: int) -> None:
        wanted = FOLLOWS_IN_THE_MIDDLE * math.exp(0.9 * self._chance.gauss(0, 1))
        followees = {self._crowd.popular() for _ in range(min(int(wanted), MOST_FOLLOWS))}
        for followee in sorted(followees - {follower}):
            self._add_follow(rows, self._people[follower], self._people[followee])

    def _add_follow(self, rows: DatasetRows, follower: int, followee: int) -> None:
        moment = self._calendar.any_time()
        rows.follows.append(NewFollow(self._key(moment), follower, followee, moment))

    def _post(self, rows: DatasetRows, moment: datetime) -> None:
        author = self._crowd.active()
        post: NewPost = NewPostFactory.build(id=self._key(moment), author_id=self._people[author])
        rows.posts.append(post)
        appeal = 0.3 * self._chance.paretovariate(1.4) * self._crowd.popularity[author] ** 0.5
        for person in sorted(self._others(author, LIKES, appeal)):
            key, at = self._reaction(post.created_at)
            rows.post_likes.append(NewPostLike(key, person, post.id, at))
        for person in sorted(self._others(author, SHARES, appeal)):
            key, at = self._reaction(post.created_at)
            rows.shares.append(NewShare(key, person, post.id, at))
        self._discuss(rows, post, self._how_many(COMMENTS, appeal))

    def _discuss(self, rows: DatasetRows, post: NewPost, comments: int) -> None:
        first = len(rows.comments)
        for _ in range(comments):
            earlier = rows.comments[first:]
            answers = bool(earlier) and self._chance.random() * 10 < REPLIES_IN_TEN
            parent = self._chance.choice(earlier) if answers else None
            key, _at = self._reaction(parent.created_at if parent else post.created_at)
            rows.comments.append(
                NewCommentFactory.build(
                    id=key,
                    post_id=post.id,
                    parent_id=parent and parent.id,
                    author_id=self._people[self._crowd.active()],
                )
            )
        for comment in rows.comments[first:]:
            for person in sorted(self._others(None, (20, 0.5), self._chance.paretovariate(2) / 2)):
                _key, at = self._reaction(comment.created_at)
                rows.comment_likes.append(NewCommentLike(person, comment.id, at))

    def _others(self, author: int | None, most: tuple[int, float], appeal: float) -> set[int]:
        """Keys of people other than the author."""
        people = {self._crowd.active() for _ in range(self._how_many(most, appeal))}
        return {self._people[person] for person in people if person != author}

    def _how_many(self, most: tuple[int, float], appeal: float) -> int:
        at_most, mean = most
        whole, rest = divmod(mean * appeal, 1)
        return min(at_most, int(whole) + (self._chance.random() < rest))

    def _reaction(self, to: datetime) -> tuple[int, datetime]:
        key = self._key(self._calendar.soon_after(to))
        return key, moment_of(key)

    def _key(self, moment: datetime) -> int:
        self._keys_made += 1
        return key_at(moment, self._keys_made)
