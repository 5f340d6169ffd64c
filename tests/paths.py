"""Paths of the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = ROOT / "tests" / "operations"
"""The client documents of the contract, one in each file."""
