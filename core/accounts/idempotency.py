"""Creating mutations have one effect for each key that a client gives them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from core.accounts.statements import SQL
from core.database.database import Transaction
from core.errors import ErrorCode, refuse


class Claim:
    """A viewer's key for one mutation; without a key it claims nothing, and costs nothing.

    In the transaction of the effect: ask for the earlier result first; if there is none, write the
    effect and settle. Whoever comes with the same key meanwhile waits for the commit, and gets the
    same result.
    """

    def __init__(
        self,
        viewer_id: int,
        mutation: str,
        key: str | None,
        inputs: Sequence[str | int | None],
    ) -> None:
        """`inputs`: the values, cleaned, by which a repeated request is told from another one."""
        self._name = (viewer_id, mutation, key)
        self._given = key is not None
        self._hash = sha256(json.dumps(inputs).encode()).digest()

    async def earlier_result(self, transaction: Transaction) -> int | None:
        """Key of what this claim made before; None if it is now this transaction's to settle.

        Errors: MutationRefused (IDEMPOTENCY_KEY_REUSED). Locks: the key.
        Cost: one statement, two for a used key.
        """
        while self._given:
            claimed = await transaction.fetch_row(SQL.idempotency_claim, *self._name, self._hash)
            if claimed is not None:
                return None
            # A used key may be cleared away, by its age, before it is read: then it is free again.
            earlier = await transaction.fetch_row(SQL.idempotency_earlier, *self._name)
            if earlier is not None:
                return self._result(earlier[0], earlier[1])
        return None

    async def settle(self, transaction: Transaction, result_id: int) -> None:
        """Remembers what was made. Cost: one statement."""
        if self._given:
            await transaction.fetch(SQL.idempotency_settle, *self._name, result_id)

    def _result(self, input_hash: bytes, result_id: int) -> int:
        if input_hash != self._hash:
            raise refuse(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                "This clientMutationId came before with another input. "
                "Take a new one for each thing to be made.",
                "input",
                "clientMutationId",
            )
        return result_id
