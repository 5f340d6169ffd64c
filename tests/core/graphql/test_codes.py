"""The table of error codes is complete, has no unused code and equals the one in docs/errors.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from core.graphql.codes import CODES, ErrorHandling, handling, retry_after
from tests.paths import ROOT

PAGE = ROOT / "docs" / "errors.md"
RAISERS = {"ClientError": 1, "HTTPError": 1, "bad_request": 1, "document_error_entries": 1}
"""Functions that make an error, and the position of the argument `code`."""
DEFAULTS = {"bad_request": "BAD_REQUEST"}
PASSED_ON = {
    ("core/graphql/http/http_errors.py", "code"),
    ("core/errors.py", "code"),
    ("core/graphql/errors.py", "code"),
}
"""Where a function passes on a code that it received."""
ENDINGS = "core/graphql/live/connection_registry.py"


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product, with its path."""
    for folder in ("core", "feed", "interactions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def sent_codes(path: str, module: ast.Module) -> Iterator[str]:
    """The codes that a module sends. Fails for a code that is not a constant."""
    constants = {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        for code in code_expressions(node):
            match code:
                case ast.Constant(value=str(value)):
                    yield value
                case ast.Name(id=name) if name in constants:
                    yield str(constants[name])
                case ast.Attribute(attr="code"):
                    pass  # The code of another error or of a CloseReason.
                case _:
                    assert (path, ast.unparse(code)) in PASSED_ON, f"{path}:{code.lineno}"
        if path == ENDINGS and isinstance(node, ast.ClassDef) and node.name == "CloseReason":
            for statement in node.body:
                if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple):
                    code, *_ = statement.value.elts
                    assert isinstance(code, ast.Constant)
                    yield str(code.value)


def code_expressions(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of codes in a node."""
    if isinstance(node, ast.Dict) and "'type'" not in map(ast.unparse, filter(None, node.keys)):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "code":
                yield value
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        place = RAISERS.get(name)
        if place is not None:
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            given += node.args[place : place + 1]
            if given:
                yield given[0]
            else:
                yield ast.Constant(DEFAULTS[name], lineno=node.lineno)


def table() -> list[str]:
    """The table as docs/errors.md must have it."""
    return [
        "| code | HTTP | WebSocket | `Retry-After` | what it means |",
        "| --- | --- | --- | --- | --- |",
        *(row(code, each) for code, each in CODES.items()),
    ]


def row(code: str, each: ErrorHandling) -> str:
    status = "in `errors`" if each.status == 200 else str(each.status)
    if each.status != 200 and not each.is_http_error:
        status += " ¹"
    if each.draft_status is not None:
        status += " ²"
    close = "" if each.close_code is None else str(each.close_code)
    wait = "" if each.retry_after is None else f"{each.retry_after} s"
    return f"| `{code}` | {status} | {close} | {wait} | {each.meaning} |"


def test_the_table_has_exactly_the_codes_that_are_sent() -> None:
    sent = {code for path, module in sources() for code in sent_codes(path, module)}
    assert sent == set(CODES)


def test_the_documentation_shows_the_table() -> None:
    text = PAGE.read_text().splitlines()
    start = text.index(table()[0])
    assert text[start : start + len(table())] == table()


def test_every_code_has_a_valid_handling() -> None:
    assert handling("NEW_CODE").status == 400
    for each in CODES.values():
        assert each.meaning.endswith(".")
        # Only a request rejected as a whole can be retried.
        assert each.retry_after is None or (each.is_http_error and each.status in {429, 503})
        assert each.draft_status in {None, 422}
        assert each.close_code is None or 1000 <= each.close_code < 5000


def test_retry_after_is_at_least_one_whole_second() -> None:
    assert retry_after("RATE_LIMITED", 2.5) == 3
    assert retry_after("RATE_LIMITED", 0) == 1
    assert retry_after("RATE_LIMITED", None) == CODES["RATE_LIMITED"].retry_after
    assert retry_after("BAD_INPUT", None) is None
