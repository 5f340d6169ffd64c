"""Readable fake names and sentences, the same for the same number."""

from __future__ import annotations

import tomllib
from pathlib import Path

WORDS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text())

MULTIPLIER = 0x9E3779B97F4A7C15  # The golden ratio in 64 bits, which spreads neighbouring numbers.
MASK = 2**64 - 1


def hash_of(number: int) -> int:
    """A 64-bit hash of the number. Source: the finalizer of SplitMix64."""
    bits = (number * MULTIPLIER) & MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


def sentence(number: int) -> str:
    """One or two sentences of 30 to 220 characters."""
    bits = hash_of(number)
    first = _sentence(bits)
    # One in four has two sentences.
    return first if bits & 3 else f"{first} {_sentence(hash_of(bits))}"


def post_text(number: int) -> str:
    """A sentence, in one of three posts with one or two hashtags, and in one of twelve with a link."""
    bits = hash_of(number) >> 8
    parts = [sentence(number)]
    if bits % 3 == 0:
        parts += {
            f"#{_word('hashtags', bits >> shift)}": None
            for shift in (16, *([24] if bits & 4 else []))
        }
    if bits % 12 == 1:
        parts.append(f"https://example.com/{_word('hashtags', bits >> 32).lower()}")
    return " ".join(parts)


def full_name(number: int) -> str:
    """A given name and a family name."""
    bits = hash_of(number)
    return f"{_word('given_names', bits)} {_word('family_names', bits >> 16)}"


def _sentence(bits: int) -> str:
    return (
        f"{_word('openings', bits >> 4)} {_word('subjects', bits >> 12)} "
        f"{_word('verbs', bits >> 24)} {_word('objects', bits >> 36)}{_word('endings', bits >> 48)}"
    )


def _word(kind: str, bits: int) -> str:
    words = WORDS[kind]
    return words[bits % len(words)]
