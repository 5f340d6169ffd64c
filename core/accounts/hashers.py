"""How passwords are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the first parameters of OWASP's password storage page: 20 ms of one core.

    Django's own take 190 ms, 100 MiB and eight threads, which requests for feeds would feel.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
