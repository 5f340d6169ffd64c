"""Users and posts are found by words with an apostrophe however it is written: Unicode has some that are letters."""

from importlib import import_module

from django.db import migrations

NAMES = import_module("feed.search.migrations.0001_user_names")
BEFORE = NAMES.FOLD.partition("CREATE FUNCTION user_names_of")[0].replace("CREATE", "CREATE OR REPLACE", 1)
FOLD = BEFORE.replace("'ςøłđðıħŧ', 'σolddiht'", "'ςøłđðıħŧʻʼʽʾʿ', 'σolddiht'''''''''''")
OLD_POSTS = "INSERT INTO jobs (kind, arguments, priority) VALUES ('post_apostrophes_fill', '{}', 2);"


class Migration(migrations.Migration):
    dependencies = [("search", "0012_phrases_by_joints")]
    operations = [migrations.RunSQL(FOLD + NAMES.OLD_USERS + OLD_POSTS, BEFORE)]
