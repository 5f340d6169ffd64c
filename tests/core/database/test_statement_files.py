"""A statement or fragment that breaks a rule of docs/sql.md raises an error that names the file and line."""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core.database.statements import (
    SHARED_FRAGMENTS,
    StatementMalformed,
    Statements,
    load_statements,
)
from interactions.statements import InteractionStatements
from tests.paths import ROOT

OWNED = """
-- Whether the viewer owns p.
-- parameters: table, viewer=$1
-- needs: p (posts)
p.id IN (SELECT id FROM {table} WHERE owner = {viewer})
"""
READ = "-- What the viewer owns. $1 viewer.\nSELECT id FROM posts p\nWHERE {owned table=posts}"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "_owned.sql").write_text(OWNED)
    return tmp_path


def load(room: Path, text: str) -> dict[str, str]:
    (room / "read.sql").write_text(text)
    return dict(load_statements(room, SHARED_FRAGMENTS)["read"])


def test_variants_for_anonymous_viewers_have_fragments_of_their_own(room: Path) -> None:
    (room / "anonymous").mkdir()
    (room / "anonymous" / "_owned.sql").write_text(
        "-- Nothing.\n-- parameters: table, viewer=$1\n{viewer}::int IS NULL AND false"
    )
    assert load(room, READ).keys() == {""}
    texts = load(room, READ.replace("SELECT id", "-- variants: anonymous\nSELECT id", 1))
    assert texts.keys() == {"", ":anonymous"}
    assert texts[""].endswith("p.id IN (SELECT id FROM posts WHERE owner = $1)")
    assert texts[":anonymous"].endswith("WHERE $1::int IS NULL AND false")
    with pytest.raises(StatementMalformed, match="same for an anonymous viewer"):
        load(room, "-- Everything.\n-- variants: anonymous\nSELECT id FROM posts")


def test_fragments_are_filled_in(room: Path) -> None:
    assert load(room, READ) == {
        "": "-- read\nSELECT id FROM posts p\nWHERE p.id IN (SELECT id FROM posts WHERE owner = $1)"
    }
    given = load(
        room, READ.replace("table=posts", "table=shares viewer=p.owner").replace(" $1", "")
    )
    assert given[""].endswith("p.id IN (SELECT id FROM shares WHERE owner = p.owner)")


def test_a_fragment_of_one_direction_needs_what_it_says(room: Path) -> None:
    (room / "_edge_DESC.sql").write_text("-- All.\ntrue")
    (room / "_edge_ASC.sql").write_text(
        "-- Those with a comment.\n-- needs: c (comments)\nc.id > 0"
    )
    with pytest.raises(StatementMalformed, match=r"\{edge_ASC\} needs `c`"):
        load(room, "-- Posts.\nSELECT id FROM posts p WHERE {edge_{direction}}")


def test_a_page_has_four_variants(room: Path) -> None:
    page = """
-- A page. $1 limit; unseen: $6 keys, $7 snapshots.
SELECT id FROM posts p WHERE true {unseen key=p.id transaction=p.transaction} ORDER BY id {direction} LIMIT $1
"""
    found = load(room, page)
    assert list(found) == ["", ":oldest_first", ":unseen", ":oldest_first:unseen"]
    for variant, text in found.items():
        assert text.startswith(f"-- read{variant}\n")
        assert ("ORDER BY id ASC" in text) == ("oldest_first" in variant)
        assert ("p.id <= seen.up_to" in text) == ("unseen" in variant)


