"""What the Dockerfile does, done in a fresh folder with production settings: the image lacks no file and no package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import pytest

from core.database.database import Database
from core.devserver.ports import free_port
from tests.clients.node import pip_install
from tests.leaks import record_output
from tests.paths import ROOT

REQUIREMENTS = ROOT / "requirements" / "observability.txt"
SECONDS = 100
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
FINAL = TEXT.rpartition("\nFROM ")[2]

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the list of git")


def instructions(name: str) -> list[str]:
    """What follows the name, in the last stage of the Dockerfile."""
    return re.findall(rf"^{name} (.+)$", FINAL, re.MULTILINE)


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of the image: only what REQUIREMENTS has is installed. It is kept until they change."""
    folder = ROOT / ".data" / "image-python"
    marker = folder / ".installed"
    wanted = f"{sys.version} {sha256(REQUIREMENTS.read_bytes()).hexdigest()}"
    if not marker.exists() or marker.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder)
        pip_install("-r", str(REQUIREMENTS), python=str(folder / "bin" / "python"))
        marker.write_text(wanted)
    return folder / "bin"


class Image:
    """The files of the image, and its commands with the settings of a container."""

    def __init__(self, app: Path, python: Path, url: str) -> None:
        self.app = app
        self.port = free_port()
        self.variables = {
            "PATH": f"{python}:/usr/bin:/bin",
            **dict(pair.split("=", 1) for pair in self._env() if not pair.startswith("PATH")),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "SECRET_KEY": f"for-tests-{token_hex(20)}",
            "DATABASE_URL": url,
            "REDIS_URL": os.environ["REDIS_URL"],
            "ALLOWED_HOSTS": "127.0.0.1",
        }

    @staticmethod
    def _env() -> list[str]:
        return [pair for line in instructions("ENV") for pair in line.split()]

    def copy(self) -> None:
        """Copies what git knows of the sources in both stages, and builds the extension."""
        for line in (line for line in instructions("COPY") if "--from=" not in line):
            for source in line.split()[:-1]:
                self._copy(source)
        assert "COPY core core" in TEXT
        self._copy("core")
        shutil.copy(ROOT / "setup.py", self.app)
        build = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
        subprocess.run(build, cwd=self.app, check=True, capture_output=True)
        (self.app / "setup.py").unlink()

    def _copy(self, source: str) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", source],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in listed.stdout.split("\n")[:-1]:
            target = self.app / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)

    def run(self, command: str, **variables: str) -> str:
        """The output of a command, which must succeed."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.app,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return record_output(command, done.stdout)


@pytest.fixture(scope="module")
def image(python: Path, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Image:
    image = Image(tmp_path_factory.mktemp("app"), python, os.environ["DATABASE_URL"])
    image.copy()
    for line in instructions("RUN"):
        if "manage.py" in line:
            image.run(line)
    return image


def test_the_commands_of_the_image_and_of_compose_work(image: Image, database: Database) -> None:
    image.run("python manage.py migrate --no-input")
    image.run("python manage.py work --once")
    image.run("python manage.py check --deploy --fail-level ERROR")
    assert "native" in image.run("python -c 'import core.native.row_template as m; print(m)'")
    image.run("python -c 'import core.server.telemetry, sentry_sdk'")


def test_the_image_serves_a_query_and_a_subscription(image: Image, database: Database) -> None:
    words = re.findall(r'"([^"]+)"', instructions("CMD")[-1])
    log = image.app / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            words, cwd=image.app, env=image.variables, stdout=output, stderr=output
        )
    try:
        ready = f"until python -m core.server.healthcheck; do sleep 0.1; done; echo {server.pid}"
        image.run(ready)
        answered = image.run(f"{ROOT}/deploy/smoke.sh http://127.0.0.1:{image.port}")
        assert "SubscriptionReady" in answered
        image.run(f"curl --silent --fail http://127.0.0.1:{image.port}/admin/login/ | grep -q csrf")
    finally:
        server.terminate()
        server.wait(SECONDS)
    assert server.returncode == 0, log.read_text()
    assert "Traceback" not in record_output(words, log.read_text())
