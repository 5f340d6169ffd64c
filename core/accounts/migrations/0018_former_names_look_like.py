"""By how usernames of deleted accounts look, so that none is given that looks like one."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower, Replace


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0017_hiding_logged")]
    operations = [
        AddIndexConcurrently(
            "formerusername",
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
                name="former_usernames_looks_like",
            ),
        )
    ]