@pytest.mark.parametrize(
    ("before", "after", "line", "problem"),
    [
        ("{owned table", "{owns table", 3, "{owns} is neither a parameter nor a fragment."),
        ("{owned table=posts", "{owned", 3, "{owned} requires its parameter `table`."),
        ("table=posts}", "table=posts viewr=$1}", 3, "{owned} has no parameter `viewr`."),
        ("posts p", "posts", 3, "{owned} needs `p`, which the statement does not define."),
        ("posts p", "posts -- FROM posts p", 3, "{owned} needs `p`, which the statement does not"),
        (" $1 viewer.", "", 2, "$1 is not explained in the header."),
        ("$1 viewer", "$1 viewer, $2 limit", 2, "$2 is explained, but not used."),
    ],
)
def test_a_statement_that_breaks_a_rule_is_refused(
    room: Path, before: str, after: str, line: int, problem: str
) -> None:
    assert before in READ
    with pytest.raises(
        StatementMalformed, match=re.escape(f"{room / 'read.sql'}:{line}: {problem}")
    ):
        load(room, READ.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after", "where", "problem"),
    [
        ("{viewer}", "{x}", "_owned.sql:4", "{x} is neither a parameter nor a fragment."),
        ("{viewer}", "$1", "_owned.sql:4", "A fragment must take $1 as a parameter"),
        ("parameters:", "parameter:", "read.sql:3", "{owned} has no parameter `table`."),
    ],
)
def test_a_fragment_that_breaks_a_rule_is_refused(
    room: Path, before: str, after: str, where: str, problem: str
) -> None:
    assert before in OWNED
    (room / "_owned.sql").write_text(OWNED.replace(before, after))
    with pytest.raises(StatementMalformed, match=re.escape(f"{room / where}: {problem}")):
        load(room, READ)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM posts AS p WHERE {owned table=a}",
        "SELECT 1 FROM a JOIN LATERAL (SELECT 1) p ON {owned table=a}",
        "SELECT 1 FROM unnest(ARRAY[1]) WITH ORDINALITY AS p(id, n) WHERE {owned table=a}",
        "WITH p AS MATERIALIZED (SELECT 1 AS id) SELECT {owned table=a} FROM p",
        "WITH p (id) AS (SELECT 1) SELECT {owned table=a} FROM p",
        "UPDATE posts p SET id = 1 WHERE {owned table=a}",
        "DELETE FROM a USING posts p WHERE {owned table=a}",
        "INSERT INTO posts AS p (id) SELECT 1 RETURNING {owned table=a}",
    ],
)
def test_each_form_of_an_alias_is_recognised(room: Path, text: str) -> None:
    assert load(room, f"-- Something. $1 viewer.\n{text}")


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("read: str", None),
        ("pass", "`read: str` must be declared."),
        ("read: Variants", "`read: str` must be declared."),
        ("read: str; reed: str", "`reed` is declared, but sql/reed.sql does not exist."),
    ],
)
def test_a_room_declares_its_names(
    room: Path, monkeypatch: pytest.MonkeyPatch, declared: str, problem: str | None
) -> None:
    (room / "sql").mkdir()
    (room / "sql" / "read.sql").write_text("-- One.\nSELECT 1")
    (room / "statements.py").write_text(
        "from __future__ import annotations\nfrom core.database.statements import Statements\n"
        f"class SomeRoom(Statements):\n    {declared}\n"
    )
    monkeypatch.setattr(Statements, "rooms", [])
    spec = spec_from_file_location("some_room", room / "statements.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "some_room", module)
    spec.loader.exec_module(module)
    if problem is None:
        assert module.SomeRoom().read == "-- read\nSELECT 1"
    else:
        expected = f"{room / 'statements.py'}: in SomeRoom {problem}"
        with pytest.raises(StatementMalformed, match=re.escape(expected)):
            module.SomeRoom()


TEMPLATE = """
-- Deletes. $1 key.
-- parameters: table, count
DELETE FROM {table} WHERE id = $1{if count} AND {count} = 0{end} RETURNING {owned table={table} viewer=$1}
"""


def test_a_template_has_a_text_for_each_instance(room: Path) -> None:
    (room / "_owned.sql").write_text(
        "-- A column.\n-- parameters: table, viewer=$1\n{table}.owner = {viewer}"
    )
    (room / "remove.sql").write_text(TEMPLATE)
    given = {"liked": {"table": "likes", "count": ""}, "post": {"table": "posts", "count": "n"}}
    found = load_statements(room, SHARED_FRAGMENTS, instances=given)
    assert {name: texts[""] for name, texts in found.items()} == {
        "remove:liked": "-- remove:liked\nDELETE FROM likes WHERE id = $1 RETURNING likes.owner = $1",
        "remove:post": "-- remove:post\nDELETE FROM posts WHERE id = $1 AND n = 0 RETURNING posts.owner = $1",
    }


def test_an_instance_without_a_parameter_is_refused(room: Path) -> None:
    (room / "remove.sql").write_text(TEMPLATE)
    problem = f"{room / 'remove.sql'}:3: The instance liked has no parameter `count`."
    with pytest.raises(StatementMalformed, match=re.escape(problem)):
        load_statements(room, SHARED_FRAGMENTS, instances={"liked": {"table": "likes"}})


def test_a_condition_keeps_the_lines_of_errors(room: Path) -> None:
    (room / "remove.sql").write_text(
        "-- Deletes.\n-- parameters: count\nDELETE FROM likes{if count}\nWHERE {count} = 0{end}\nRETURNING {owns}"
    )
    problem = f"{room / 'remove.sql'}:5: {{owns}} is neither a parameter nor a fragment."
    with pytest.raises(StatementMalformed, match=re.escape(problem)):
        load_statements(room, SHARED_FRAGMENTS, instances={"liked": {"count": ""}})


def test_the_statements_of_the_benchmarks_keep_the_rules() -> None:
    folder = ROOT / "tests" / "benchmarks" / "sql"
    fragments = InteractionStatements.fragments
    found = load_statements(folder, *InteractionStatements.folders, fragments=fragments)
    assert len(found) == len(list(folder.glob("*.sql")))


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("sql", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_a_statement() -> None:
    text = command("home_feed_page:unseen")
    assert "feed/sql/home_feed_page.sql\n-- A page of the viewer's home feed. A row" in text
    assert "-- home_feed_page:unseen\nWITH hidden AS MATERIALIZED" in text
    assert "{" not in text
    assert "-- Variants: home_feed_page, home_feed_page:oldest_first, " in text


def test_the_command_lists_all_statements() -> None:
    lines = command().splitlines()
    for name in ("events_since", "user_create", "post_edit", "reaction_create:share", "load_posts"):
        assert any(line.startswith(name + " ") for line in lines)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("post_by_ids", "No SQL statement is named post_by_ids. Similar: posts_by_ids"),
        ("zzz", "No SQL statement is named zzz. `manage.py sql` lists all names."),
    ],
)
def test_the_command_suggests_similar_names(name: str, message: str) -> None:
    with pytest.raises(CommandError, match=re.escape(message)):
        command(name)
