"""Searches find a phrase by its joints as well, while all posts have the words of theirs."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("feed.search.migrations.0010_phrases_by_pairs").FIND
JOINT = r" & (?:\( [^()]*''\^[^()]*\)|''\^[^'']+'')"
WITHOUT_JOINTS = rf"""
    IF (SELECT true FROM post_words WHERE NOT words @@ '''^''' ORDER BY post_id LIMIT 1) THEN
        query := regexp_replace(query::text, '{JOINT}', '', 'g');
        all_words := regexp_replace(all_words::text, '{JOINT}', '', 'g');
    END IF;
    WHILE wanted"""
FIND = BEFORE.replace("\n    WHILE wanted", WITHOUT_JOINTS)


class Migration(migrations.Migration):
    dependencies = [("search", "0011_without_joints")]
    operations = [migrations.RunSQL(FIND, BEFORE)]
