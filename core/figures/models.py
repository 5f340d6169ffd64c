"""How much was done each day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class DailyFigure(models.Model):
    """How often something was done on a day, also what was taken back since."""

    pk = models.CompositePrimaryKey("day", "name")
    day = models.DateField(help_text="The day, in UTC.")
    name = models.CharField(
        max_length=24, help_text="What was done: the kind of its events, as `post_created`."
    )
    count = models.BigIntegerField(help_text="How often.")

    class Meta:
        db_table = "daily_figures"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(count__gte=0), name="daily_figures_count_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} on {self.day}"
