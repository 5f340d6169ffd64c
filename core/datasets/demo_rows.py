"""Rows of demo users and of their activity, the same for the same numbers and seed."""

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
    NewPost,
    NewPostLike,
    NewShare,
    NewUser,
)
from core.datasets.distributions import Calendar, Crowd
from core.datasets.factories import (
    NewCommentFactory,
    NewPostFactory,
    NewUserFactory,
    time_of,
)
from core.datasets.fake_text import hash_of

POSTS_A_PART = 5_000
MEDIAN_FOLLOWS = 20
MAX_FOLLOWS = 1_000
# Of one post: the maximum, and the mean for a post of mean appeal.
LIKES = (400, 5.0)
COMMENTS = (120, 3.0)
SHARES = (80, 0.7)
REPLIES_IN_TEN = 3
MENTIONS_ONE_IN = 6
QUOTES_ONE_IN = 15
QUOTED_AMONG = 50
VIEWER_FOLLOWS = 60
VIEWER_FOLLOWERS = 15


class DemoRows:
    """Makes the rows in parts, which refer to earlier parts only."""

    def __init__(self, *, users: int, posts: int, seed: int, until: datetime) -> None:
        self._chance = Random(seed)  # noqa: S311  # reproducible, not a secret
        self._crowd = Crowd(self._chance, users)
        self._calendar = Calendar(self._chance, until)
        self._posts = posts
        self._keys_made = 0
        self._users = [
            self._key(self._calendar.since - timedelta(minutes=users - number))
            for number in range(users)
        ]

    @property
    def number_of_parts(self) -> int:
        return 1 + math.ceil(self._posts / POSTS_A_PART)

    def parts(self) -> Iterator[DatasetRows]:
        """Users and follows first, then posts with their likes, shares and comments."""
        rows = DatasetRows()
        for number, key in enumerate(self._users):
            rows.users.append(NewUserFactory.build(number=number, id=key))
        for follower in range(len(self._users)):
            self._follow(rows, follower)
        yield rows
        moments = sorted(self._calendar.busy_time() for _ in range(self._posts))
        for start in range(0, self._posts, POSTS_A_PART):
            rows = DatasetRows()
            for moment in moments[start : start + POSTS_A_PART]:
                self._post(rows, moment)
            yield rows

    def viewer(self, username: str, password: str) -> DatasetRows:
        """One more user, who follows the most popular ones. Call it after `parts`."""
        key = self._key(self._calendar.since)
        user: NewUser = NewUserFactory.build(
            number=len(self._users),
            id=key,
            username=username,
            display_name="Demo Viewer",
            password=password,
        )
        rows = DatasetRows(users=[user])
        for number in self._crowd.most_popular(VIEWER_FOLLOWS):
            self._add_follow(rows, key, self._users[number])
        for number in {self._crowd.active() for _ in range(VIEWER_FOLLOWERS)}:
            self._add_follow(rows, self._users[number], key)
        return rows

    def _follow(self, rows: DatasetRows, follower: int) -> None:
        wanted = MEDIAN_FOLLOWS * math.exp(0.9 * self._chance.gauss(0, 1))
        followees = {self._crowd.popular() for _ in range(min(int(wanted), MAX_FOLLOWS))}
        for followee in sorted(followees - {follower}):
            self._add_follow(rows, self._users[follower], self._users[followee])

    def _add_follow(self, rows: DatasetRows, follower: int, followee: int) -> None:
        moment = self._calendar.any_time()
        rows.follows.append(NewFollow(self._key(moment), follower, followee, moment))

    def _post(self, rows: DatasetRows, moment: datetime) -> None:
        author = self._crowd.active()
        post: NewPost = NewPostFactory.build(id=self._key(moment), author_id=self._users[author])
        bits = hash_of(post.id) >> 8
        if bits % MENTIONS_ONE_IN == 0:
            mentioned: NewUser = NewUserFactory.build(number=(bits >> 8) % len(self._users))
            post = post._replace(text=f"@{mentioned.username} {post.text}")
        if rows.posts and (bits >> 20) % QUOTES_ONE_IN == 0:
            quoted = rows.posts[-1 - (bits >> 30) % min(len(rows.posts), QUOTED_AMONG)]
            post = post._replace(quoted_post_id=quoted.id)
        rows.posts.append(post)
        appeal = 0.3 * self._chance.paretovariate(1.4) * self._crowd.popularity[author] ** 0.5
        for user_id in sorted(self._others(author, LIKES, appeal)):
            key, at = self._reaction(post.created_at)
            rows.post_likes.append(NewPostLike(key, user_id, post.id, at))
        for user_id in sorted(self._others(author, SHARES, appeal)):
            key, at = self._reaction(post.created_at)
            rows.shares.append(NewShare(key, user_id, post.id, at))
        self._discuss(rows, post, self._random_count(COMMENTS, appeal))

    def _discuss(self, rows: DatasetRows, post: NewPost, comments: int) -> None:
        first = len(rows.comments)
        for _ in range(comments):
            earlier = rows.comments[first:]
            is_reply = bool(earlier) and self._chance.random() * 10 < REPLIES_IN_TEN
            parent = self._chance.choice(earlier) if is_reply else None
            key, _at = self._reaction(parent.created_at if parent else post.created_at)
            rows.comments.append(
                NewCommentFactory.build(
                    id=key,
                    post_id=post.id,
                    parent_id=parent and parent.id,
                    author_id=self._users[self._crowd.active()],
                )
            )
        for comment in rows.comments[first:]:
            for user_id in sorted(self._others(None, (20, 0.5), self._chance.paretovariate(2) / 2)):
                _key, at = self._reaction(comment.created_at)
                rows.comment_likes.append(NewCommentLike(user_id, comment.id, at))

    def _others(self, author: int | None, most: tuple[int, float], appeal: float) -> set[int]:
        """Keys of users other than the author."""
        users = {self._crowd.active() for _ in range(self._random_count(most, appeal))}
        return {self._users[user] for user in users if user != author}

    def _random_count(self, most: tuple[int, float], appeal: float) -> int:
        at_most, mean = most
        whole, rest = divmod(mean * appeal, 1)
        return min(at_most, int(whole) + (self._chance.random() < rest))

    def _reaction(self, to: datetime) -> tuple[int, datetime]:
        key = self._key(self._calendar.soon_after(to))
        return key, time_of(key)

    def _key(self, moment: datetime) -> int:
        self._keys_made += 1
        return key_at(moment, self._keys_made)
