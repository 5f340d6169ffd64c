"""Compiles the C sources: `python -m core.compile` builds each extension beside its source.

The server works without it, and takes more time for a page.
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
ADVICE = "It takes a C compiler and Python's headers; on Debian: apt-get install gcc libc6-dev python3-dev"


def extension_of(source: Path) -> Path:
    """Where this Python looks for what is compiled from the source. Another version has another place."""
    return source.with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))


def compile_all() -> None:
    """Errors: OSError without a compiler, subprocess.CalledProcessError if it refuses."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    include = f"-I{sysconfig.get_path('include')}"
    for source in sorted(CORE.glob("*/*.c")):
        made = extension_of(source)
        # A server that runs may have the old one open: it is replaced, not written over.
        new = made.with_suffix(".new")
        subprocess.run([*compiler, *FLAGS, include, "-o", new, source], check=True)
        new.replace(made)


def main() -> None:
    try:
        compile_all()
    except (OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"{problem}\n{ADVICE}")


if __name__ == "__main__":
    main()
