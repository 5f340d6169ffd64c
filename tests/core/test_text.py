"""Which text users may write, and how it is normalized."""

from __future__ import annotations

import sys
from functools import cache
from itertools import islice
from time import thread_time

import pytest
import unicodedata2  # type: ignore[import-not-found]  # it has no types
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from core.text import (
    CLIENT_MUTATION_ID_LENGTH,
    MAX_COMPOSED_OF,
    UNICODE_VERSION,
    WHITE_SPACE,
    category,
    clean_key,
    clean_name,
    clean_text,
    fold_case,
    has_visible_character,
    nfc,
    nfkc,
)

INVISIBLE = (
    " \t\n\u00a0\u3000\u200b\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u17b4\u180e\u2061\u206a\u2800\u3164\uffa0\ufe0f"
    "\u0301\u0903\u20dd\u202f\u2066\u2028\ufff9\ufffc\ufdd0\uffff\U000e0020\U000e0100\U0001d173\U0001d159\U00013441"
)
DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
# Texts of characters that the rules mention, mixed with texts of any characters.
TEXTS = st.text(max_size=60) | st.text(
    st.sampled_from(
        "ab \r\n\t\x00\x85\u0301\u0338\u202e\u2066\u1100\u1161\u11a8é\u212a👍" + INVISIBLE
    ),
    max_size=60,
)


@cache
def all_characters() -> list[str]:
    """Every assigned code point, and one in 32 of the unassigned and private-use ones."""
    return [
        character
        for point, character in enumerate(map(chr, range(sys.maxunicode + 1)))
        if category(character) not in {"Cn", "Co"}
        or point % 64 in {0, 63}
        or point & 0xFFFE == 0xFFFE
    ]


def cleaned_or_none(text: str, clean: object = clean_text, at_most: int = 50) -> str | None:
    """The cleaned text; None if it is refused. Any other error fails the test."""
    try:
        cleaned: str = clean(text, at_most=at_most)  # type: ignore[operator]  # one of the two rules
    except UnicodeError:
        raise
    except ValueError:
        return None
    return cleaned


def assert_clean(cleaned: str, clean: object = clean_text, text: str | None = None) -> None:
    """What `text` was cleaned to is in NFC and visible, and cleaning it again does not change it."""
    assert cleaned == nfc(cleaned)
    assert has_visible_character(cleaned)
    # What was not changed is not changed the next time.
    assert cleaned == text or cleaned_or_none(cleaned, clean) == cleaned


def test_every_python_has_the_same_unicode_version() -> None:
    assert UNICODE_VERSION == "18.0.0"


@pytest.mark.parametrize("clean", [clean_text, clean_name])
def test_every_character_is_normalized_or_refused(clean: object) -> None:
    for character in all_characters():
        alone = cleaned_or_none(character, clean)
        between = cleaned_or_none(f"a{character}b", clean)
        for text, cleaned in ((character, alone), (f"a{character}b", between)):
            if cleaned is not None:
                assert_clean(cleaned, clean, text)
        # A character is allowed alone exactly if it is allowed between letters and visible.
        visible = between is not None and has_visible_character(nfc(character))
        assert (alone is not None) == visible, hex(ord(character))


def test_every_cleaned_character_is_stored_and_read_unchanged(orm: None) -> None:
    texts = [
        cleaned
        for character in all_characters()
        if (cleaned := cleaned_or_none(f"a{character}b")) is not None
    ]
    assert len(texts) > 150_000
    with connection.cursor() as cursor:
        rest = iter(texts)
        while some := list(islice(rest, 100_000)):
            cursor.execute(
                "SELECT t, length(t) FROM unnest(%s) WITH ORDINALITY AS s(t, n) ORDER BY n", [some]
            )
            assert cursor.fetchall() == [(text, len(text)) for text in some]


