"""import_trace: the imported rows, bad lines, interruptions."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import time
from contextlib import closing
from io import StringIO
from pathlib import Path

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.accounts.models import FormerUsername, User
from core.datasets import trace_import
from feed.models import Post
from interactions.models import Comment, Share, TraceImport
from tests.core.datasets.traces import (
    START,
    assert_counts_are_right,
    count,
    expected_of,
    fingerprint,
    imported,
    random_trace,
    write_trace,
)
from tests.paths import ROOT

pytestmark = pytest.mark.usefixtures("orm")


def run_import(path: Path) -> tuple[str, str]:
    """The command's output and error output."""
    output, errors = StringIO(), StringIO()
    call_command("import_trace", path, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_a_trace_becomes_users_posts_shares_comments_and_follows(tmp_path: Path) -> None:
    events = random_trace(3_000)
    output, errors = run_import(write_trace(tmp_path / "trace.gz", events))

    assert imported() == expected_of(events)
    assert_counts_are_right()
    assert output.startswith("Imported: ")
    assert errors == ""
    assert count("events") == 0


def test_rows_have_the_times_of_the_trace(tmp_path: Path) -> None:
    events = random_trace(500)
    run_import(write_trace(tmp_path / "trace", events))

    seconds = sorted(event.second for event in events if event.kind == b"RT")
    assert sorted(int(share.created_at.timestamp()) for share in Share.objects.all()) == seconds
    for table in ("users", "posts", "comments", "shares", "follows"):
        assert count(f"{table} WHERE time_ordered_key(created_at) >> 22 <> id >> 22") == 0


def test_shared_and_commented_posts_are_older_and_by_the_target(tmp_path: Path) -> None:
    events = random_trace(2_000)
    run_import(write_trace(tmp_path / "trace", events))

    assert count("shares s JOIN posts p ON p.id = s.post_id WHERE p.id >= s.id") == 0
    assert count("comments c JOIN posts p ON p.id = c.post_id WHERE p.id >= c.id") == 0
    targets = sorted(f"u{event.target}" for event in events if event.kind == b"RT")
    authors = Share.objects.values_list("post__author__username", flat=True)
    assert sorted(authors) == targets


def test_the_newest_post_is_shared_unless_the_actor_has_shared_it(tmp_path: Path) -> None:
    lines = b"".join(
        b"%s %d %s\n" % (pair, START + second, kind)
        for second, (pair, kind) in enumerate(
            [
                (b"1 9", b"MT"),  # User 1 writes a post,
                (b"2 1", b"RT"),  # which 2 shares,
                (b"3 1", b"RE"),  # 3 comments on
                (b"3 1", b"RT"),  # and shares as well.
                (b"2 1", b"RT"),  # 2 shares again, so 1 has written another,
                (b"3 1", b"RT"),  # which 3 shares too.
            ]
        )
    )
    run_import(write_trace(tmp_path / "trace", [], extra=lines))

    first, second = Post.objects.order_by("id")
    assert (first.share_count, first.comment_count, second.share_count) == (2, 1, 2)
    assert "@u9" in first.text
    assert "@" not in second.text


def test_interactions_with_oneself_make_no_follow(tmp_path: Path) -> None:
    lines = b"".join(b"5 5 %d %s\n" % (START, kind) for kind in (b"RT", b"RE", b"MT"))
    run_import(write_trace(tmp_path / "trace", [], extra=lines))

    user = User.objects.get()
    assert (user.follower_count, user.following_count, user.post_count) == (0, 0, 2)
    assert (count("follows"), count("shares"), count("comments")) == (0, 1, 1)
    assert not user.has_usable_password()


def test_times_may_decrease(tmp_path: Path) -> None:
    lines = b"1 2 %d MT\n3 1 %d RT\n" % (START + 60, START)
    run_import(write_trace(tmp_path / "trace", [], extra=lines))

    assert count("shares s JOIN posts p ON p.id = s.post_id WHERE p.id < s.id") == 1


def test_text_is_readable_and_within_bounds(tmp_path: Path) -> None:
    run_import(write_trace(tmp_path / "trace", random_trace(1_000)))

    texts = [*Post.objects.values_list("text", flat=True)]
    texts += Comment.objects.values_list("text", flat=True)
    assert all(20 < len(text) <= 300 for text in texts)
    assert len(set(texts)) > len(texts) * 0.99


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1 2 1341100972", b"3 fields"),
        (b"", b"0 fields"),
        (b"1 2 1341100972 RT more", b"5 fields"),
        (b"1 2 1341100972 LIKE", b"unknown kind"),
        (b"x 2 1341100972 RT", b"whole numbers"),
        (b"-1 2 1341100972 RT", b"whole numbers"),
        (b"0 2 1341100972 RT", b"numbers from 1"),
        (b"1 1000000000000 1341100972 RT", b"numbers from 1"),
        (b"1 2 1200000000 RT", b"time is not between"),
        (b"1 2 99999999999 RT", b"time is not between"),
        (b"1 \xff 1341100972 RT", b"ASCII"),
        (b"1 \xd9\xa3 1341100972 RT", b"ASCII"),
        (b"1 2\0 1341100972 RT", b"whole numbers"),
        (b"9" * 5_000_000 + b" 2 1341100972 RT", b"longer than 200"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_skipped(
    tmp_path: Path, line: bytes, reason: bytes
) -> None:
    good = b"1 2 %d RT\n" % START
    path = write_trace(tmp_path / "trace.gz", [], extra=good + line + b"\n" + good)
    output, errors = run_import(path)

    assert errors.startswith("Line 2 is skipped: ")
    assert reason.decode() in errors
    assert len(errors.splitlines()) == 1
    assert "1 bad line skipped" in output
    assert count("shares") == 2


def test_the_last_line_needs_no_line_break(tmp_path: Path) -> None:
    run_import(write_trace(tmp_path / "trace", [], extra=b"1 2 %d RT" % START))
    assert count("shares") == 1


def test_an_empty_trace_is_imported_at_once(tmp_path: Path) -> None:
    output, _ = run_import(write_trace(tmp_path / "trace", []))
    assert output.startswith("Imported: 0 users")


@pytest.mark.parametrize(
    "content", [gzip.compress(b"1 2 3 RT\n" * 9, mtime=0)[:-9], b"\x1f\x8b garbage"]
)
def test_a_damaged_file_is_refused_before_anything_is_written(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "trace.gz"
    path.write_bytes(content)
    with pytest.raises(CommandError, match="damaged or cut short"):
        run_import(path)
    assert count("users") == 0


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"is not a file\. Name a trace"):
        run_import(tmp_path / "nowhere")


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    events = random_trace(500)
    run_import(write_trace(tmp_path / "trace.gz", events))
    before = fingerprint()
    output, _ = run_import(write_trace(tmp_path / "renamed", events))

    assert output.startswith("Already imported on ")
    assert fingerprint() == before


def test_another_trace_adds_to_the_same_users(tmp_path: Path) -> None:
    events = random_trace(600)
    run_import(write_trace(tmp_path / "first", events[:400]))
    output, _ = run_import(write_trace(tmp_path / "all", events))

    expected = expected_of(events)
    assert count("users") == expected.users
    assert count("follows") == expected.follows
    assert count("shares") == expected.shares + expected_of(events[:400]).shares
    assert "rows left out" in output
    assert_counts_are_right()


def test_an_existing_user_with_a_name_of_the_trace_is_unchanged(tmp_path: Path) -> None:
    existing = User.objects.create_user("U1", "existing@example.org")
    output, _ = run_import(
        write_trace(tmp_path / "trace", [], extra=b"1 2 %d MT\n2 1 %d RT\n" % (START, START))
    )

    existing.refresh_from_db()
    assert (existing.post_count, existing.follower_count) == (0, 0)
    assert (
        "5 rows left out" in output
    )  # The user, the follows in both directions, the post and its share.
    assert_counts_are_right()


def test_the_username_of_a_deleted_account_is_not_given_again(tmp_path: Path) -> None:
    FormerUsername.objects.create(username="u1")
    output, _ = run_import(
        write_trace(tmp_path / "trace", [], extra=b"1 2 %d MT\n2 1 %d RT\n" % (START, START))
    )
    assert [user.username for user in User.objects.all()] == ["u2"]
    assert "5 rows left out" in output
    assert_counts_are_right()


def test_a_killed_import_resumes(tmp_path: Path) -> None:
    batch = trace_import.LINES_A_BATCH
    path = write_trace(tmp_path / "trace.gz", random_trace(batch * 2 + 10, users=2_000))
    command = [sys.executable, "manage.py", "import_trace", str(path)]
    killed = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL)
    while (lines := _lines_loaded()) < batch and killed.poll() is None:
        time.sleep(0.01)
    killed.kill()
    killed.wait()

    assert batch <= lines <= batch * 2
    assert_counts_are_right()
    output, _ = run_import(path)
    assert re.match(r"Resuming after line [12]0,000 of 20,010\.", output)
    in_two_parts = fingerprint()
    assert_counts_are_right()

    _empty_but_for_the_number()
    run_import(path)
    assert fingerprint() == in_two_parts


def test_concurrent_imports_of_one_trace_do_not_mix(tmp_path: Path) -> None:
    events = random_trace(200)
    path = write_trace(tmp_path / "trace", events)

    def overtake(*_: object) -> None:
        TraceImport.objects.update(lines=1)

    progress = trace_import.Progress(begins=overtake, advances=print, skips=print)
    with pytest.raises(trace_import.ImportInterrupted, match="Another run"):
        trace_import.import_trace(path, progress)
    assert count("users") == 0


def test_a_lost_connection_stops_the_import_and_the_next_run_resumes(tmp_path: Path) -> None:
    events = random_trace(300)
    path = write_trace(tmp_path / "trace", events)

    def cut_off(*_: object) -> None:
        with (
            closing(psycopg2.connect(os.environ["DATABASE_URL"])) as other,
            other.cursor() as cursor,
        ):
            ours = connection.connection.info.backend_pid
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ours])

    progress = trace_import.Progress(begins=cut_off, advances=print, skips=print)
    with pytest.raises(trace_import.ImportInterrupted):
        trace_import.import_trace(path, progress)
    connection.close()
    assert count("users") == 0
    run_import(path)
    assert imported() == expected_of(events)


def _lines_loaded() -> int:
    record = TraceImport.objects.first()
    return 0 if record is None else record.lines


def _empty_but_for_the_number() -> None:
    """Resets the import but for its number, which is a part of its keys."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE users CASCADE")
        cursor.execute("UPDATE trace_imports SET lines = 0, finished_at = NULL")
