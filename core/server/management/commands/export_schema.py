"""Prints the schema: Strawberry's command, without its Django app, whose import would take 0.3 s of every command."""

from strawberry_django.management.commands.export_schema import Command

__all__ = ["Command"]
