"""By how usernames look, so that none is given that looks like another."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower, Replace


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0012_erases_at")]
    operations = [
        AddIndexConcurrently(
            "user",
            models.Index(
                Lower(
                    Replace(
                        models.Func(
                            "username",
                            models.Value("01I"),
                            models.Value("Oll"),
                            function="translate",
                        ),
                        models.Value("m"),
                        models.Value("rn"),
                    )
                ),
                name="users_looks_like",
            ),
        )
    ]
