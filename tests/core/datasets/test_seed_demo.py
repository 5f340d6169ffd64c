"""seed_demo: skewed data, the same for the same seed, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Max
from pytest_django.plugin import DjangoDbBlocker

from core.accounts.models import FormerUsername, User
from core.datasets.bulk_load import notifications_load
from core.figures.models import DailyFigure
from feed.media.files import MediaSize, picture_name, stored_size
from feed.media.models import Media
from feed.models import Post
from tests.core.datasets.traces import assert_counts_are_right, count, fingerprint
from tests.empty_tables import EmptyingSession

PASSWORD = "demo-for-tests"
TABLES = (
    "users",
    "posts",
    "comments",
    "shares",
    "follows",
    "post_likes",
    "comment_likes",
    "pinned_posts",
    "follow_requests",
)

pytestmark = pytest.mark.usefixtures("orm")


def seed(*options: str, users: int = 60, posts: int = 300) -> str:
    """The command's output."""
    output = StringIO()
    call_command("seed_demo", f"--users={users}", f"--posts={posts}", *options, stdout=output)
    return output.getvalue()


@pytest.fixture(scope="module")
def saved(emptying_session: EmptyingSession, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Saves what `seed` gives without options; the command's output."""
    emptying_session.empty_tables()
    with django_db_blocker.unblock():
        output = seed()
        connection.close()
    emptying_session.save_rows()
    yield output
    emptying_session.drop_saved()


@pytest.fixture
def seeded(saved: str, orm: None, emptying_session: EmptyingSession) -> str:
    """The rows that `seed` gives without options; the command's output."""
    emptying_session.restore_rows()
    return saved


def test_demo_data_has_everything_and_right_counts(seeded: str) -> None:
    assert seeded.startswith("Created 60 users, 300 posts, ")
    assert (count("users"), count("posts")) == (60, 300)
    assert all(count(table) for table in TABLES)
    assert count("comments WHERE parent_id IS NOT NULL") > 0
    assert count("posts WHERE content_warning <> ''") > 0
    assert count("posts WHERE quoted_post_id IS NOT NULL") > 0
    assert count("users WHERE is_private") > 0
    assert all(count(table) for table in ("post_hashtags", "post_mentions"))
    assert count("events") == 0
    assert_counts_are_right()


@pytest.mark.usefixtures("seeded")
def test_posts_and_users_have_pictures_that_can_be_served() -> None:
    assert 100 < count("media WHERE post_id IS NOT NULL") <= 250
    assert count("media WHERE is_avatar") == 40
    assert count("users WHERE avatar_url LIKE '%/media/' || id || '/320.webp'") == 40
    owned = "media m LEFT JOIN posts p ON p.id = m.post_id WHERE m.owner_id <> p.author_id"
    assert count(owned) == 0
    for media in Media.objects.all():
        assert all(stored_size(picture_name(media.pk, size)) for size in MediaSize)


def test_the_same_seed_gives_the_same_rows() -> None:
    seed("--seed=7", f"--password={PASSWORD}")
    first = fingerprint()
    _empty()
    seed("--seed=7", f"--password={PASSWORD}")
    assert fingerprint() == first
    _empty()
    seed("--seed=8", f"--password={PASSWORD}")
    assert fingerprint() != first


@pytest.mark.usefixtures("seeded")
def test_activity_is_later_than_its_target() -> None:
    for table in ("comments", "shares", "post_likes"):
        assert count(f"{table} r JOIN posts p ON p.id = r.post_id WHERE r.id <= p.id") == 0
    assert count("comments r JOIN comments c ON c.id = r.parent_id WHERE r.id <= c.id") == 0
    assert (
        count("comments r JOIN comments c ON c.id = r.parent_id WHERE r.post_id <> c.post_id") == 0
    )
    newest = Post.objects.aggregate(Max("created_at"))["created_at__max"]
    assert newest < datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.usefixtures("seeded")
def test_users_sign_up_on_all_days_and_do_nothing_before() -> None:
    days = DailyFigure.objects.filter(name="user_created", day__gte=date(2026, 10, 2))
    assert 10 < days.count() <= 30
    authored = ("posts", "comments", "shares", "post_likes")
    for table, column in zip(
        authored, ("author_id", "author_id", "user_id", "user_id"), strict=True
    ):
        assert count(f"{table} r JOIN users u ON u.id = r.{column} WHERE r.id <= u.id") == 0
    assert (
        count("follows f JOIN users u ON u.id IN (f.follower_id, f.followee_id) WHERE f.id <= u.id")
        == 0
    )


@pytest.mark.usefixtures("seeded")
def test_private_accounts_have_requests_and_no_shares() -> None:
    of_private = "JOIN users u ON u.id = {} WHERE u.is_private"
    assert count(f"follow_requests r {of_private.format('r.target_id')}") > 0
    assert count("follow_requests") == count(
        f"follow_requests r {of_private.format('r.target_id')}"
    )
    shared = "shares s JOIN posts p ON p.id = s.post_id"
    assert count(f"{shared} {of_private.format('p.author_id')}") == 0


def test_few_users_have_most_followers_and_posts() -> None:
    seed(users=200, posts=500)

    followers = sorted(User.objects.values_list("follower_count", flat=True), reverse=True)
    assert sum(followers[:20]) > 0.3 * sum(followers)
    posts = sorted(User.objects.values_list("post_count", flat=True), reverse=True)
    assert sum(posts[:20]) > 0.3 * sum(posts)


def test_the_demo_user_signs_in_and_has_a_full_feed() -> None:
    output = seed(f"--password={PASSWORD}")

    user = authenticate(username="demo", password=PASSWORD)
    assert isinstance(user, User)
    assert f"Sign in as demo with the password {PASSWORD}" in output
    assert Post.objects.filter(author__followers__follower=user).count() > 100
    assert Post.objects.filter(author=user).count() == 5
    for table in ("pinned_posts", "bookmarks"):
        assert count(f"{table} r WHERE r.user_id = {user.pk}") > 0
    assert count(f"follow_requests WHERE requester_id = {user.pk}") > 0
    assert count(f"follow_requests WHERE target_id = {user.pk}") > 0
    assert_counts_are_right()


@pytest.mark.usefixtures("seeded")
def test_without_a_password_no_user_can_sign_in() -> None:
    assert not any(user.has_usable_password() for user in User.objects.all())


@pytest.mark.usefixtures("seeded")
def test_a_second_run_does_nothing() -> None:
    before = fingerprint()
    output = seed("--seed=9", users=10, posts=10)
    assert "nothing was created" in output
    assert "make clean-data" in output
    assert fingerprint() == before


def test_an_existing_user_with_the_demo_name_is_unchanged() -> None:
    existing = User.objects.create_user("Demo", "existing@example.org", "their own password")
    assert "no sign-in was created" in seed(f"--password={PASSWORD}")

    existing.refresh_from_db()
    assert existing.check_password("their own password")
    assert existing.following_count == 0
    assert_counts_are_right()


def test_the_demo_name_of_a_deleted_account_is_not_given_again() -> None:
    FormerUsername.objects.create(username="demo")
    assert "no sign-in was created" in seed(f"--password={PASSWORD}")
    assert not User.objects.filter(username="demo").exists()
    assert_counts_are_right()


def test_other_users_do_not_prevent_demo_users() -> None:
    User.objects.create_user("other", "other@example.org")
    assert seed().startswith("Created 60 users")


@pytest.mark.parametrize(("users", "posts"), [(1, 0), (1, 5), (2, 3)])
def test_small_numbers_work(users: int, posts: int) -> None:
    seed(f"--password={PASSWORD}", users=users, posts=posts)
    assert count("posts p JOIN users u ON u.id = p.author_id WHERE u.username <> 'demo'") == posts
    assert_counts_are_right()


@pytest.mark.parametrize(
    "option",
    [
        "--users=0",
        "--people=50001",
        "--posts=-1",
        "--seed=x",
        "--until=soon",
        "--until=2999-01-01",
    ],
)
def test_options_out_of_range_are_refused(option: str) -> None:
    with pytest.raises(CommandError, match="must be"):
        call_command("seed_demo", option)
    assert count("users") == 0


def test_data_can_end_at_a_given_time() -> None:
    seed("--until=2020-02-01T00:00:00Z")
    newest = Post.objects.aggregate(Max("created_at"))["created_at__max"]
    assert newest < datetime(2020, 2, 1, tzinfo=UTC)
    assert count("posts WHERE created_at < '2020-01-01'") == 0


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE users CASCADE")


def test_the_newest_rows_make_notifications() -> None:
    seed(users=20, posts=60)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE n.actor_count <> (
                SELECT count(DISTINCT actor_id) FROM notification_actors WHERE notification_id = n.id
            )), count(DISTINCT (recipient_id, position)), count(DISTINCT kind)
            FROM notifications n
            """
        )
        notifications, wrong, places, kinds = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM notifications n JOIN notification_inboxes i ON i.user_id = n.recipient_id "
            "WHERE n.position > i.seen_through GROUP BY n.recipient_id"
        )
        unseen = {row[0] for row in cursor.fetchall()}
    assert notifications == places > 0
    assert (wrong, kinds) == (0, 4)
    assert max(unseen) == 5
    assert notifications_load() == 0
