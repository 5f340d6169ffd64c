"""What all mutations share: a key in, expected failures and the key out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

import strawberry
from asyncpg import ForeignKeyViolationError

from core.errors import InputRules, MutationRefused
from core.graphql.references import refusal_of
from core.graphql.user_errors import UserError
from core.text import clean_key

P = TypeVar("P", bound="Payload")
Resolve = Callable[..., Awaitable[P]]


@strawberry.input
class MutationInput:
    """What every mutation takes."""

    client_mutation_id: str | None = strawberry.field(
        default=None,
        description=(
            "A key chosen by the client; it is returned in the payload and in the event that "
            "the call causes."
        ),
    )


@strawberry.type
class Payload:
    """What every mutation gives. A subclass's fields have defaults: what a refusal shows."""

    errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="Why the mutation failed; empty if it succeeded.",
    )
    client_mutation_id: str | None = strawberry.field(
        default=None, description="The clientMutationId of the input."
    )


def refusals_as_data(payload: Callable[..., P]) -> Callable[[Resolve[P]], Resolve[P]]:
    """The resolver `(info, input)`, which answers where it raises MutationRefused with what was wrong.

    Use below `@strawberry.mutation`.
    """

    def decorate(resolve: Resolve[P]) -> Resolve[P]:
        @wraps(resolve)
        async def answer(info: Any, input: Any) -> P:  # the argument's public name
            rules = InputRules()
            rules.check("clientMutationId", clean_key, input.client_mutation_id)
            try:
                rules.raise_problems()
                try:
                    result = await resolve(info=info, input=input)
                except ForeignKeyViolationError as error:
                    raise refusal_of(error) from error
            except MutationRefused as refused:
                # Problems are what the types of UserError read from.
                result = payload(errors=cast("list[UserError]", list(refused.problems)))
            info.context.clear_loaders()
            result.client_mutation_id = input.client_mutation_id
            return result

        return answer

    return decorate


def describe_inputs(mutation: type) -> None:
    """Gives the argument of each mutation the description that all of them share.

    Call it where the schema is put together, before the schema is made.
    """
    for field in mutation.__strawberry_definition__.fields:  # type: ignore[attr-defined]  # strawberry's mark
        for argument in field.arguments:
            argument.description = argument.description or "The mutation's input."
