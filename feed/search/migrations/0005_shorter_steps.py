"""The longest steps of a search for posts have fewer periods, since a step is read in vain where it has too many posts.

Not steps of one short kind alone: each reads, for two words that are never together, the whole list of the rarer one.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("feed.search.migrations.0002_post_words").FIND.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
FIND = """
CREATE OR REPLACE FUNCTION search_posts(query tsquery, below bigint, above bigint, wanted integer) RETURNS SETOF bigint
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
        -- Up to 16 periods, fewer of the longest kinds.
        oldest := ((newest >> (38 + 4 * kind)) - CASE kind WHEN 4 THEN 3 WHEN 3 THEN 7 ELSE 15 END) << (38 + 4 * kind);
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


class Migration(migrations.Migration):
    dependencies = [("search", "0004_trends")]
    operations = [migrations.RunSQL(FIND, BEFORE)]
