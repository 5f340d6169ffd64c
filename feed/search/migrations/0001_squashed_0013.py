"""The names by which users are found, the words of posts, and snapshots of what trends."""

from unicodedata import normalize

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
import feed.search.models
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

# `name_fold` maps letters itself: what PostgreSQL's `lower` does with other letters than A to Z depends on the database's
# locale.
UPPER_CASE = [
    letter
    for letter in map(chr, range(128, 0x20000))  # No letter above has an upper case.
    if len(letter.lower()) == 1
    and letter.lower() != letter
    and normalize("NFKD", letter + letter.lower()) == letter + letter.lower()
]
NAMES = r"""
CREATE FUNCTION name_fold(name text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    folded text := lower(name COLLATE "C");
BEGIN
    IF name !~ '^[ -~]*$' THEN
        folded := translate(translate(normalize(folded, NFKD), 'UPPER_CASE', 'LOWER_CASE'), 'ςøłđðıħŧʻʼʽʾʿ', 'σolddiht''''''''''');
        -- Accents of Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic.
        folded := regexp_replace(folded, '[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670]+', '', 'g');
        folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        folded := lower(normalize(folded, NFKC) COLLATE "C");
    END IF;
    -- Punctuation and symbols only separate words.
    folded := btrim(regexp_replace(folded,
        '[\s!-/:-@[-`{-~\u00a0-\u00bf\u00d7\u00f7\u2000-\u2bff\u3000-\u3004\u3008-\u301f\ufe00-\ufe0f\U0001f000-\U0001faff]+', ' ', 'g'));
    RETURN left(CASE folded WHEN '' THEN name ELSE folded END, 100);
END $$;
CREATE FUNCTION user_names_of(username text, display_name text) RETURNS SETOF text IMMUTABLE LANGUAGE sql AS $$
    SELECT DISTINCT array_to_string(words[n:], ' ')
    FROM (VALUES (string_to_array(name_fold(username), ' ')), (string_to_array(name_fold(display_name), ' '))) AS names(words)
    CROSS JOIN LATERAL generate_series(1, least(cardinality(words), 8)) AS n
$$;
CREATE FUNCTION user_names_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.username = OLD.username AND NEW.display_name = OLD.display_name THEN
            RETURN NULL;
        END IF;
        DELETE FROM user_names WHERE user_id = NEW.id;
    END IF;
    INSERT INTO user_names (user_id, name) SELECT NEW.id, user_names_of(NEW.username, NEW.display_name)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER user_names_write AFTER INSERT OR UPDATE OF username, display_name ON users
    FOR EACH ROW EXECUTE FUNCTION user_names_write();
""".replace("UPPER_CASE", "".join(UPPER_CASE)).replace("LOWER_CASE", "".join(UPPER_CASE).lower())
PERIODS = """
CREATE FUNCTION search_periods(key bigint) RETURNS bigint[] IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT ARRAY[(key >> 38) * 8, (key >> 42) * 8 + 1, (key >> 46) * 8 + 2, (key >> 50) * 8 + 3, (key >> 54) * 8 + 4]
$$;
"""
# A common word is in very many posts, so they are not all looked at: the newest period is, then longer ones before it,
# or shorter ones where it has too many. A period is 65 seconds, and each longer kind sixteen times as long; a step covers
# up to sixteen periods of a kind, fewer of the longest kinds. In the index the periods of a post are entries as its words
# are, and come first, since PostgreSQL asks for the columns in their order: where the words of a search are never together,
# it goes on in the first column alone, and a step reads only its own part of the index.
#
# PostgreSQL's index has no places, so it gives each post with the words of a phrase to be checked against the whole
# condition: the periods, which need no check, cost more than the phrase. So the index finds the words of a phrase, and its
# order is found in the words of each post. The words of pairs and joints leave few posts to be checked.
FIND = r"""
CREATE FUNCTION search_posts(query tsquery, below bigint, above bigint, wanted integer) RETURNS SETOF bigint
STABLE LANGUAGE plpgsql SET enable_bitmapscan = on AS $$
DECLARE
    most CONSTANT integer := 500;
    -- The query without the order of words in phrases.
    all_words CONSTANT tsquery := regexp_replace(query::text, '<(\d+|-)>', '&', 'g');
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
    initial = True
    replaces = [
        ("search", name)
        for name in """
        0001_user_names 0002_post_words 0003_hashtag_prefixes 0004_trends 0005_shorter_steps 0006_periods_first
        0007_phrases_in_texts 0008_pairs 0009_without_pairs 0010_phrases_by_pairs 0011_without_joints
        0012_phrases_by_joints 0013_apostrophes
        """.split()
    ]
    dependencies = [("feed", "0001_squashed_0023")]
    operations = [
        migrations.RunSQL(PERIODS),
        migrations.CreateModel(
            name='TrendingHashtag',
            fields=[
                ('position', models.BigIntegerField(help_text="The snapshot's key times 1,000, and the rank: 1 to 999.", primary_key=True, serialize=False)),
                ('hashtag_id', models.BigIntegerField(help_text='The hashtag.')),
            ],
            options={
                'db_table': 'trending_hashtags',
            },
        ),
        migrations.CreateModel(
            name='TrendingPost',
            fields=[
                ('position', models.BigIntegerField(help_text="The snapshot's key times 1,000, and the rank: 1 to 999.", primary_key=True, serialize=False)),
                ('post_id', models.BigIntegerField(help_text='The post.')),
            ],
            options={
                'db_table': 'trending_posts',
            },
        ),
        migrations.CreateModel(
            name='TrendSnapshot',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, help_text='Since when it is current.')),
            ],
            options={
                'db_table': 'trend_snapshots',
            },
        ),
        migrations.CreateModel(
            name='PostWords',
            fields=[
                ('post', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='feed.post')),
                ('words', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'db_table': 'post_words',
                'indexes': [
                    django.contrib.postgres.indexes.GinIndex(feed.search.models.Periods('post'), models.F('words'), fastupdate=False, name='post_words_by_period'),
                ],
            },
        ),
        migrations.CreateModel(
            name='UserName',
            fields=[
                ('pk', models.CompositePrimaryKey('user_id', 'name', blank=True, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(db_collation='C', max_length=100)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'user_names',
                'indexes': [models.Index(models.F('name'), models.F('user'), name='user_names_name')],
            },
        ),
        ForeignKeysInDatabase(("user_names", "user_id", "users"), ("post_words", "post_id", "posts")),
        migrations.RunSQL(NAMES),
        migrations.RunSQL(FIND),
    ]
