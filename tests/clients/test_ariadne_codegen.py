"""The typed client that ariadne-codegen generates, in a virtual environment of its own.

It needs graphql-core 3.2, the server 3.3.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from core.database.database import Database
from tests.clients.node import output_of, pip_install
from tests.interactions.cast import create_posts
from tests.live.world import signed_in
from tests.paths import ROOT

FOLDER = ROOT / "tests" / "clients" / "ariadne"
GENERATED = FOLDER / "__generated__"
REQUIREMENTS = ROOT / "requirements" / "clients.txt"
MYPY = ["-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent"]
CACHE = f"--cache-dir={ROOT / '.mypy_cache' / 'clients'}"


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python in which ariadne-codegen is installed. It is kept until requirements/clients.txt changes."""
    environment = ROOT / ".data" / "ariadne-codegen"
    program = environment / "bin" / "python"
    installed = environment / ".installed"
    wanted = f"{sys.version} {sha256(REQUIREMENTS.read_bytes()).hexdigest()}"
    if not installed.exists() or installed.read_text() != wanted:
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
        pip_install("-r", str(REQUIREMENTS), python=str(program))
        installed.write_text(wanted)
    return program


def run(python: Path | str, *arguments: str) -> str:
    path = str(GENERATED)
    return output_of(python, *arguments, folder=FOLDER, MYPYPATH=path, PYTHONPATH=path)


async def test_the_generated_client_is_typed_and_works(
    python: Path, address: str, database: Database
) -> None:
    GENERATED.mkdir(exist_ok=True)
    run(python, "-m", "ariadne_codegen", "--config", "ariadne.toml")
    run(sys.executable, *MYPY, CACHE, "--python-executable", str(python), "usage.py")
    [user] = await signed_in(database, 1)
    await create_posts(database, user.key)
    token = user.authorization.removeprefix("Bearer ")
    addresses = (f"http://{address}/graphql/", f"ws://{address}/graphql/")
    output = await asyncio.to_thread(run, python, "usage.py", *addresses, token)
    assert output == "1\n"
