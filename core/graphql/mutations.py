"""What all mutations share: `clientMutationId` in input and payload, and expected failures as data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, get_type_hints

import strawberry
from asyncpg import ForeignKeyViolationError
from prometheus_client import Counter

from core.errors import InputRules, MutationRefused
from core.graphql.foreign_key_errors import client_error_of
from core.graphql.limits.directives import Cost, RateLimit
from core.graphql.user_errors import UserError
from core.text import CLIENT_MUTATION_ID_LENGTH, clean_key

WRITE = Cost(weight="10")
"""A write takes a transaction and wakes readers of the event log."""
USER_ERRORS = Counter(
    "feed_user_errors", "Problems that mutations returned as data, by code.", ["code"]
)
KEY_BOUND = f"1 to {CLIENT_MUTATION_ID_LENGTH} printable characters"

P = TypeVar("P", bound="Payload")
Resolve = Callable[..., Awaitable[P]]


def optional_field(description: str) -> Any:
    """A field of an input that may be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


@strawberry.input
class MutationInput:
    """Base of all mutation inputs."""

    client_mutation_id: str | None = optional_field(
        f"A key chosen by the client, {KEY_BOUND}; it is returned in the payload and in the event that "
        "the call causes."
    )


@strawberry.input
class CreationInput(MutationInput):
    """Base of the inputs of mutations that create: `client_mutation_id` is also their idempotency key."""

    client_mutation_id: str | None = optional_field(
        f"An idempotency key chosen by the client, {KEY_BOUND}, retained for 24 hours unless the server is "
        "configured otherwise: the same call with the same key creates nothing and returns the first result. It is "
        "also returned in the payload and in the event that the call causes."
    )


@strawberry.type
class Payload:
    """Base of all payloads. Every field has a default: its value if the mutation fails."""

    errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="Why the mutation failed; empty if it succeeded. At most 10.",
    )
    client_mutation_id: str | None = strawberry.field(
        default=None,
        description=f"The clientMutationId of the input: {KEY_BOUND}, unless it was refused.",
    )


def result_field(what: str, otherwise: str = "") -> Any:
    """A field of a payload: what the mutation gives. `otherwise`: when else it is null."""
    description = f"{what}; null if the mutation failed{otherwise}."
    return strawberry.field(default=None, description=description)


def changed_field(description: str = "Whether this call changed anything.") -> Any:
    """A field of a payload: whether the mutation had an effect."""
    return strawberry.field(default=False, description=description)


def replayed_field() -> Any:
    """A field of the payload of a mutation that creates."""
    return strawberry.field(
        default=False,
        description="Whether the payload repeats that of an earlier call with the same `clientMutationId`.",
    )


def mutation(description: str, *directives: object) -> Callable[[Resolve[P]], Any]:
    """Decorates the resolver `(info, input)` of a mutation; refusals become errors of the payload that it returns."""

    def decorate(resolve: Resolve[P]) -> Any:
        payload = get_type_hints(resolve)["return"]

        @wraps(resolve)
        async def resolve_or_refuse(info: Any, input: Any) -> P:  # the argument's public name
            if input.client_mutation_id is strawberry.UNSET:
                # Optional inputs have no default in the schema. Here, left out and null are the same.
                input.client_mutation_id = None
            rules = InputRules()
            rules.check("clientMutationId", clean_key, input.client_mutation_id)
            try:
                rules.raise_problems()
                try:
                    result = await resolve(info=info, input=input)
                except ForeignKeyViolationError as error:
                    raise client_error_of(error) from error
            except MutationRefused as refused:
                # The types that implement UserError resolve their fields from a Problem.
                result = payload(errors=list(refused.problems))
                for problem in refused.problems:
                    USER_ERRORS.labels(problem.code.value).inc()
            info.context.clear_loaders()
            result.client_mutation_id = input.client_mutation_id
            return result

        return strawberry.mutation(
            resolver=resolve_or_refuse, description=description, directives=directives
        )

    return decorate


def mutation_field(
    name: str,
    description: str,
    resolve: Callable[[Any, Any], Awaitable[dict[str, Any]]],
    *,
    input_type: type,
    input_description: str,
    payload_type: type[P],
    payload_description: str,
    bucket: str | None = None,
) -> Any:
    """A mutation whose input and payload are types of its own: `<name>Input` and `<name>Payload`.

    `resolve`: takes info and input; returns the fields of the payload. `input_type`, `payload_type`: have the fields.
    `bucket`: of its `@rateLimit`.
    """
    own_input = strawberry.input(
        type(f"{name}Input", (input_type,), {}), description=input_description
    )
    own_payload: Any = strawberry.type(
        type(f"{name}Payload", (payload_type,), {}), description=payload_description
    )

    async def resolve_payload(info: Any, input: Any) -> Any:
        return own_payload(**await resolve(info, input))

    resolve_payload.__annotations__ = {
        "info": strawberry.Info,
        "input": own_input,
        "return": own_payload,
    }
    directives = [] if bucket is None else [RateLimit(bucket=bucket)]
    return mutation(description, *directives)(resolve_payload)


def complete_mutations(mutations: type) -> None:
    """Gives every mutation its cost, and its `input` argument a description. Call before the schema is built."""
    for field in mutations.__strawberry_definition__.fields:  # type: ignore[attr-defined]  # strawberry's mark
        if not any(isinstance(each, Cost) for each in field.directives):
            field.directives = [WRITE, *field.directives]
        for argument in field.arguments:
            argument.description = argument.description or "The mutation's input."
