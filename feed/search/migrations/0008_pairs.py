"""Searches find a phrase by the words of its pairs as well, so that few posts are checked for the order of its words.

Until the oldest post has them, phrases are found without.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("feed.search.migrations.0007_phrases_in_texts").FIND
FIND = r"""
CREATE OR REPLACE FUNCTION search_posts(query tsquery, below bigint, above bigint, wanted integer) RETURNS SETOF bigint
STABLE LANGUAGE plpgsql SET enable_bitmapscan = on AS $$
DECLARE
    most CONSTANT integer := 500;
    -- The query without the order of words in phrases.
    all_words tsquery := regexp_replace(query::text, '<(\d+|-)>', '&', 'g');
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
    IF NOT (SELECT words @@ '''~''' FROM post_words ORDER BY post_id LIMIT 1) THEN
        query := regexp_replace(query::text, ' & ''~[^'']+''', '', 'g');
        all_words := regexp_replace(all_words::text, ' & ''~[^'']+''', '', 'g');
    END IF;
    WHILE wanted > 0 AND newest > floor LOOP
        -- Up to 16 periods, fewer of the longest kinds.
        oldest := ((newest >> (38 + 4 * kind)) - CASE kind WHEN 4 THEN 0 WHEN 3 THEN 1 ELSE 15 END) << (38 + 4 * kind);
        keys := ARRAY(
            SELECT post_id FROM post_words
            WHERE search_periods(post_id) && (
                SELECT array_agg(period * 8 + kind)
                FROM generate_series(oldest >> (38 + 4 * kind), newest >> (38 + 4 * kind)) AS period
            ) AND words @@ all_words
            -- The function: the index would take the operator.
            AND ts_match_vq(words, query) AND post_id + 0 <= newest AND post_id + 0 > floor
            LIMIT CASE WHEN kind > 0 THEN most + 1 END
        );
        IF cardinality(keys) > most AND kind > 0 THEN
            full_from[kind] := oldest;
            kind := kind - 1;
            CONTINUE;
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
    dependencies = [("search", "0007_phrases_in_texts")]
    operations = [migrations.RunSQL(FIND, BEFORE)]
