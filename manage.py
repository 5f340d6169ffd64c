#!/usr/bin/env python
"""Django's commands and our own: `python manage.py help`.

With no DATABASE_URL they work on the server that `make run` has started in this checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from core.config.environment import EnvironmentInvalid, environment
from core.embedded.running import published_variables

DATA = Path(__file__).resolve().parent / ".data"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    if "DATABASE_URL" not in os.environ:
        os.environ.update(published_variables(DATA))
    try:
        environment()
    except EnvironmentInvalid as problem:
        sys.exit(str(problem))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
