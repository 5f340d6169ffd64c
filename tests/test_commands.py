"""Every command of ours explains itself with examples that are valid, and long ones show how far they are."""

from __future__ import annotations

import os
import pty
import shlex
import termios
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class

from core.database.commands import ExplainedCommand
from core.datasets.reconcile import COUNTS

OURS = {
    name: app
    for name, app in get_commands().items()
    if app.startswith(("core.", "feed", "interactions"))
}
NOT_OURS = {"runserver", "export_schema"}
"""The first refuses to work, and says what to use. The second is Strawberry's."""


@pytest.mark.parametrize("name", sorted(OURS.keys() - NOT_OURS))
def test_help_has_examples_that_the_command_accepts(name: str) -> None:
    command = load_command_class(OURS[name], name)
    assert isinstance(command, ExplainedCommand)
    parser = command.create_parser("manage.py", name)
    explained = parser.format_help()
    for arguments, does in command.examples.items():
        line = f"python manage.py {name} {arguments}".rstrip()
        assert f"\n  {line}\n      {does}\n" in explained
        parser.parse_args(shlex.split(arguments))
    for action in parser._actions:
        assert action.help, f"{name} {action.dest}"


@pytest.mark.parametrize(
    ("command", "bar"),
    [
        (["seed_demo", "--users=20", "--posts=20"], "/3"),
        (["reconcile_counts"], f"/{len(COUNTS)}"),
        (["import_trace", "trace.txt"], "/3"),
    ],
)
def test_a_long_command_shows_on_a_terminal_how_far_it_is(
    orm: None, tmp_path: Path, command: list[str], bar: str
) -> None:
    (tmp_path / "trace.txt").write_text("1 2 1341100972 RT\n3 2 1341100973 RE\n4 2 1341100974 MT\n")
    name, *arguments = [word.replace("trace.txt", str(tmp_path / "trace.txt")) for word in command]
    for has_terminal in (True, False):
        reading, writing = pty.openpty() if has_terminal else os.pipe()
        if has_terminal:
            termios.tcsetwinsize(writing, (24, 80))
        written = StringIO()
        with os.fdopen(writing, "w") as errors, redirect_stderr(errors):
            call_command(name, *arguments, stdout=written)
        shown = b""
        try:
            while some := os.read(reading, 65_536):
                shown += some
        except OSError:  # A terminal that has been closed.
            pass
        finally:
            os.close(reading)
        assert (bar.encode() in shown) is has_terminal, shown
        assert "%|" not in written.getvalue()
