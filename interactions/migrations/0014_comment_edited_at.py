"""Edits of comments."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0013_comments_without_entities")]

    operations = [
        migrations.AddField(
            "comment",
            "edited_at",
            models.DateTimeField(
                blank=True, editable=False, help_text="When the text was last changed; null if never.", null=True
            ),
        )
    ]
