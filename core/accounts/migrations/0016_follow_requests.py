"""Requests to follow private accounts."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import core.database.time_ordered_keys
from core.database.time_ordered_keys import ForeignKeysInDatabase

USERS = ForeignKeysInDatabase(
    ("follow_requests", "requester_id", "users"), ("follow_requests", "target_id", "users")
)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_private_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='FollowRequest',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('requester', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'follow_requests',
                'indexes': [models.Index(models.F('target'), models.F('id'), name='follow_requests_of_target')],
                'constraints': [models.UniqueConstraint(models.F('requester'), models.F('target'), name='follow_requests_pair_unique'), models.CheckConstraint(condition=models.Q(('requester', models.F('target')), _negated=True), name='follow_requests_not_self')],
            },
        ),
        migrations.RunSQL(USERS.create, USERS.drop),
    ]
