#!/usr/bin/env python
"""Management commands: `python manage.py help`.

Without DATABASE_URL they use the settings of the `make run` that runs in this checkout.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from core.config.environment import EnvironmentInvalid, environment
from core.server.explanations import explained
from core.server.garbage_collection import THRESHOLDS

DATA = Path(__file__).resolve().parent / ".data"
INTERRUPTED = "Interrupted. Committed changes are kept."


def main() -> None:
    gc.set_threshold(*THRESHOLDS)  # The imports leave little garbage.
    atexit.register(gc.freeze)  # Else Python would look for garbage in all modules when it ends.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    if "DATABASE_URL" not in os.environ:
        from core.devserver.published_variables import published_variables  # noqa: PLC0415  # not in production

        os.environ.update(published_variables(DATA))
    try:
        environment()
    except EnvironmentInvalid as problem:
        sys.exit(str(problem))
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of the output has closed it; a flush of the rest at exit would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        explanation = None if "--traceback" in sys.argv else explained(error)
        if explanation is None:
            logging.getLogger("manage").critical("The command failed.", exc_info=True)
        sys.exit(explanation or 1)


if __name__ == "__main__":
    main()
