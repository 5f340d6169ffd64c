"""Factories of fake users, posts and comments, each determined by its key and its references."""

from __future__ import annotations

from factory.base import Factory
from factory.declarations import LazyAttribute

from core.database.time_ordered_keys import moment_of
from core.datasets.dataset_rows import NewComment, NewPost, NewUser
from core.datasets.fake_text import full_name, post_text, sentence
from core.datasets.replay import EMAIL_DOMAIN, NO_PASSWORD


class NewUserFactory(Factory[NewUser]):
    class Meta:
        model = NewUser

    class Params:
        number = 0

    id = 0
    display_name = LazyAttribute(lambda user: full_name(user.number))
    username = LazyAttribute(
        lambda user: f"{user.display_name.replace(' ', '_').lower()}_{user.number}"
    )
    email = LazyAttribute(lambda user: f"{user.username}@{EMAIL_DOMAIN}")
    password = NO_PASSWORD
    bio = LazyAttribute(lambda user: sentence(user.number))
    created_at = LazyAttribute(lambda user: moment_of(user.id))


class NewPostFactory(Factory[NewPost]):
    class Meta:
        model = NewPost

    id = 0
    author_id = 0
    text = LazyAttribute(lambda post: post_text(post.id))
    created_at = LazyAttribute(lambda post: moment_of(post.id))


class NewCommentFactory(Factory[NewComment]):
    class Meta:
        model = NewComment

    id = 0
    post_id = 0
    parent_id = None
    author_id = 0
    text = LazyAttribute(lambda comment: sentence(comment.id))
    created_at = LazyAttribute(lambda comment: moment_of(comment.id))
