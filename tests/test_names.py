"""One name, one thing: names that readers search for."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps

from core.database.counted_rows import CountedRow


def test_what_deletes_a_counted_row_is_a_function_that_exists() -> None:
    models = [model for model in apps.get_models() if issubclass(model, CountedRow)]
    assert models
    for model in models:
        module, _, name = model.deleted_by.split()[0].partition("(")[0].rpartition(".")
        assert callable(getattr(import_module(module), name, None)), model.deleted_by