@given(TEXTS)
def test_equivalent_texts_have_one_form_or_are_refused(text: str) -> None:
    cleaned = cleaned_or_none(text)
    assert cleaned == cleaned_or_none(unicodedata2.normalize("NFD", text))
    assert cleaned == cleaned_or_none(text.replace("\r\n", "\n").replace("\n", "\r\n"))
    if cleaned is not None:
        assert_clean(cleaned)
        assert "\r" not in cleaned
        assert cleaned.split("\n")[0].strip(WHITE_SPACE)
        assert cleaned.split("\n")[-1].strip(WHITE_SPACE)


@given(TEXTS)
def test_equivalent_names_have_one_form_or_are_refused(name: str) -> None:
    cleaned = cleaned_or_none(name, clean_name)
    assert cleaned == cleaned_or_none(unicodedata2.normalize("NFD", name), clean_name)
    if cleaned is not None:
        assert_clean(cleaned, clean_name)
        assert not set(cleaned) & set(DIRECTIONS + "\n\r\t\v\f\x85\u2028\u2029")
        assert cleaned == cleaned.strip(WHITE_SPACE)


@given(st.text(st.sampled_from(INVISIBLE), min_size=1, max_size=20))
def test_an_invisible_text_is_empty(text: str) -> None:
    assert cleaned_or_none(text) is None
    assert cleaned_or_none(text, clean_name) is None
    assert clean_text(text, at_most=50, at_least=0) == ""
    assert cleaned_or_none(text + "x" + text) is not None


@pytest.mark.parametrize("character", INVISIBLE)
def test_an_invisible_character_alone_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match="no visible character"):
        clean_text(character, at_most=500)


@pytest.mark.parametrize(
    "text",
    [
        "👍",
        "👩‍👩‍👧",
        "❤️",
        "#️⃣",
        "🏴\U000e0067\U000e0062\U000e007f",
        "。",
        "\u0627",
        "\u06dd",
        "\ue000",
        "\U0001faff",
        "e\u0301",
        "-",
    ],
)
def test_a_visible_text_is_accepted(text: str) -> None:
    assert cleaned_or_none(text) == nfc(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("e\u0301" * 50, "é" * 50),
        (unicodedata2.normalize("NFD", "ᾂ" * 50), "ᾂ" * 50),
        (unicodedata2.normalize("NFD", "각" * 50), "각" * 50),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("a\rb", "a\nb"),
        ("a\r\r\nb\n\rc", "a\n\nb\n\nc"),
        ("  /\\\n /  \\", "  /\\\n /  \\"),
        (" \n\t\n  /\\\n /  \\\n \n\n", "  /\\\n /  \\"),
        ("one\n \n\ntwo", "one\n \n\ntwo"),
        ("one  ", "one  "),
        ("\n" * 100_000 + "x" + "\r\n" * 100_000, "x"),
        ("\u2066one\u2069", "\u2066one\u2069"),
    ],
)
def test_only_blank_lines_at_the_ends_are_cut(text: str, cleaned: str) -> None:
    assert clean_text(text, at_most=50) == cleaned


