"""The options of `make load`, from environment variables."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from core.devserver.published_variables import published_variables
from tests.paths import ROOT

DATA = ROOT / ".data"
MOST_USERS = 10_000
MOST_SECONDS = 86_400


class OptionsInvalid(Exception):
    """A variable is invalid; the message says what to do."""


class Options(NamedTuple):
    """What is loaded, and how much."""

    url: str
    users: int
    seconds: int
    ui: bool

    @classmethod
    def read(cls) -> Options:
        """The options that the environment gives. Errors: OptionsInvalid."""
        port = os.environ.get("PORT") or published_variables(DATA).get("PORT") or 8000
        default = f"http://localhost:{port}"
        url = (os.environ.get("LOAD_URL") or default).rstrip("/")
        if not re.fullmatch(r"https?://[\w.:\[\]-]{1,253}", url, re.ASCII):
            raise OptionsInvalid(
                "LOAD_URL is invalid: write it as in http://localhost:8000, without a path."
            )
        users = _number("LOAD_USERS", 50, MOST_USERS)
        seconds = _number("LOAD_SECONDS", 60, MOST_SECONDS)
        return cls(url, users, seconds, os.environ.get("LOAD_UI") == "1")


def _number(name: str, default: int, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise OptionsInvalid(f"{name} is invalid: write a whole number from 1 to {most:,}.")
    return int(text)
