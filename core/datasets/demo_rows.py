"""Rows of demo users and of their activity, the same for the same numbers and seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from core.database.time_ordered_keys import key_at, moment_of
from core.datasets.dataset_rows import (
    DatasetRows,
    NewCommentLike,
    NewFollow,
    NewFollowRequest,
    NewPin,
    NewPost,
    NewReaction,
    NewUser,
)
from core.datasets.distributions import Calendar, Crowd
from core.datasets.factories import NewCommentFactory, NewPostFactory, NewUserFactory
from core.datasets.fake_text import hash_of

POSTS_A_PART = 5_000
MEDIAN_FOLLOWS = 20
MAX_FOLLOWS = 1_000
# Of one post: the maximum, and the mean for a post of mean appeal.
LIKES = (400, 5.0)
COMMENTS = (120, 3.0)
SHARES = (80, 0.7)
COMMENT_LIKES = (20, 0.5)
REPLIES_IN_TEN = 3
MENTIONS_ONE_IN = 6
QUOTES_ONE_IN = 15
QUOTED_AMONG = 50
WARNINGS_ONE_IN = 40
WARNINGS = ("Spoilers for the match", "Food", "A long story", "Flashing lights")
NEW_USERS = 1 / 3
"""The part of the users who sign up in the days of the data, not before."""
PRIVATE_ONE_IN = 15
"""Of the users who are less popular than the average."""
REQUESTS = 3
"""To follow a private account."""
PINNING_USERS = 40
VIEWER_FOLLOWS = 60
VIEWER_FOLLOWERS = 15
VIEWER_POSTS = 5
VIEWER_REQUESTED = 2
VIEWER_REQUESTS = 4
VIEWER_BOOKMARKS = 8
VIEWER_BIO = "I look around in the demo. Ask me about #coffee, or mention @demo."


class DemoRows:
    """Makes the rows in parts, which refer to earlier parts only."""

    def __init__(self, *, users: int, posts: int, seed: int, until: datetime) -> None:
        self._chance = Random(seed)  # noqa: S311  # reproducible, not a secret
        self._crowd = Crowd(self._chance, users)
        self._calendar = Calendar(self._chance, until)
        self._posts = posts
        self._keys_made = 0
        new = int(users * NEW_USERS)
        before = [
            self._calendar.since - timedelta(minutes=users - number)
            for number in range(users - new)
        ]
        moments = [*before, *sorted(self._calendar.any_time() for _ in range(new))]
        self._users = [self._key(moment) for moment in moments]
        self._private = {
            number: self._users[number]
            for number in range(users)
            if self._crowd.popularity[number] < 1 and hash_of(number) % PRIVATE_ONE_IN == 0
        }
        self._best: dict[int, tuple[int, int]] = {}
        """By author, the likes and the key of the post that has most of them."""

    @property
    def number_of_parts(self) -> int:
        return 2 + math.ceil(self._posts / POSTS_A_PART)

    def parts(self) -> Iterator[DatasetRows]:
        """Users and follows first, then posts with their likes, shares and comments, then pins."""
        rows = DatasetRows()
        for number, key in enumerate(self._users):
            user: NewUser = NewUserFactory.build(
                number=number, id=key, is_private=number in self._private
            )
            rows.users.append(user)
        for follower in range(len(self._users)):
            self._follow(rows, follower)
        for number, key in self._private.items():
            for requester in {self._crowd.active() for _ in range(REQUESTS)} - {number}:
                self._request(rows, self._users[requester], key)
        yield rows
        moments = sorted(self._calendar.busy_time() for _ in range(self._posts))
        for start in range(0, self._posts, POSTS_A_PART):
            rows = DatasetRows()
            for moment in moments[start : start + POSTS_A_PART]:
                key = self._key(moment)
                self._post(rows, key, self._active(key))
            yield rows
        rows = DatasetRows()
        for number in self._crowd.most_popular(PINNING_USERS):
            if number in self._best:
                rows.pinned_posts.append(NewPin(self._users[number], self._best[number][1]))
        yield rows

    def viewer(self, username: str, password: str) -> DatasetRows:
        """One more user, who follows the most popular ones. Call it after `parts`."""
        number = len(self._users)
        key = self._key(self._calendar.since)
        user: NewUser = NewUserFactory.build(
            number=number,
            id=key,
            username=username,
            display_name="Demo Viewer",
            password=password,
            bio=VIEWER_BIO,
        )
        rows = DatasetRows(users=[user])
        asked = dict(list(self._private.items())[:VIEWER_REQUESTED])
        for followee in self._crowd.most_popular(VIEWER_FOLLOWS):
            if followee not in asked:
                self._add_follow(rows, key, self._users[followee])
        for follower in {self._crowd.active() for _ in range(VIEWER_FOLLOWERS)}:
            self._add_follow(rows, self._users[follower], key)
        for target in asked.values():
            self._request(rows, key, target)
        for requester in self._users[-VIEWER_REQUESTS:]:
            self._request(rows, requester, key)
        if self._posts:
            self._write(rows, number, key)
        return rows

    def _write(self, rows: DatasetRows, viewer: int, key: int) -> None:
        """Posts of the viewer, the best of them pinned, and bookmarks of others' best."""
        self._users.append(key)
        self._crowd.popularity[viewer] = 1
        for moment in sorted(self._calendar.any_time() for _ in range(VIEWER_POSTS)):
            self._post(rows, self._key(moment), viewer)
        rows.pinned_posts.append(NewPin(key, self._best[viewer][1]))
        followees = self._crowd.most_popular(VIEWER_FOLLOWS)
        best = [self._best[number][1] for number in followees if number in self._best]
        for post_id in sorted(best[:VIEWER_BOOKMARKS]):
            bookmark, at = self._reaction(moment_of(post_id))
            rows.bookmarks.append(NewReaction(bookmark, key, post_id, at))

    def _follow(self, rows: DatasetRows, follower: int) -> None:
        wanted = MEDIAN_FOLLOWS * math.exp(0.9 * self._chance.gauss(0, 1))
        followees = {self._crowd.popular() for _ in range(min(int(wanted), MAX_FOLLOWS))}
        for followee in sorted(followees - {follower}):
            self._add_follow(rows, self._users[follower], self._users[followee])

    def _add_follow(self, rows: DatasetRows, follower: int, followee: int) -> None:
        moment = self._calendar.any_time(since=moment_of(max(follower, followee)))
        rows.follows.append(NewFollow(self._key(moment), follower, followee, moment))

    def _request(self, rows: DatasetRows, requester: int, target: int) -> None:
        moment = self._calendar.any_time(since=moment_of(max(requester, target)))
        rows.follow_requests.append(NewFollowRequest(self._key(moment), requester, target, moment))

    def _active(self, before: int) -> int:
        """A random user, weighted by activity, whose key is less: who has signed up before."""
        while self._users[user := self._crowd.active()] >= before:
            pass
        return user

    def _post(self, rows: DatasetRows, key: int, author: int) -> None:
        post: NewPost = NewPostFactory.build(id=key, author_id=self._users[author])
        bits = hash_of(post.id) >> 8
        if (bits >> 40) % WARNINGS_ONE_IN == 0:
            post = post._replace(content_warning=WARNINGS[(bits >> 46) % len(WARNINGS)])
        if bits % MENTIONS_ONE_IN == 0:
            mentioned: NewUser = NewUserFactory.build(number=(bits >> 8) % len(self._users))
            post = post._replace(text=f"@{mentioned.username} {post.text}")
        if rows.posts and (bits >> 20) % QUOTES_ONE_IN == 0:
            quoted = rows.posts[-1 - (bits >> 30) % min(len(rows.posts), QUOTED_AMONG)]
            post = post._replace(quoted_post_id=quoted.id)
        rows.posts.append(post)
        appeal = 0.3 * self._chance.paretovariate(1.4) * self._crowd.popularity[author] ** 0.5
        likers = sorted(self._others(author, LIKES, appeal, key))
        self._best[author] = max(self._best.get(author, (0, 0)), (len(likers), post.id))
        for user_id in likers:
            key, at = self._reaction(post.created_at)
            rows.post_likes.append(NewReaction(key, user_id, post.id, at))
        for user_id in sorted(self._others(author, SHARES, appeal, post.id)):
            key, at = self._reaction(post.created_at)
            if author not in self._private:
                rows.shares.append(NewReaction(key, user_id, post.id, at))
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
                    author_id=self._users[self._active(post.id)],
                )
            )
        for comment in rows.comments[first:]:
            appeal = self._chance.paretovariate(2) / 2
            for user_id in sorted(self._others(None, COMMENT_LIKES, appeal, post.id)):
                _key, at = self._reaction(comment.created_at)
                rows.comment_likes.append(NewCommentLike(user_id, comment.id, at))

    def _others(
        self, author: int | None, most: tuple[int, float], appeal: float, before: int
    ) -> set[int]:
        """Keys of users other than the author, who have signed up before."""
        users = {self._active(before) for _ in range(self._random_count(most, appeal))}
        return {self._users[user] for user in users if user != author}

    def _random_count(self, most: tuple[int, float], appeal: float) -> int:
        at_most, mean = most
        whole, rest = divmod(mean * appeal, 1)
        return min(at_most, int(whole) + (self._chance.random() < rest))

    def _reaction(self, to: datetime) -> tuple[int, datetime]:
        key = self._key(self._calendar.soon_after(to))
        return key, moment_of(key)

    def _key(self, moment: datetime) -> int:
        self._keys_made += 1
        return key_at(moment, self._keys_made)
