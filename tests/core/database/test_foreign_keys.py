"""PostgreSQL enforces every foreign key of the models, by the rule that the model declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models

from core.database.time_ordered_keys import Reference
from core.graphql.foreign_key_errors import NAMED_BY, VIEWERS
from interactions.statements import SQL
from tests.drawings.tables import own_models

RULES = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
IN_DATABASE = """
SELECT c.conrelid::regclass::text, a.attname, c.conname, c.confrelid::regclass::text, f.attname, c.confdeltype,
    c.condeferrable, c.convalidated
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1]
WHERE c.contype = 'f' AND cardinality(c.conkey) = 1
"""


def foreign_keys() -> Iterator[tuple[str, models.ForeignKey[Any, Any]]]:
    for model in own_models():
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey):
                yield f"{model._meta.db_table}.{field.column}", field


DECLARED = dict(foreign_keys())


@pytest.mark.parametrize("name", DECLARED)
def test_a_foreign_key_has_its_constraint_and_rule_in_the_database(orm: None, name: str) -> None:
    field = DECLARED[name]
    table, _, column = name.partition(".")
    with connection.cursor() as cursor:
        cursor.execute(IN_DATABASE)
        found = [row[2:] for row in cursor.fetchall() if row[:2] == (table, column)]
    assert len(found) == 1, f"Add {name} to ForeignKeysInDatabase of a migration."
    constraint, target, key, rule, is_deferrable, is_valid = found[0]
    # The rule of Django's one-to-one field is not declared.
    declared = field.rule if isinstance(field, Reference) else "CASCADE"
    assert RULES[rule] == declared
    assert (target, key) == (field.related_model._meta.db_table, field.target_field.column)
    # `client_error_of` reads the column from the name.
    assert constraint == f"{table}_{column}_fkey"
    assert column in {*NAMED_BY, *VIEWERS}, (
        "Say in foreign_key_errors.py whom a violation concerns."
    )
    assert is_valid
    assert not is_deferrable


def test_each_foreign_key_in_the_database_is_declared_by_a_model(orm: None) -> None:
    tables = {model._meta.db_table for model in own_models()}
    with connection.cursor() as cursor:
        cursor.execute(IN_DATABASE)
        found = {f"{row[0]}.{row[1]}" for row in cursor.fetchall() if row[0] in tables}
    assert found == DECLARED.keys()


def test_the_erasure_of_an_account_looks_for_all_rows_that_keep_it(orm: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(IN_DATABASE)
        keeping = {
            f"FROM {row[0]} WHERE {row[1]} = $1"
            for row in cursor.fetchall()
            if row[3] == "users"
            and RULES[row[5]] == "NO ACTION"
            and f"{row[0]}.{row[1]}" in DECLARED
        }
    looked_for = re.findall(r"FROM \w+ WHERE \w+ = \$1", SQL.account_is_referenced)
    assert sorted(looked_for) == sorted(keeping)
