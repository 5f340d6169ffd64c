"""Empties the tables before a test, and restores rows that the tests of a module begin with."""

from __future__ import annotations

import psycopg2

LOCK_TABLES = """
DECLARE
    tables text[] := ARRAY(
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> ALL('{django_migrations,django_content_type,auth_permission}')
    );
    name text;
BEGIN
    -- Waits for what the test before has left running. That may have locked one table and wait for another.
    LOOP
        BEGIN
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', array_to_string(tables, ', '));
            EXIT;
        EXCEPTION WHEN deadlock_detected THEN NULL;
        END;
    END LOOP;
"""
"""The beginning of a block that changes all tables, except those that migrations fill."""

EMPTY_TABLES = f"""
DO $$ {LOCK_TABLES}
    IF EXISTS (SELECT FROM unnest(tables) t WHERE pg_relation_size(t::regclass) > 65536) THEN
        EXECUTE format('TRUNCATE %s', array_to_string(tables, ', '));
    ELSE
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY tables LOOP
            IF pg_relation_size(name::regclass) > 0 THEN
                EXECUTE format('DELETE FROM %I', name);
            END IF;
        END LOOP;
    END IF;
END $$
"""  # noqa: S608  # a constant
"""One statement that empties all tables, except those that migrations fill.

TRUNCATE makes new files for all tables and their 77 indexes, which takes 20 ms; most tests leave a few rows, which
DELETE removes in 1 ms. `session_replication_role` turns foreign keys and triggers off.
"""

SAVE_TABLES = """
DO $$
DECLARE
    name text;
    has_rows bool;
BEGIN
    CREATE SCHEMA saved;
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> ALL('{django_migrations,django_content_type,auth_permission}')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('CREATE TABLE saved.%1$I AS TABLE public.%1$I', name);
        END IF;
    END LOOP;
END $$
"""
RESTORE_TABLES = """
DO $$
DECLARE
    name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'saved'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE TABLE saved.%1$I', name);
    END LOOP;
END $$
"""
UNDO_CHANGES = f"""
DO $$ {LOCK_TABLES}
    SET LOCAL session_replication_role = replica;
    FOREACH name IN ARRAY tables LOOP
        IF to_regclass('saved.' || name) IS NULL THEN
            IF pg_relation_size(name::regclass) > 0 THEN
                EXECUTE format('DELETE FROM %I', name);
            END IF;
        ELSE
            EXECUTE format('DELETE FROM %1$I t WHERE NOT EXISTS (SELECT FROM saved.%1$I s WHERE s = t)', name);
            EXECUTE format('INSERT INTO %1$I OVERRIDING SYSTEM VALUE TABLE saved.%1$I EXCEPT TABLE %1$I', name);
        END IF;
    END LOOP;
END $$
"""  # noqa: S608  # a constant
"""One statement that makes all tables equal to the saved ones, in a third of the time of emptying and filling them."""


class EmptyingSession:
    """A session of PostgreSQL that empties the tables again and again, and restores rows.

    A new session reads the catalogs of all tables first, which takes ten times as long.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connect()

    def _connect(self) -> None:
        self._session = psycopg2.connect(self._url)
        self._session.autocommit = True

    def empty_tables(self) -> None:
        self._execute(EMPTY_TABLES)

    def save_rows(self) -> None:
        """Saves the rows of all tables for `restore_rows`, until `drop_saved`."""
        self._execute(SAVE_TABLES)

    def restore_rows(self) -> None:
        """Inserts the saved rows into the tables, which must be empty."""
        self._execute(RESTORE_TABLES)

    def undo_changes(self) -> None:
        """Restores the saved rows in tables that differ in few of them. Their order on disk may change."""
        self._execute(UNDO_CHANGES)

    def drop_saved(self) -> None:
        self._execute("DROP SCHEMA saved CASCADE")

    def _execute(self, statement: str) -> None:
        if self._is_ended():
            self._connect()
        with self._session.cursor() as cursor:
            cursor.execute(statement)

    def _is_ended(self) -> bool:
        """Whether the test before has ended the session."""
        try:
            with self._session.cursor() as cursor:
                cursor.execute("SELECT")
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            return True
        return False

    def close(self) -> None:
        self._session.close()
