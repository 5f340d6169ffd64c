"""What people may write, and how it is kept."""

from __future__ import annotations

import sys
import unicodedata
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.graphql.text import CLIENT_MUTATION_ID_LENGTH, COMPOSED_OF_AT_MOST, clean_key, clean_text

WHITE = st.text(" \t\n\u2003", max_size=3)


@given(WHITE, st.text(min_size=1, max_size=40), WHITE)
def test_a_text_is_kept_trimmed_in_one_form(before: str, text: str, after: str) -> None:
    given_text = before + text + after
    try:
        cleaned = clean_text(given_text, at_most=50)
    except ValueError:
        return
    assert cleaned == cleaned.strip() == unicodedata.normalize("NFC", cleaned)
    assert clean_text(cleaned, at_most=50) == cleaned
    assert clean_text(unicodedata.normalize("NFD", given_text), at_most=50) == cleaned


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("e\u0301" * 50, "é" * 50),
        ("ᾂ" * 50, "ᾂ" * 50),
        (unicodedata.normalize("NFD", "ᾂ" * 50), "ᾂ" * 50),
        (unicodedata.normalize("NFD", "각" * 50), "각" * 50),
        ("👩‍👩‍👧" * 10, "👩‍👩‍👧" * 10),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        (" " * 100_000 + "x", "x"),
    ],
)
def test_what_is_kept(text: str, kept: str) -> None:
    assert clean_text(text, at_most=50) == kept


@pytest.mark.parametrize("text", ["", " ", "\u2003\n", "x" * 51, "é" * 51, "x" * 200_000])
def test_lengths_have_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 50 characters after trimming; it has"):
        clean_text(text, at_most=50)


@pytest.mark.parametrize("control", ["\0", "\x07", "\x1f", "\x7f", "\x85", "\r", "\ud800"])
def test_controls_are_refused_wherever_they_stand(control: str) -> None:
    for text in (f"{control}text", f"te{control}xt", f"text{control}"):
        with pytest.raises(ValueError, match="Control characters"):
            clean_text(text, at_most=50)


def test_no_text_takes_long() -> None:
    marks = "a" + "\u0315\u0300" * 60_000
    began = perf_counter()
    with pytest.raises(ValueError, match="it has 120001"):
        clean_text(marks, at_most=500)
    assert perf_counter() - began < 0.5


def test_no_character_is_composed_of_more() -> None:
    longest = max(
        len(unicodedata.normalize("NFD", chr(point))) for point in range(sys.maxunicode + 1)
    )
    assert longest == COMPOSED_OF_AT_MOST


@pytest.mark.parametrize("key", [None, "k", "x" * CLIENT_MUTATION_ID_LENGTH, "ключ 1"])
def test_keys_that_are_taken(key: str | None) -> None:
    assert clean_key(key) == key


@pytest.mark.parametrize("key", ["", "x" * (CLIENT_MUTATION_ID_LENGTH + 1), "a\nb", "\0", "\ud800"])
def test_keys_that_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="1 to 100 printable"):
        clean_key(key)
