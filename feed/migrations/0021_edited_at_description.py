"""What the descriptions of `edited_at` and `bookmark_count` say."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0020_posts_by_hash'),
    ]

    operations = [
        migrations.AlterField(
            model_name='post',
            name='bookmark_count',
            field=models.IntegerField(db_default=0, editable=False, help_text='The number of users who have bookmarked the post. Only its author sees it.'),
        ),
        migrations.AlterField(
            model_name='post',
            name='edited_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='When the text, the content warning or the pictures were last changed; null if never.', null=True),
        ),
    ]
