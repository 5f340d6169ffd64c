"""Password hashers."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher

from core.text import nfkc


class RawPasswordHasher(Argon2PasswordHasher):
    """Argon2id with the first parameters of OWASP's password storage page: 20 ms of one core.

    Django's defaults take 190 ms, 100 MiB and eight threads, which would slow down feed requests.
    It verifies hashes of passwords that were not normalized. A sign-in replaces such a hash.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1


class PasswordHasher(RawPasswordHasher):
    """The same hash of the password in NFKC.

    The algorithm's name says which form was hashed, so that each attempt computes one hash.
    """

    algorithm = "argon2nfkc"

    def encode(self, password: str, salt: str) -> str:
        return super().encode(nfkc(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        return super().verify(nfkc(password), encoded)
