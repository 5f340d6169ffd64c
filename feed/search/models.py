"""What searches read: the names of users."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from core.accounts.models import User
from core.database.time_ordered_keys import Reference

NAME_LENGTH = 100


class UserName(models.Model):
    """A text by which a user is found: the username or the display name, or the rest of it from one of its words on.

    Folded by the function `name_fold`. A trigger of `users` writes it, whoever changes a name.
    """

    pk = models.CompositePrimaryKey("user_id", "name")
    user = Reference(User)
    # By code points, so that all names with a prefix are one range of the index.
    name = models.CharField(max_length=NAME_LENGTH, db_collation="C")

    class Meta:
        db_table = "user_names"
        indexes: ClassVar = [models.Index("name", "user", name="user_names_name")]

    def __str__(self) -> str:
        return self.name
