"""Migrations are linear in each app, and take no lock that blocks a database in service (docs/migrations.md)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from core.database.apps import check_squashed_migrations
from core.database.time_ordered_keys import ForeignKeysInDatabase
from tests.commands import BIN
from tests.paths import ROOT

FOLDERS = {
    app.label: Path(app.path) / "migrations"
    for app in apps.get_app_configs()
    if app.name.split(".")[0] in {"core", "feed", "interactions"}
    and (Path(app.path) / "migrations").is_dir()
}
BASELINE = {
    "accounts": "0001_squashed_0021",
    "database": "0001_squashed_0002",
    "events": "0001_squashed_0013",
    "feed": "0001_squashed_0023",
    "interactions": "0001_squashed_0020",
    "media": "0001_squashed_0002",
    "notifications": "0001_squashed_0003",
    "search": "0001_squashed_0013",
}
"""Migrations up to these are not checked: they were written for empty tables, before any database was in service."""

ALLOWED: dict[tuple[str, str], list[str]] = {
    # The version before names them in no statement either; a database that is made anew never has them.
    ("accounts", "0002_without_attempts"): ["ban-drop-column"],
}
"""Rules that a migration may break, with the reason in a comment."""

LOCKED = re.compile(r'^(?:ALTER TABLE|CREATE TRIGGER\b[^;]*? ON) "?(\w+)', re.MULTILINE)
"""The tables that a migration locks until it ends."""
WRITTEN = ("posts", "comments", "users", "post_hashtags")
"""Tables in the order in which transactions of users write them. A migration that locks them otherwise may deadlock."""


def problems(sql: str, allowed: Sequence[str] = ()) -> str:
    """The problems that squawk reports; empty if there are none."""
    ran = subprocess.run(
        [BIN / "squawk", "--reporter", "gcc", "--config", ROOT / ".squawk.toml"],
        input="".join(f"-- squawk-ignore-file {rule}\n" for rule in allowed) + sql,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stderr
    return ran.stdout if ran.returncode else ""


@cache
def new_migrations() -> dict[tuple[str, str], str]:
    """The SQL of each migration after BASELINE, by app and name."""
    found = {}
    for app, name in sorted(MigrationLoader(None).disk_migrations or ()):
        if app in FOLDERS and name > BASELINE.get(app, ""):
            out = StringIO()
            call_command("sqlmigrate", app, name, stdout=out)
            found[app, name] = out.getvalue()
    return found


@pytest.mark.parametrize("app", FOLDERS)
def test_the_newest_migration_is_named(app: str) -> None:
    newest = [name for label, name in MigrationLoader(None).graph.leaf_nodes(app) if label == app]
    assert len(newest) == 1, f"Put these one after the other: {newest}"
    file = FOLDERS[app] / "max_migration.txt"
    assert file.read_text().split() == newest, f"Write {newest[0]} to {file}"


def test_new_migrations_pass_squawk(orm: None) -> None:
    found = {
        migration: problems(sql, ALLOWED.get(migration, []))
        for migration, sql in new_migrations().items()
    }
    assert not any(found.values()), "\n".join(found.values())


def test_new_migrations_lock_tables_in_the_order_of_writes(orm: None) -> None:
    for migration, sql in new_migrations().items():
        tables = [table for table in LOCKED.findall(sql) if table in WRITTEN]
        assert tables == sorted(tables, key=WRITTEN.index), migration


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE INDEX posts_text ON posts (text);", "require-concurrent-index-creation"),
        ("ALTER TABLE posts ALTER COLUMN text SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE posts ADD CONSTRAINT c CHECK (id > 0);", "constraint-missing-not-valid"),
        (
            "ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (author_id) REFERENCES users;",
            "adding-foreign-key-constraint",
        ),
        ("ALTER TABLE posts DROP COLUMN text;", "ban-drop-column"),
        ("ALTER TABLE posts RENAME COLUMN text TO body;", "renaming-column"),
        ("ALTER TABLE posts ALTER COLUMN text TYPE bigint;", "changing-column-type"),
        ("ALTER TABLE posts ADD COLUMN;", "syntax-error"),
    ],
)
def test_sql_that_blocks_a_database_in_service_is_reported(sql: str, rule: str) -> None:
    assert rule in problems(f"BEGIN;\n{sql}\nCOMMIT;")


def test_a_rule_may_be_excepted() -> None:
    assert problems("ALTER TABLE posts DROP COLUMN text;", ["ban-drop-column"]) == ""


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY posts_text ON posts (text);",
        "BEGIN; ALTER TABLE posts ADD COLUMN pinned boolean DEFAULT false NOT NULL; COMMIT;",
        "BEGIN; ALTER TABLE posts ADD CONSTRAINT c CHECK (id > 0) NOT VALID; COMMIT;",
        "BEGIN; ALTER TABLE posts VALIDATE CONSTRAINT c; COMMIT;",
        "BEGIN; CREATE TABLE bookmarks (id bigint PRIMARY KEY); COMMIT;",
    ],
)
def test_sql_that_is_safe_in_service_passes(sql: str) -> None:
    assert problems(sql) == ""


def test_a_database_of_before_the_squash_is_taken_as_it_is(orm: None) -> None:
    with transaction.atomic():
        later = take_back_to_before_the_squash()
        assert check_squashed_migrations([connection.alias]) == []
        executor = MigrationExecutor(connection)
        executor.check_replacements()
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        assert {(each.app_label, each.name) for each, _ in plan} == later
        transaction.set_rollback(True)


def test_a_database_that_lacks_some_of_the_squashed_migrations_is_refused(orm: None) -> None:
    with transaction.atomic():
        take_back_to_before_the_squash()
        MigrationRecorder(connection).record_unapplied("search", "0013_apostrophes")
        with pytest.raises(SystemCheckError, match=r"lacks search\.0013_apostrophes\. Migrate it"):
            call_command("migrate", verbosity=0, skip_checks=False)
        transaction.set_rollback(True)


def test_columns_of_before_the_squash_are_dropped(orm: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE account_deletions ADD attempts integer, ADD next_at timestamptz"
        )
        take_back_to_before_the_squash()
        executor = MigrationExecutor(connection)
        executor.check_replacements()
        executor.migrate([("accounts", "0002_without_attempts")])
        cursor.execute("SELECT * FROM account_deletions")
        assert [each.name for each in cursor.description] == [
            "user_id",
            "requested_at",
            "erases_at",
        ]
        transaction.set_rollback(True)


def test_a_migration_that_adds_foreign_keys_can_be_reverted(orm: None) -> None:
    operation = ForeignKeysInDatabase(("follows", "follower_id", "users"))
    assert operation.reversible
    find = "SELECT FROM pg_constraint WHERE conname = 'follows_follower_id_fkey'"
    state = ProjectState()
    with transaction.atomic(), connection.cursor() as cursor, connection.schema_editor() as editor:
        operation.database_backwards("accounts", editor, state, state)
        cursor.execute(find)
        assert cursor.fetchone() is None
        operation.database_forwards("accounts", editor, state, state)
        cursor.execute(find)
        assert cursor.fetchone() is not None
        transaction.set_rollback(True)


def take_back_to_before_the_squash() -> set[tuple[str, str]]:
    """Records as applied what was squashed, and nothing later, which is given."""
    recorder = MigrationRecorder(connection)
    disk = MigrationLoader(None).disk_migrations or {}
    later = {each for each in disk if each[0] in BASELINE and each[1] > BASELINE[each[0]]}
    for name, migration in disk.items():
        if migration.replaces or name in later:
            recorder.record_unapplied(*name)
        for replaced in migration.replaces:
            recorder.record_applied(*replaced)
    return later
