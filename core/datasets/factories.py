"""Made-up people, posts and comments, each wholly given by its key and whom it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from factory.base import Factory
from factory.declarations import LazyAttribute

from core.database.time_ordered_keys import EPOCH_MS, SEQUENCE_BITS
from core.datasets.dataset_rows import NewComment, NewPerson, NewPost
from core.datasets.fake_text import person_name, sentence
from core.datasets.replay import EMAIL_DOMAIN, NO_PASSWORD

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(key: int) -> datetime:
    """When the key was made, to the millisecond."""
    return EPOCH + timedelta(milliseconds=EPOCH_MS + (key >> SEQUENCE_BITS))


class NewPersonFactory(Factory[NewPerson]):
    class Meta:
        model = NewPerson

    class Params:
        number = 0

    id = 0
    display_name = LazyAttribute(lambda person: person_name(person.number))
    username = LazyAttribute(
        lambda person: f"{person.display_name.replace(' ', '_').lower()}_{person.number}"
    )
    email = LazyAttribute(lambda person: f"{person.username}@{EMAIL_DOMAIN}")
    password = NO_PASSWORD
    bio = LazyAttribute(lambda person: sentence(person.number))
    created_at = LazyAttribute(lambda person: moment_of(person.id))


class NewPostFactory(Factory[NewPost]):
    class Meta:
        model = NewPost

    id = 0
    author_id = 0
    text = LazyAttribute(lambda post: sentence(post.id))
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
