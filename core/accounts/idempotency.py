"""Idempotency keys: a creating mutation has one effect for each key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from core.accounts.statements import SQL
from core.database.database import Transaction
from core.errors import ErrorCode, refuse


class Claim:
    """The claim of one idempotency key by one mutation. Without a key it does nothing and costs nothing.

    Within the transaction of the effect: call `earlier_result`; if it gives None, write the effect
    and call `settle`. A concurrent request with the same key waits for the commit and gets the same
    result.
    """

    def __init__(
        self,
        viewer_id: int,
        mutation: str,
        key: str | None,
        inputs: Sequence[str | int | None],
    ) -> None:
        """`inputs`: the cleaned input, which a repeated request must equal."""
        self._key = (viewer_id, mutation, key)
        self._has_key = key is not None
        self._hash = sha256(json.dumps(inputs).encode()).digest()

    async def earlier_result(self, transaction: Transaction) -> int | None:
        """Key of the row created earlier with this idempotency key; None if this transaction has claimed it.

        Errors: MutationRefused (IDEMPOTENCY_KEY_REUSED). Locks: the key.
        Cost: one statement, two for a used key.
        """
        while self._has_key:
            claimed = await transaction.fetch_row(SQL.idempotency_claim, *self._key, self._hash)
            if claimed is not None:
                return None
            # A used key may expire before it is read: then it is free again.
            earlier = await transaction.fetch_row(SQL.idempotency_earlier, *self._key)
            if earlier is not None:
                return self._result(earlier[0], earlier[1])
        return None

    async def settle(self, transaction: Transaction, result_id: int) -> None:
        """Stores the key of the created row. Cost: one statement."""
        if self._has_key:
            await transaction.fetch(SQL.idempotency_settle, *self._key, result_id)

    def _result(self, input_hash: bytes, result_id: int) -> int:
        if input_hash != self._hash:
            raise refuse(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                "This clientMutationId was used with another input. "
                "Use a new one for each object to create.",
                "input",
                "clientMutationId",
            )
        return result_id
