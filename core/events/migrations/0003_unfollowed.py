from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0002_created_at_of_transaction")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                models.F("actor_id"),
                models.F("subject_id"),
                condition=models.Q(("kind", "user_unfollowed")),
                name="events_unfollowed",
            ),
        ),
    ]
