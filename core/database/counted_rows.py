"""Models whose rows are counted elsewhere and whose deletion is an event; Django's own `delete` does neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.db import IntegrityError, models

if TYPE_CHECKING:
    IntegerField = models.IntegerField[int, int]
else:
    IntegerField = models.IntegerField


class CountField(IntegerField):
    """A stored count. `save` leaves that of an existing row as it is: others have counted since it was read."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return super().pre_save(model_instance, add) if add else models.F(self.attname)

    def deconstruct(self) -> Any:
        name, _, arguments, named = super().deconstruct()
        return name, "django.db.models.IntegerField", arguments, named


def count_field(help_text: str) -> IntegerField:
    """A stored count: statements change it in the transaction of the rows that it counts."""
    return CountField(db_default=0, editable=False, help_text=help_text)


class CountedRows(models.QuerySet[Any, Any]):
    """A queryset that refuses `delete`."""

    def delete(self) -> NoReturn:
        """Errors: IntegrityError, which names what deletes such rows."""
        name = self.model._meta.verbose_name  # noqa: SLF001  # Django's name
        raise IntegrityError(
            f"A {name} can't be deleted by Django's delete(): its counts would be wrong, and no "
            f"subscriber would be notified. Use {self.model.deleted_by}."
        )


class CountedRow(models.Model):
    """A model that refuses `delete`. `deleted_by` names what deletes its rows."""

    deleted_by: ClassVar[str]
    objects = CountedRows.as_manager()

    class Meta:
        abstract = True

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Errors: IntegrityError, which names what deletes such rows."""
        CountedRows(type(self)).delete()
