"""Searches find a phrase by its pairs only while all posts have the words of theirs."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("feed.search.migrations.0008_pairs").FIND
OLDEST_HAS_NONE = "NOT (SELECT words @@ '''~''' FROM post_words ORDER BY post_id LIMIT 1)"
# In order, so that the index is read: the whole table would be to find none.
ANY_HAS_NONE = "(SELECT true FROM post_words WHERE NOT words @@ '''~''' ORDER BY post_id LIMIT 1)"
FIND = BEFORE.replace(OLDEST_HAS_NONE, ANY_HAS_NONE)


class Migration(migrations.Migration):
    dependencies = [("search", "0009_without_pairs")]
    operations = [migrations.RunSQL(FIND, BEFORE)]
