"""The secret keys of a process."""

from __future__ import annotations

from typing import Protocol


class HasSecretKeys(Protocol):
    """The settings of the secret keys."""

    @property
    def secret_key(self) -> str: ...

    @property
    def secret_keys(self) -> tuple[str, ...]: ...


def secrets_of(settings: HasSecretKeys) -> tuple[bytes, ...]:
    """The secrets. The first one signs; what was signed with any of them is valid."""
    return tuple(key.encode() for key in settings.secret_keys or (settings.secret_key,))
