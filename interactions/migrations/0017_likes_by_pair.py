"""A viewer's likes of a page are looked up by user and post, whatever the averages are.

Where the average user has fewer likes than a page has posts, PostgreSQL would read all likes of the viewer to find those
of the page. For the most active users these are hundreds of thousands.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("interactions", "0016_likes_of_user")]
    operations = [
        migrations.RunSQL(
            # The planner takes it that a hundredth of the rows are different ones: a hundred likes of each user and post.
            f"ALTER TABLE post_likes ALTER COLUMN {column} SET (n_distinct = -0.01)",
            f"ALTER TABLE post_likes ALTER COLUMN {column} RESET (n_distinct)",
        )
        for column in ("user_id", "post_id")
    ]
