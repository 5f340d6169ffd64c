"""Empties the tables before a test."""

from __future__ import annotations

EMPTY_TABLES = """
DO $$
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
    IF EXISTS (SELECT FROM unnest(tables) t WHERE pg_relation_size(t::regclass) > 65536) THEN
        EXECUTE format('TRUNCATE %s', array_to_string(tables, ', '));
    ELSE
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY tables LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
    END IF;
END $$
"""
"""One statement that empties all tables, except those that migrations fill.

TRUNCATE makes new files for all tables and their 77 indexes, which takes 20 ms; most tests leave a few rows, which
DELETE removes in 1 ms. `session_replication_role` turns foreign keys and triggers off.
"""
