"""The C extensions compile without a warning and give the same results as their Python fallbacks."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.compile import ADVICE, extension_of
from core.database.cursors import cursor_texts_in_python
from tests.paths import ROOT

SOURCES = sorted((ROOT / "core").glob("*/*.c"))


CursorTexts = Callable[[Any, Any, list[Any]], list[str]]


@pytest.fixture(scope="module")
def cursor_texts() -> CursorTexts:
    """The compiled function."""
    compiled: CursorTexts = pytest.importorskip(
        "core.database.cursor_texts", reason=ADVICE
    ).cursor_texts
    return compiled


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_it_compiles_without_a_warning(source: Path) -> None:
    strict = ["-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]
    include = f"-I{sysconfig.get_path('include')}"
    assert extension_of(source).exists(), ADVICE
    subprocess.run(["cc", "-O3", "-fsyntax-only", *strict, include, source], check=True)


@given(
    st.binary(min_size=1, max_size=32),
    st.binary(min_size=1, max_size=56),
    st.lists(st.integers(-(2**63), 2**63 - 1)),
)
@example(b"k" * 32, b"b" * 56, [0, -1, 2**63 - 1])
def test_compiled_cursors_equal_those_of_hashlib(
    cursor_texts: CursorTexts, key: bytes, bound: bytes, positions: list[int]
) -> None:
    expected = cursor_texts_in_python(key, bound, positions)
    assert cursor_texts(key, bound, positions) == expected


def test_invalid_arguments_are_refused(cursor_texts: CursorTexts) -> None:
    for key, bound, position, error in (
        (b"", b"bound", 1, ValueError),
        (b"k" * 33, b"bound", 1, ValueError),
        (b"key", b"", 1, ValueError),
        (b"key", b"b" * 57, 1, ValueError),
        (b"key", b"bound", 2**63, OverflowError),
        (b"key", b"bound", "1", TypeError),
        (b"key", "bound", 1, TypeError),
    ):
        with pytest.raises(error):
            cursor_texts(key, bound, [0, position])


def test_without_a_compiler_there_is_advice_and_python_code_is_used() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "core.compile"],
        cwd=ROOT,
        env={"CC": "no-such-compiler"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "no-such-compiler" in ended.stderr
    assert ADVICE in ended.stderr

    missing = dict.fromkeys(("core.database.cursor_texts", "core.native.row_template"))
    assert printed(f"import sys; sys.modules.update({missing})") == [None, *printed("")[1:]]


def printed(first_line: str) -> list[str | None]:
    """The class of a template, a cursor and an ID, in a program that starts with this line."""
    program = f"""{first_line}
import json
from core.database.cursors import CursorSigner
from core.execution import GlobalIdEncoder
from core.execution.rows import to_json

template = to_json.Template and to_json.Template.__name__
cursor = CursorSigner(b"secret").codec("public").encode(7)
print(json.dumps([template, cursor, *GlobalIdEncoder("Post:")([7])]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: list[str | None] = json.loads(ended.stdout)
    return found
