"""Rows that are counted elsewhere and whose end is an event. Django's own `delete` knows of neither."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import IntegrityError, models


class CountedRows(models.QuerySet[Any, Any]):
    """Rows that are read as any others, and not deleted by Django."""

    def delete(self) -> NoReturn:
        """Errors: IntegrityError, which names what deletes such rows."""
        name = self.model._meta.verbose_name  # noqa: SLF001  # Django's name
        raise IntegrityError(
            f"A {name} is not deleted by Django's delete(): counts would be wrong, and "
            f"nobody would be notified. Use {self.model.deleted_by}."
        )


class CountedRow(models.Model):
    """A row that Django does not delete. Each model names what deletes its rows."""

    deleted_by: ClassVar[str]
    objects = CountedRows.as_manager()

    class Meta:
        abstract = True

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Errors: IntegrityError, which names what deletes such rows."""
        CountedRows(type(self)).delete()
