"""`manage.py make_vapid_key`: makes a key pair for Web Push."""

from __future__ import annotations

from typing import Any, ClassVar

from core.database.commands import ExplainedCommand
from interactions.push.vapid import vapid_pair


class Command(ExplainedCommand):
    help = "Makes a key pair for Web Push, and prints it as the setting VAPID_PRIVATE_KEY."
    examples: ClassVar = {"": "prints a new pair; nothing is stored"}

    def handle(self, *_: Any, **__: Any) -> None:
        private, public = vapid_pair()
        self.stdout.write(f"VAPID_PRIVATE_KEY={private}")
        self.stderr.write(f"The public key, which pushConfiguration gives to browsers: {public}")
