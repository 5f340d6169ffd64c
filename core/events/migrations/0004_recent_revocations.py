from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0003_unfollowed'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='event', name='events_revocations'),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(models.F('transaction'), models.F('id'), condition=models.Q(('kind', 'session_revoked')), name='events_revocations'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(models.F('created_at'), condition=models.Q(('kind', 'session_revoked')), name='events_recent_revocations'),
        ),
    ]
