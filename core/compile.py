"""Compiles the C sources: `python -m core.compile` builds each extension beside its source.

The server also works without them; pages then take longer.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

CORE = Path(__file__).parent
FLAGS = ["-O3", "-shared", "-fPIC"]
ADVICE = "Install a C compiler and Python's headers; on Debian: apt-get install gcc libc6-dev python3-dev"


def extension_of(source: Path) -> Path:
    """The path of the extension compiled from the source. It depends on the version of Python."""
    return source.with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))


def compile_all() -> None:
    """Compiles every source. Errors: OSError without a compiler, subprocess.CalledProcessError if it fails."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    include = f"-I{sysconfig.get_path('include')}"
    for source in sorted(CORE.glob("*/*.c")):
        extension = extension_of(source)
        # Replaced, not overwritten: a running server may have the old file open.
        new = extension.with_suffix(".new")
        subprocess.run([*compiler, *FLAGS, include, "-o", new, source], check=True)
        new.replace(extension)


def main() -> None:
    try:
        compile_all()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{error}\n{ADVICE}")


if __name__ == "__main__":
    main()
