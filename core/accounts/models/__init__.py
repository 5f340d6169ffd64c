"""The models of accounts."""

from core.accounts.models.accounts import (
    AccountDeletion,
    AccountSuspension,
    AccountToken,
    FormerUsername,
    IdempotencyKey,
    Session,
    User,
)
from core.accounts.models.relations import Block, Follow, FollowRequest, Mute

__all__ = [
    "AccountDeletion",
    "AccountSuspension",
    "AccountToken",
    "Block",
    "Follow",
    "FollowRequest",
    "FormerUsername",
    "IdempotencyKey",
    "Mute",
    "Session",
    "User",
]
