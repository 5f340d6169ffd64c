"""The deployment files are valid, and consistent with the code and with each other."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from core.devserver.ports import free_port
from core.server.healthcheck import responds
from tests.commands import BIN, output_of
from tests.paths import ROOT

ALIVE = ("/healthz", "127.0.0.1")


def read_yaml(name: str) -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load((ROOT / name).read_text())
    return read


def test_the_dockerfile_passes_hadolint() -> None:
    assert output_of(BIN / "hadolint", "Dockerfile") == ""


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.compose-spec", "docker-compose.yml"),
        ("vendor.github-workflows", ".github/workflows/test.yml"),
        ("vendor.github-workflows", ".github/workflows/audit.yml"),
        ("vendor.github-workflows", ".github/workflows/image.yml"),
        ("vendor.dependabot", ".github/dependabot.yml"),
    ],
)
def test_the_file_matches_its_schema(schema: str, file: str) -> None:
    assert "ok" in output_of(BIN / "check-jsonschema", "--builtin-schema", schema, file)


def test_the_image_copies_existing_files_and_all_packages() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    for source in copied:
        assert (ROOT / source).exists(), source
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(allowed) == sorted(copied)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= set(copied)


def test_the_image_runs_unprivileged_with_a_health_check() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\w+)$", text, re.MULTILINE) == ["10001"]
    assert '"core.server.healthcheck"' in text
    assert text.rstrip().endswith('CMD ["python", "-m", "core.server"]')


def test_compose_runs_existing_commands_in_order() -> None:
    services = read_yaml("docker-compose.yml")["services"]
    assert set(services) == {"postgres", "valkey", "migrate", "web", "worker"}
    for name in ("migrate", "worker"):
        program, script, command, *_ = services[name]["command"]
        assert (program, script) == ("python", "manage.py")
        assert command in get_commands()
    for name in ("web", "worker"):
        waits_for = services[name]["depends_on"]
        assert waits_for["migrate"] == {"condition": "service_completed_successfully"}
        assert waits_for["valkey"] == {"condition": "service_healthy"}
    assert services["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_workflow_runs_make_test_on_each_python() -> None:
    job = read_yaml(".github/workflows/test.yml")["jobs"]["test"]
    version = "${{ matrix.python }}"
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands == [
        "sudo apt-get update && sudo apt-get install --yes chromium nginx-light pgbouncer prometheus",
        f"make test PYTHON=python{version}",
        ".venv/bin/python -m tests.newcomer",
    ]
    [setup] = [step for step in job["steps"] if "setup-python" in step.get("uses", "")]
    assert setup["with"]["python-version"] == version
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_an_image_is_published_only_after_the_tests_and_its_own() -> None:
    jobs = read_yaml(".github/workflows/image.yml")["jobs"]
    assert jobs["publish"]["needs"] == ["image", "test"]
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    commands = [step["run"] for step in jobs["image"]["steps"] if "run" in step]
    assert "deploy/smoke.sh http://localhost:8000" in commands
    assert (ROOT / "deploy" / "smoke.sh").stat().st_mode & 0o111


def test_continuous_integration_runs_only_make_test() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["exec make test"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


async def test_the_health_check_fails_on_an_error_status_and_without_a_server() -> None:
    response = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(b"\r\n")).startswith(b"GET /healthz ")
        writer.write(response)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await asyncio.to_thread(responds, *ALIVE, port)
        response = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
        assert not await asyncio.to_thread(responds, *ALIVE, port)
    assert not responds(*ALIVE, free_port())


def test_locked_dependencies_have_hashes_and_no_host() -> None:
    for name in ("run", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert "://" not in text
        entries = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries)


def test_the_image_installs_the_versions_of_the_tests() -> None:
    run, dev = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("run", "dev"))
    assert run <= dev


def pins(path: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", path.read_text(), re.MULTILINE))
