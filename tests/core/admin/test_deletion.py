"""Deletion in the admin has the same effects as through the API: rows, counts, tombstones and events."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.models import Count, Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from core.accounts.models import Block, Follow, FollowRequest, Mute, Session, User
from core.accounts.moderation import follows_delete, user_delete
from core.admin.lists import LargeTableAdmin
from core.database.django_bridge import retry_on_deadlock
from core.events.models import Event
from feed.models import Post
from feed.moderation import posts_delete
from interactions.models import Comment, CommentLike, PostLike, Share
from tests.core.datasets.traces import assert_counts_are_right


def url(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def delete_one(admin: Client, row: Model) -> None:
    """Deletes a row through its confirmation page."""
    page = url(type(row), "delete", row.pk)
    assert admin.get(page).status_code == 200
    response = admin.post(page, {"post": "yes"})
    assert response.status_code == 302


def delete_some(admin: Client, rows: list[Any]) -> None:
    """Deletes rows through the list's action."""
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    page = url(type(rows[0]), "changelist")
    assert admin.post(page, chosen).status_code == 200
    assert admin.post(page, chosen | {"post": "yes"}).status_code == 302


def erase() -> None:
    """Removes the rows of deleted accounts, as the worker does."""
    call_command("work", once=True)


def events() -> list[tuple[Any, ...]]:
    """Kind, actor, post and subject of the logged events, in order, but for those of notifications."""
    logged = Event.objects.exclude(kind__startswith="notification_").order_by("id")
    return list(logged.values_list("kind", "actor_id", "post_id", "subject_id"))


def session_of(user: User) -> Session:
    return Session.objects.create(
        user=user, salt=b"s", token_hash=b"h", expires_at=timezone.now() + timedelta(days=1)
    )


@pytest.mark.parametrize("delete", [lambda admin, row: delete_some(admin, [row]), delete_one])
def test_a_post_is_deleted_with_its_likes_shares_and_comments(admin: Client, delete: Any) -> None:
    post = Post.objects.filter(comment_count__gt=0, like_count__gt=0, share_count__gt=0)[0]
    written = post.author.post_count
    sharers = list(Share.objects.filter(post=post).values_list("user_id", flat=True))

    delete(admin, post)

    assert not Comment.objects.filter(post_id=post.pk).exists()
    assert User.objects.get(pk=post.author_id).post_count == written - 1
    deleted, *unshared = events()
    assert deleted == ("post_deleted", post.author_id, post.pk, None)
    assert Counter(event[:3] for event in unshared) == Counter(
        ("post_unshared", sharer, post.pk) for sharer in sharers
    )
    assert_counts_are_right()


@pytest.mark.parametrize("delete", [lambda admin, row: delete_some(admin, [row]), delete_one])
def test_a_post_with_many_comments_is_removed_in_steps(admin: Client, delete: Any) -> None:
    post = Post.objects.all()[0]
    written = post.author.post_count
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO comments (post_id, author_id, text) "
            "SELECT %(post)s, %(author)s, 'x' FROM generate_series(1, 600)) "
            "UPDATE posts SET comment_count = comment_count + 600 WHERE id = %(post)s",
            {"post": post.pk, "author": post.author_id},
        )
    delete(admin, post)
    assert_counts_are_right()
    # A second deletion that began before finds the post deleted and changes nothing.
    retry_on_deadlock(lambda: posts_delete([Post.objects.get(pk=post.pk)]))
    assert_counts_are_right()
    assert User.objects.get(pk=post.author_id).post_count == written - 1
    erase()

    assert not Post.objects.filter(pk=post.pk).exists()
    assert events() == [("post_deleted", post.author_id, post.pk, None)]
    assert_counts_are_right()


def test_many_posts_are_deleted_together(admin: Client) -> None:
    posts = list(Post.objects.order_by("-id")[:40])
    shares = Share.objects.filter(post__in=posts).count()
    delete_some(admin, posts)

    assert Post.objects.count() == 40
    assert Counter(kind for kind, *_ in events()) == {"post_deleted": 40, "post_unshared": shares}
    assert_counts_are_right()


