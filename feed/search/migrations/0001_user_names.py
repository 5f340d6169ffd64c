"""The names by which users are found, and the trigger that writes them.

`name_fold` maps letters itself: what PostgreSQL's `lower` does with other letters than A to Z depends on the database's
locale.
"""

from unicodedata import normalize

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

UPPER_CASE = [
    letter
    for letter in map(chr, range(128, 0x20000))  # No letter above has an upper case.
    if len(letter.lower()) == 1
    and letter.lower() != letter
    and normalize("NFKD", letter + letter.lower()) == letter + letter.lower()
]
FOLD = r"""
CREATE FUNCTION name_fold(name text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    folded text := lower(name COLLATE "C");
BEGIN
    IF name !~ '^[ -~]*$' THEN
        folded := translate(translate(normalize(folded, NFKD), 'UPPER_CASE', 'LOWER_CASE'), 'ςøłđðıħŧ', 'σolddiht');
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
BACK = """
DROP TRIGGER user_names_write ON users;
DROP FUNCTION user_names_write();
DROP FUNCTION user_names_of(text, text);
DROP FUNCTION name_fold(text);
"""
FOREIGN_KEYS = ForeignKeysInDatabase(("user_names", "user_id", "users"))
OLD_USERS = "INSERT INTO jobs (kind, arguments, priority) VALUES ('user_names_fill', '{}', 2);"


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("accounts", "0009_hidden_by_relation"),
        ("jobs", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="UserName",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id",
                        "name",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(db_collation="C", max_length=100)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "user_names",
                "indexes": [
                    models.Index(models.F("name"), models.F("user"), name="user_names_name")
                ],
            },
        ),
        migrations.RunSQL(FOREIGN_KEYS.create, FOREIGN_KEYS.drop),
        migrations.RunSQL(FOLD, BACK),
        migrations.RunSQL(OLD_USERS, migrations.RunSQL.noop),
    ]
