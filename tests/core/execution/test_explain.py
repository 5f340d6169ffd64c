"""Plans and generated code can be printed."""

from __future__ import annotations

import gc
import linecache
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, parse

from core.execution import Executor, InstancesOf
from core.execution.explain import explain, main
from core.execution.plan.plan import NotCompiled
from tests.commands import output_of
from tests.core.execution.items import Shared, made


def test_the_plan_says_how_each_field_is_resolved_and_has_the_code() -> None:
    text = "query Q($all: Boolean!) { items(keys: [1]) { key ten @include(if: $all) } __typename }"
    schema = made()._schema
    explained = explain(schema, text, variables={"all": True})
    assert "items on Item\n  key: Int! ← attribute key\n  ten: " in explained
    assert "__typename: String! ← constant" in explained
    assert "'key': " in explained
    assert "ten" not in explain(schema, text, variables={"all": False})


@pytest.mark.parametrize(
    ("text", "error"),
    [("{ nothing }", GraphQLError), ("query A { __typename } query B { __typename }", NotCompiled)],
)
def test_a_document_without_a_plan_is_an_error(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        explain(made()._schema, text)


DOCUMENT = "{ publicFeed(first: 1) { edges { node { id text } } } }"
ITS_PLAN = "publicFeed.edges.node on Post\n  id: ID! ← batch GlobalIdEncoder(id)"


def test_the_command_explains_a_document_over_the_product_schema() -> None:
    output = output_of(sys.executable, "-m", "core.execution.explain", DOCUMENT)
    assert ITS_PLAN in output
    assert "def read(runtime, parents):" in output


def test_the_command_reads_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "document.graphql"
    file.write_text(DOCUMENT)
    monkeypatch.setattr(sys, "argv", ["explain", "--file", str(file)])
    main()
    assert ITS_PLAN in capsys.readouterr().out


class Broken:
    """Fails in generated code, which reads its attribute without a check."""

    @property
    def name(self) -> str:
        raise KeyboardInterrupt


@strawberry.type
class Thing:
    name: str

    is_type_of = InstancesOf(Broken, exact=["name"])


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Thing)
    def thing(self) -> Any:
        return Broken()


def test_a_traceback_shows_the_line_of_generated_code() -> None:
    executor = Executor(strawberry.Schema(Query)._schema)
    with pytest.raises(KeyboardInterrupt) as caught:
        executor.execute(parse("{ thing { name } }"), context=Shared())
    frames = traceback.extract_tb(caught.value.__traceback__)
    lines = [frame.line for frame in frames if frame.filename.startswith("<compiled selection")]
    assert any("{'name': source.name} for source in objects" in str(line) for line in lines)


def test_generated_code_is_removed_with_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.execution.plan.plan_cache.PLANS", 1)

    def registered() -> int:
        gc.collect()
        return sum(name.startswith("<compiled selection") for name in linecache.cache)

    schema = made()._schema
    executor = Executor(schema)
    executor.execute(parse("{ items(keys: [1]) { key } }"), context=Shared())
    before = registered()
    for number in range(10):
        executor.execute(
            parse(f"{{ items(keys: [1]) {{ alias{number}: key }} }}"), context=Shared()
        )
    assert registered() <= before + 2
