"""Who may read a post."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# A function, since a statement sets up each subquery that it may never run.
CREATE = """
CREATE FUNCTION post_readable(viewer bigint, post bigint, author bigint, visibility integer) RETURNS boolean
STABLE LANGUAGE plpgsql AS $$
BEGIN
    IF visibility = 2 THEN
        RETURN EXISTS (SELECT FROM post_mentions WHERE post_id = post AND user_id = viewer);
    END IF;
    RETURN EXISTS (SELECT FROM follows WHERE follower_id = viewer AND followee_id = author);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0013_quotes"),
        ("accounts", "0015_private_accounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="post",
            name="visibility",
            field=models.SmallIntegerField(
                choices=[(0, "Public"), (1, "Followers"), (2, "Mentioned")],
                db_default=0,
                editable=False,
            ),
        ),
        AddConstraintNotValid(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__gte", 0), ("visibility__lte", 2)),
                name="posts_visibility_known",
            ),
        ),
        migrations.RunSQL(CREATE, "DROP FUNCTION post_readable(bigint, bigint, bigint, integer);"),
    ]
