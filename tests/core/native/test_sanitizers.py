"""The C extension under AddressSanitizer and UndefinedBehaviorSanitizer, with the arguments of its own tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.commands import environment_without_make
from tests.paths import ROOT

SOURCE = ROOT / "core" / "native" / "row_template.c"
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g"


def sanitizer_library() -> str | None:
    """The path of gcc's libasan, which must be loaded before Python."""
    if shutil.which("gcc") is None:
        return None
    command = ["gcc", "-print-file-name=libasan.so"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return found if os.path.isabs(found) else None  # noqa: PTH117  # gcc returns the bare name if there is none


LIBRARY = sanitizer_library()
pytestmark = [
    pytest.mark.skipif(LIBRARY is None, reason="gcc and its libasan are not installed"),
    pytest.mark.timeout(300),
]


def sanitized_run(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """The tests of the extension, on a build of the source with sanitizers."""
    file = folder / SOURCE.relative_to(ROOT)
    file.parent.mkdir(parents=True)
    file.write_text(source)
    environment = environment_without_make()
    subprocess.run(
        [sys.executable, ROOT / "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=folder,
        env={**environment, "CC": "gcc", "CFLAGS": FLAGS},
        check=True,
    )
    # Makes the tables of characters, which Hypothesis keeps in files. With sanitizers that would take twelve seconds.
    st.text().validate()
    [extension] = file.parent.glob("*.so")
    assert LIBRARY
    return subprocess.run(
        [sys.executable, "-m", "tests.core.native.sanitized", extension],
        cwd=ROOT,
        env={
            **environment,
            "LD_PRELOAD": LIBRARY,
            "PYTHONMALLOC": "malloc",  # Each object is a block that the sanitizer guards.
            # The interpreter frees much of its memory only by ending.
            "ASAN_OPTIONS": "detect_leaks=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_extension_breaks_no_rule_of_memory_and_of_c(tmp_path: Path) -> None:
    ended = sanitized_run(tmp_path, SOURCE.read_text())
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout


@pytest.mark.parametrize(
    ("code", "faulty", "report"),
    [
        (
            "if (more <= out->size - out->used)",
            "if (more <= out->size - out->used + 1)",
            "AddressSanitizer: heap-buffer-overflow",
        ),
        (
            "number < 0 ? 0 - (unsigned long)number :",
            "number < 0 ? (unsigned long)-number :",
            "runtime error: negation of",
        ),
    ],
    ids=["memory", "arithmetic"],
)
def test_a_fault_in_the_extension_is_found(
    tmp_path: Path, code: str, faulty: str, report: str
) -> None:
    source = SOURCE.read_text()
    assert source.count(code) == 1
    ended = sanitized_run(tmp_path, source.replace(code, faulty))
    assert ended.returncode != 0
    assert report in ended.stdout
