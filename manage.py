#!/usr/bin/env python
"""Django's commands and our own: `python manage.py help`."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from core.config.environment import EnvironmentInvalid, environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    try:
        environment()
    except EnvironmentInvalid as problem:
        sys.exit(str(problem))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
