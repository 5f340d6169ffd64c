"""The diagram of the tables, drawn from Django's models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

ROOMS = ("core.", "feed", "interactions")
SHORTER = {"timestamp with time zone": "timestamptz", "varchar": "text"}


def own_models() -> list[type[models.Model]]:
    """The models of the code, as their apps are installed; none of Django's."""
    return [model for model in apps.get_models() if model.__module__.startswith(ROOMS)]


def tables_diagram() -> str:
    """A Mermaid `erDiagram` of all tables, then a list of what each is for and which model declares it."""
    lines = ["```mermaid", "erDiagram"]
    for model in own_models():
        lines += [f"    {line}" for line in _references(model)]
    for model in own_models():
        lines.append(f"    {model._meta.db_table} {{")
        lines += [f"        {_column(model, field)}" for field in _columns(model)]
        lines.append("    }")
    lines += ["```", "", "| Table | Model | One row |", "| --- | --- | --- |"]
    for model in own_models():
        summary = (model.__doc__ or "").partition("\n")[0]
        name = f"{model.__module__}.{model.__name__}"
        lines.append(f"| `{model._meta.db_table}` | `{name}` | {summary} |")
    return "\n".join([*lines, ""])


def _columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.local_fields if field.column]


def _references(model: type[models.Model]) -> Iterator[str]:
    for field in _columns(model):
        if isinstance(field, models.ForeignKey):
            to = field.related_model._meta.db_table
            one = "|o" if field.null else "||"
            many = "o|" if field.unique else "o{"
            yield f'{to} {one}--{many} {model._meta.db_table} : "{field.name}"'


def _column(model: type[models.Model], field: models.Field[Any, Any]) -> str:
    kind = (field.db_type(connection) or "").partition("(")[0]
    key = model._meta.pk
    primary = {part.name for part in getattr(key, "fields", [key])}
    marks = ["PK"] if field.name in primary else []
    marks += ["FK"] if isinstance(field, models.ForeignKey) else []
    marks += ["UK"] if field.unique and not field.primary_key else []
    return " ".join([SHORTER.get(kind, kind), str(field.column), ", ".join(marks)]).rstrip()