@pytest.mark.parametrize(
    "text", ["x" * 51, "é" * 51, "x" * 200_000, "\u0958" * 26, "x\n" * 25 + "yz"]
)
def test_lengths_are_those_of_the_cleaned_text(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 50 characters after trimming; it has"):
        clean_text(text, at_most=50)


@pytest.mark.parametrize("text", ["", " ", "\u2003\n"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 50 characters"):
        clean_text(text, at_most=50)


@pytest.mark.parametrize(
    "control", ["\0", "\x07", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\ud800"]
)
def test_control_characters_are_refused_anywhere(control: str) -> None:
    for text in (f"{control}text", f"te{control}xt", f"text{control}"):
        with pytest.raises(ValueError, match="Control characters"):
            clean_text(text, at_most=50)


@pytest.mark.parametrize("override", "\u202d\u202e")
def test_direction_overrides_are_refused(override: str) -> None:
    with pytest.raises(ValueError, match=r"U\+202D and U\+202E"):
        clean_text(f"te{override}xt", at_most=50)


@pytest.mark.parametrize("character", [*DIRECTIONS, *"\n\r\t\v\f\x85\u2028\u2029\0"])
def test_direction_controls_and_line_separators_are_refused_in_names(character: str) -> None:
    for name in (f"{character}Ada", f"A{character}B", f"Ada{character}"):
        with pytest.raises(ValueError, match=r"allowed|one line"):
            clean_name(name, at_most=50)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("A" + "\u0301" * 4, True),
        ("A" + "\u0301" * 5, False),
        ("A" + "\u0301\u0308" * 2 + "B" + "\u0301\u0308" * 2, True),
        ("A" + "\u0301" * 49, False),
        ("A" + "\u0301\u200d\u0301\u200c" * 3, False),
        ("Á" + "\u0301" * 4, False),
        ("Nguyễn Thị Ánh", True),
        ("שָׁלוֹם", True),
        ("கௌரி", True),
        ("👩‍👩‍👧 Ada", True),
    ],
)
def test_names_have_at_most_four_consecutive_marks(name: str, accepted: bool) -> None:
    assert (cleaned_or_none(name, clean_name) is not None) == accepted


@pytest.mark.parametrize(
    "hidden",
    [
        *"\u00ad\u115f\u1160\u180e\u200b\u2060\u2064\u2800\u3164\ufeff\uffa0\ufff9\ufffc\ufdd0\U0001bca0\U000e0061",
        "\u200d" * 5,
        "\ufe0f" * 5,
        "\U000e0100" * 5,
        "\U00013430" * 9,
        "\U0001f3f4\U000e0061",
        "\U0001f3f4" + "\U000e0061" * 7 + "\U000e007f",
        ("\u0301" * 4 + "\u2800") * 3,
    ],
    ids=ascii,
)
def test_a_name_is_not_another_one_with_invisible_characters(hidden: str) -> None:
    for name in (f"Al{hidden}ice", f"Alice{hidden}"):
        with pytest.raises(ValueError, match=r"A name may|in a name"):
            clean_name(name, at_most=50)


@pytest.mark.parametrize(
    "name",
    [
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Isla",
        "👁️‍🗨️ 👩🏽‍❤️‍💋‍👨🏿 1️⃣",
        "می‌خواهم",
        "क्‍ष",
        "葛\U000e0100城",
    ],
    ids=["flag of Scotland", "emoji", "Persian", "Devanagari", "ideograph with a variation"],
)
def test_names_have_the_invisible_characters_that_writing_needs(name: str) -> None:
    assert clean_name(name, at_most=50) == name


def test_cleaning_a_long_text_is_fast() -> None:
    marks = "a" + "\u0315\u0300" * 60_000
    blanks = " \n" * 100_000
    began = thread_time()
    with pytest.raises(ValueError, match="it has 120001"):
        clean_text(marks, at_most=500)
    with pytest.raises(ValueError, match=r"no visible character|1 to 500"):
        clean_text(f"{blanks}\u200b{blanks}", at_most=500)
    assert thread_time() - began < 0.5


def test_the_number_of_composed_code_points_is_bounded() -> None:
    for form in (nfc, nfkc):
        longest = max(
            len(unicodedata2.normalize("NFD", character))
            for character in all_characters()
            if form(unicodedata2.normalize("NFD", character)) == character
        )
        assert longest <= MAX_COMPOSED_OF


def test_only_ascii_letters_are_folded() -> None:
    assert fold_case("ABZ[_az") == "abz[_az"
    for character in all_characters()[128:]:
        assert fold_case(character) == character


@pytest.mark.parametrize("key", [None, "k", "x" * CLIENT_MUTATION_ID_LENGTH, "ключ 1"])
def test_valid_idempotency_keys_are_accepted(key: str | None) -> None:
    assert clean_key(key) == key


@pytest.mark.parametrize("key", ["", "x" * (CLIENT_MUTATION_ID_LENGTH + 1), "a\nb", "\0", "\ud800"])
def test_invalid_idempotency_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="1 to 100 printable"):
        clean_key(key)
