"""The words of posts, and the function that finds the newest posts with certain words.

A common word is in very many posts, so they are not all looked at: the newest period is, then longer ones before it,
or shorter ones where it has too many. A period is 65 seconds, and each longer kind sixteen times as long; a step
covers up to sixteen periods of a kind. In the index the periods of a post are entries as its words are, so that a
step reads only the part of a word's posts that is in the periods.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

import feed.search.models
from core.database.time_ordered_keys import ForeignKeysInDatabase

PERIODS = """
CREATE FUNCTION search_periods(key bigint) RETURNS bigint[] IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT ARRAY[(key >> 38) * 8, (key >> 42) * 8 + 1, (key >> 46) * 8 + 2, (key >> 50) * 8 + 3, (key >> 54) * 8 + 4]
$$;
"""
FIND = """
CREATE FUNCTION search_posts(query tsquery, below bigint, above bigint, wanted integer) RETURNS SETOF bigint
STABLE LANGUAGE plpgsql SET enable_bitmapscan = on AS $$
DECLARE
    most CONSTANT integer := 500;
    kind integer := 2;
    -- For each kind, from which key on a step of it has too many posts.
    full_from bigint[] := array_fill(9223372036854775807, ARRAY[5], ARRAY[0]);
    -- The newest and the oldest key of a step.
    newest bigint;
    oldest bigint;
    floor bigint;
    keys bigint[];
BEGIN
    SELECT least(below, max(post_id) + 1) - 1, greatest(above, min(post_id) - 1) INTO newest, floor FROM post_words;
    WHILE wanted > 0 AND newest > floor LOOP
        oldest := ((newest >> (38 + 4 * kind)) - 15) << (38 + 4 * kind);
        keys := ARRAY(
            SELECT post_id FROM post_words
            WHERE words @@ query AND search_periods(post_id) && (
                SELECT array_agg(period * 8 + kind)
                FROM generate_series(oldest >> (38 + 4 * kind), newest >> (38 + 4 * kind)) AS period
            ) AND post_id + 0 <= newest AND post_id + 0 > floor
            LIMIT most + 1
        );
        IF cardinality(keys) > most AND kind > 0 THEN
            full_from[kind] := oldest;
            kind := kind - 1;
            CONTINUE;
        END IF;
        IF cardinality(keys) > most THEN
            keys := ARRAY(
                SELECT post_id FROM post_words
                WHERE words @@ query AND search_periods(post_id) && (
                    SELECT array_agg(period * 8 + kind)
                    FROM generate_series(oldest >> (38 + 4 * kind), newest >> (38 + 4 * kind)) AS period
                ) AND post_id + 0 <= newest AND post_id + 0 > floor
            );
        END IF;
        RETURN QUERY SELECT key FROM unnest(keys) AS key ORDER BY key DESC LIMIT wanted;
        wanted := wanted - cardinality(keys);
        newest := oldest - 1;
        IF cardinality(keys) * 16 < most AND kind < 4 AND newest < full_from[kind + 1] THEN
            kind := kind + 1;
        END IF;
    END LOOP;
END $$;
"""
FOREIGN_KEYS = ForeignKeysInDatabase(("post_words", "post_id", "posts"))
OLD_POSTS = "INSERT INTO jobs (kind, arguments, priority) VALUES ('post_words_fill', '{}', 2);"


class Migration(migrations.Migration):
    dependencies = [("feed", "0015_post_visibility_in_index"), ("search", "0001_user_names")]
    operations = [
        migrations.RunSQL(PERIODS, "DROP FUNCTION search_periods(bigint);"),
        migrations.CreateModel(
            name="PostWords",
            fields=[
                (
                    "post",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="feed.post",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "db_table": "post_words",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        models.F("words"),
                        feed.search.models.Periods("post"),
                        fastupdate=False,
                        name="post_words_words",
                    )
                ],
            },
        ),
        migrations.RunSQL(FOREIGN_KEYS.create, FOREIGN_KEYS.drop),
        migrations.RunSQL(FIND, "DROP FUNCTION search_posts(tsquery, bigint, bigint, integer);"),
        migrations.RunSQL(OLD_POSTS, migrations.RunSQL.noop),
    ]
