"""The C extension is built without a warning, and the code works the same without it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.commands import environment_without_make
from tests.paths import ROOT

SOURCE = Path("core/native/row_template.c")


def test_it_compiles_without_a_warning() -> None:
    strict = ["-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]
    include = f"-I{sysconfig.get_path('include')}"
    subprocess.run(["cc", "-O3", "-fsyntax-only", *strict, include, ROOT / SOURCE], check=True)


@pytest.mark.parametrize("compiler", ["cc", "no-such-compiler"])
def test_the_build_succeeds_with_and_without_a_compiler(tmp_path: Path, compiler: str) -> None:
    file = tmp_path / SOURCE
    file.parent.mkdir(parents=True)
    shutil.copy(ROOT / SOURCE, file)
    ended = subprocess.run(
        [sys.executable, ROOT / "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=tmp_path,
        env={**environment_without_make(), "CC": compiler},
        capture_output=True,
        text=True,
        check=True,
    )
    is_built = compiler == "cc"
    assert bool([*file.parent.glob("*.so")]) is is_built
    assert ("no-such-compiler" in ended.stderr) is not is_built


def test_without_the_extension_python_code_is_used() -> None:
    missing = {"core.native.row_template": None}
    assert printed(f"import sys; sys.modules.update({missing})") == [None, *printed("")[1:]]


def printed(first_line: str) -> list[str | None]:
    """The class of a template and an ID, in a program that starts with this line."""
    program = f"""{first_line}
import json
from core.execution import GlobalIdEncoder
from core.execution.rows import to_json

template = to_json.Template and to_json.Template.__name__
print(json.dumps([template, *GlobalIdEncoder("Post:")([7])]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: list[str | None] = json.loads(ended.stdout)
    return found
