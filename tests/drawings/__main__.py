"""Writes the pictures of the docs that are drawn from the code."""

from __future__ import annotations

import os

import django

from tests.drawings.pictures import DRAWN


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    os.environ.setdefault("DEBUG", "true")
    django.setup()
    for picture in DRAWN:
        picture.write()
        print(picture.file)


main()
