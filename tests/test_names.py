"""One name, one thing: names that readers search for."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.apps import apps

from core.database.counted_rows import CountedRow
from tests.paths import ROOT

ROOMS = ("core", "feed", "interactions")
DJANGO = {"Command"}
"""The name that Django gives to all classes of a kind."""


def test_no_two_classes_have_the_same_name() -> None:
    """A GraphQL type may have the name of the model that it shows."""
    modules: defaultdict[str, list[str]] = defaultdict(list)
    for module, name in _classes():
        if name not in DJANGO and not (".graphql." in module and name in _models()):
            modules[name].append(module)
    assert {name: found for name, found in modules.items() if len(found) > 1} == {}


def test_what_deletes_a_counted_row_is_a_function_that_exists() -> None:
    models = [model for model in apps.get_models() if issubclass(model, CountedRow)]
    assert models
    for model in models:
        module, _, name = model.deleted_by.split()[0].partition("(")[0].rpartition(".")
        assert callable(getattr(import_module(module), name, None)), model.deleted_by


def test_messages_for_users_address_the_user() -> None:
    """Clients show what `refuse` says; "the viewer" is a word of the schema."""
    messages = {
        text.value
        for path in _files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "refuse"
        for text in ast.walk(node)
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
    }
    assert len(messages) > 10
    assert [text for text in messages if "viewer" in text.lower()] == []


def _models() -> set[str]:
    return {model.__name__ for model in apps.get_models()}


def _classes() -> Iterator[tuple[str, str]]:
    """Module and name of each class of a module's own level, without migrations."""
    for path in _files():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield module, node.name


def _files() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