@pytest.mark.parametrize("delete", [lambda admin, row: delete_some(admin, [row]), delete_one])
def test_a_comment_with_replies_becomes_a_tombstone(admin: Client, delete: Any) -> None:
    comment = Comment.objects.filter(reply_count__gt=0)[0]
    delete(admin, comment)

    tombstones = Comment.objects.filter(text="", author=None, deleted_at__isnull=False)
    assert tombstones.get().pk == comment.pk
    assert events() == [("comment_deleted", comment.author_id, comment.post_id, comment.pk)]
    assert_counts_are_right()


def test_a_comment_by_a_user_whom_the_author_blocks_can_be_deleted(admin: Client) -> None:
    comment = Comment.objects.filter(reply_count=0, parent=None)[0]
    Block.objects.create(blocker=comment.post.author, blocked_id=comment.author_id)
    delete_one(admin, comment)

    assert not Comment.objects.filter(pk=comment.pk).exists()
    assert_counts_are_right()


def test_a_whole_thread_is_deleted_without_tombstones(admin: Client) -> None:
    post = Post.objects.annotate(n=Count("comments__parent")).filter(n__gt=0)[0]
    delete_some(admin, list(post.comments.all()))

    assert not post.comments.exists()
    assert_counts_are_right()


def test_a_tombstone_can_not_be_deleted(admin: Client) -> None:
    comment = Comment.objects.filter(reply_count__gt=0)[0]
    delete_one(admin, comment)
    assert admin.post(url(Comment, "delete", comment.pk), {"post": "yes"}).status_code == 403
    assert Comment.objects.filter(pk=comment.pk).exists()


@pytest.mark.parametrize("delete", [lambda admin, row: delete_some(admin, [row]), delete_one])
def test_a_deleted_follow_is_logged(admin: Client, delete: Any) -> None:
    follow = Follow.objects.all()[0]
    delete(admin, follow)

    assert not Follow.objects.filter(pk=follow.pk).exists()
    assert events() == [("user_unfollowed", follow.follower_id, None, follow.followee_id)]


@pytest.mark.parametrize("delete", [lambda admin, row: delete_some(admin, [row]), delete_one])
def test_a_deleted_request_to_follow_is_rejected(admin: Client, delete: Any) -> None:
    requester, target = User.objects.order_by("id")[:2]
    FollowRequest.objects.all().delete()
    request = FollowRequest.objects.create(requester=requester, target=target)
    delete(admin, request)

    assert not FollowRequest.objects.exists()
    assert events() == [("follow_request_deleted", requester.pk, None, target.pk)]


def test_a_follow_of_an_account_that_is_being_deleted_ends_too(world: None) -> None:
    follow = Follow.objects.all()[0]
    user_delete(follow.followee)
    retry_on_deadlock(lambda: follows_delete([follow]))
    assert not Follow.objects.filter(pk=follow.pk).exists()
    assert_counts_are_right()


def test_a_session_is_revoked_and_stays(admin: Client) -> None:
    session = session_of(User.objects.all()[0])
    chosen = {"action": "revoke", "_selected_action": [session.pk]}
    assert admin.post(url(Session, "changelist"), chosen).status_code == 302

    session.refresh_from_db()
    assert session.revoked_at is not None
    assert events() == [("session_revoked", session.user_id, None, session.pk)]


def test_a_deleted_session_is_revoked(admin: Client) -> None:
    session = session_of(User.objects.all()[0])
    delete_one(admin, session)

    assert not Session.objects.filter(pk=session.pk).exists()
    assert events() == [("session_revoked", session.user_id, None, session.pk)]


@pytest.mark.parametrize("delete", [lambda admin, row: delete_some(admin, [row]), delete_one])
def test_a_user_is_deleted_with_all_rows(admin: Client, delete: Any) -> None:
    user = User.objects.filter(username__startswith="", is_staff=False).order_by("-post_count")[0]
    other = User.objects.exclude(pk=user.pk).filter(is_staff=False)[0]
    Block.objects.create(blocker=other, blocked=user)
    Mute.objects.create(muter=user, muted=other)
    session = session_of(user)
    posts = set(Post.objects.filter(author=user).values_list("pk", flat=True))
    likes = PostLike.objects.filter(user=user).exclude(post__author=user).count()
    shares = (Share.objects.filter(user=user) | Share.objects.filter(post__author=user)).count()
    comments = Comment.objects.filter(author=user).exclude(post__author=user).count()
    comment_likes = CommentLike.objects.filter(user=user)
    liked_comments = comment_likes.exclude(comment__post__author=user).count()
    follows = Follow.objects.filter(follower=user) | Follow.objects.filter(followee=user)
    followed = follows.count()

    delete(admin, user)
    assert admin.get(url(User, "change", user.pk)).status_code == 302
    session.refresh_from_db()
    assert session.revoked_at is not None
    assert_counts_are_right()
    erase()

    assert not User.objects.filter(pk=user.pk).exists()
    assert_counts_are_right()
    logged = events()
    assert {post for kind, _, post, _ in logged if kind == "post_deleted"} == posts
    assert ("session_revoked", user.pk, None, session.pk) in logged
    assert Counter(kind for kind, *_ in logged) == +Counter(
        post_deleted=len(posts),
        post_unliked=likes,
        post_unshared=shares,
        comment_deleted=comments,
        comment_unliked=liked_comments,
        user_unfollowed=followed,
        session_revoked=1,
        user_deleted=1,
    )


