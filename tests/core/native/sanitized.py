"""Runs the tests of the C extension on the build at PATH: `python -m tests.core.native.sanitized PATH`."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import settings

import core.native
from tests.paths import ROOT

NAME = "core.native.row_template"
TESTS = Path(__file__).with_name("test_row_template.py")


def load_extension(path: str) -> None:
    """Imports the extension from this file, so that later imports find it."""
    spec = spec_from_file_location(NAME, loader=ExtensionFileLoader(NAME, path))
    assert spec
    assert spec.loader
    sys.modules[NAME] = extension = module_from_spec(spec)
    spec.loader.exec_module(extension)
    vars(core.native)["row_template"] = extension


def main(path: str) -> int:
    """The exit status of pytest."""
    load_extension(path)
    settings.register_profile("sanitized", deadline=None, database=None, max_examples=60)
    settings.load_profile("sanitized")
    # Neither conftest.py nor the project's options: no server is needed here. `-s`: a sanitizer writes its report to
    # stderr and ends the process, so the report must not be captured.
    options = ["-c", os.devnull, "--rootdir", str(ROOT), "--noconftest", "-x", "-s"]
    return pytest.main([*options, str(TESTS)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