def test_all_users_are_deleted_together(admin: Client) -> None:
    delete_some(admin, list(User.objects.filter(is_staff=False)))
    erase()
    assert User.objects.get().username == "root"
    assert not Post.objects.exists()
    assert not Comment.objects.exists()
    assert_counts_are_right()


def test_a_user_with_admin_log_entries_can_be_deleted(admin: Client) -> None:
    helper = User.objects.create_superuser("helper", "helper@example.org", "hush a password")
    helper.user_permissions.add(Permission.objects.all()[0])
    client = Client()
    client.force_login(helper)
    delete_one(client, Follow.objects.all()[0])
    assert LogEntry.objects.filter(user=helper).exists()

    delete_one(admin, helper)
    erase()
    assert not User.objects.filter(pk=helper.pk).exists()


def test_moderators_can_delete_themselves(admin: Client) -> None:
    delete_one(admin, User.objects.get(username="root"))
    assert admin.get(url(Post, "changelist")).status_code == 302  # To the sign-in page.
    erase()
    assert not User.objects.filter(username="root").exists()


def test_a_user_with_view_permissions_can_delete_nothing(world: None) -> None:
    viewer = User.objects.create_user("viewer", "viewer@example.org", is_staff=True)
    viewer.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(viewer)
    post, user = Post.objects.all()[0], User.objects.filter(is_staff=False)[0]

    for row in (post, user):
        assert client.get(url(type(row), "change", row.pk)).status_code == 200
        assert client.post(url(type(row), "delete", row.pk), {"post": "yes"}).status_code == 403
    assert Post.objects.filter(pk=post.pk).exists()
    assert User.objects.filter(pk=user.pk).exists()
    assert events() == []


def test_an_action_applies_to_one_page_only(admin: Client) -> None:
    post = Post.objects.all()[0]
    chosen = {
        "action": "delete_selected",
        "select_across": "1",
        "_selected_action": [post.pk],
        "post": "yes",
    }
    response = admin.post(url(Post, "changelist"), chosen, follow=True)

    assert "applies to the rows of one page" in response.content.decode()
    assert Post.objects.count() == 80


MODELS = [
    model
    for label in ("accounts", "feed", "interactions", "events")
    for model in apps.get_app_config(label).get_models()
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("whole", [True, False])
def test_djangos_delete_keeps_counts_right_or_names_the_function_to_use(
    world: None, model: type[Model], whole: bool
) -> None:
    rows = model._default_manager.all()
    row = rows.first()
    if row is None:
        assert model not in {User, Post, Comment, PostLike, CommentLike, Share, Follow}
        return
    refusal = None
    try:
        rows.delete() if whole else row.delete()
    except IntegrityError as error:
        refusal = str(error)
    if refusal is None:
        assert_counts_are_right()
    else:
        assert re.search(r"Use \w+\.", refusal), refusal


def test_each_admin_list_that_allows_deletion_implements_it(admin: Client) -> None:
    """Groups have no counts."""
    reverse("admin:index")  # Loads the lists.
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="root")
    implemented = {
        model.__name__: type(one).remove is not LargeTableAdmin.remove
        if isinstance(one, LargeTableAdmin)
        else None
        for model, one in site._registry.items()
        if one.has_delete_permission(request)
    }
    names = (
        "Comment",
        "EventConsumer",
        "Follow",
        "FollowRequest",
        "Job",
        "Post",
        "Session",
        "User",
    )
    assert implemented == dict.fromkeys(names, True) | {"Group": None}
