"""What is found in a text: mentions, hashtags and links."""

# ruff: noqa: RUF001  # texts of many scripts

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import WHITE_SPACE
from feed.text_entities import EntityKind, find_entities, hashtag_name


def found(text: str) -> list[str]:
    return [text[entity.start : entity.end] for entity in find_entities(text)]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("Hi @alice, hi @Bob_2!", ["@alice", "@Bob_2"]),
        ('.@alice (@bob) "@carol"', ["@alice", "@bob", "@carol"]),
        ("mail a@example.com or a@b", []),
        ("@alice@example.social", []),
        ("@" + "a" * 31, []),
        ("@" + "a" * 30, ["@" + "a" * 30]),
        ("感謝@alice今日", ["@alice"]),
        ("用户@example.com", []),
        ("@ali\u0107e and @alice\u0301", []),
        ("＠alice ＃東京", ["＠alice", "＃東京"]),
        ("#One #two_2 #3rd", ["#One", "#two_2", "#3rd"]),
        ("#1 C#sharp ##x a&#b; #️⃣ # #_", []),
        ("#東京タワー！#한국어", ["#東京タワー", "#한국어"]),
        ("#نمی\u200cخواهم.", ["#نمی\u200cخواهم"]),
        ("#col·lectiu #ends·", ["#col·lectiu", "#ends"]),
        (
            "#\u05e6\u05d4\u05f4\u05dc #\u05ea\u05dc\u05be\u05d0\u05d1, #\u0f56\u0f7c\u0f51\u0f0b\u0f66\u0f0b",
            [
                "#\u05e6\u05d4\u05f4\u05dc",
                "#\u05ea\u05dc\u05be\u05d0\u05d1",
                "#\u0f56\u0f7c\u0f51\u0f0b\u0f66",
            ],
        ),
        ("#" + "x" * 101, []),
        ("#a#b", ["#a"]),
        ("See https://example.com/a?b=c#d.", ["https://example.com/a?b=c#d"]),
        ("(https://en.wikipedia.org/wiki/A_(b))", ["https://en.wikipedia.org/wiki/A_(b)"]),
        ("HTTP://EXAMPLE.COM:8080/@alice#tag", ["HTTP://EXAMPLE.COM:8080/@alice#tag"]),
        ("見て https://例え.jp/パス。次", ["https://例え.jp/パス"]),
        (
            "https://a.b,https://c.d/,e; https://f.g's",
            ["https://a.b", "https://c.d/,e", "https://f.g"],
        ),
        (
            "https://a.b\u2014or `https://c.d` `https://c.d/e`",
            ["https://a.b", "https://c.d", "https://c.d/e"],
        ),
        (
            "https://youtu.be/watch?v=a1B2_ *https://a.b/c*",
            ["https://youtu.be/watch?v=a1B2_", "https://a.b/c"],
        ),
        (
            "https://a.b\u060c https://c.d/\u092a\u0964 https://e.f/g\u2014h",
            ["https://a.b", "https://c.d/\u092a", "https://e.f/g"],
        ),
        ("https://a.b/c\u2013d", ["https://a.b/c\u2013d"]),
        ("http://[::1]:80/x", ["http://[::1]:80/x"]),
        ("https://paypal.com@evil.example/ https://a:b@c/", []),
        ("https:// https://... https://? xhttps://a.b ftp://a.b javascript:alert(1)", []),
        ("https://a.b/\u202efdp.exe", ["https://a.b/"]),
        ("https://a.b\u200bc", ["https://a.b"]),
    ],
)
def test_entities_are_found(text: str, entities: list[str]) -> None:
    assert found(text) == entities


@pytest.mark.parametrize("end", [*WHITE_SPACE, *"\u061c\u200e\u200f\u202a\u202e\u2066\u2069"])
@pytest.mark.parametrize("link", ["https://a.b", "https://a.b/c"])
def test_white_space_and_controls_of_direction_end_a_link(link: str, end: str) -> None:
    assert found(f"{link}{end}d {link}") == [link, link]


@pytest.mark.parametrize(
    "same",
    [
        ["Straße", "STRASSE", "strasse"],
        ["ﬁn", "FIN", "fin"],
        ["ＡＢＣ", "abc"],
        ["café", "cafe\u0301", "CAFÉ"],
        ["ﾃｽﾄ", "テスト"],
        ["ΣΊΣΥΦΟΣ", "σίσυφος", "σίσυφοσ"],
        ["辻\U000e0100", "辻"],
    ],
)
def test_hashtags_are_compared_folded(same: list[str]) -> None:
    assert len({hashtag_name(tag) for tag in same}) == 1
    assert None not in {hashtag_name(tag) for tag in same}


def test_folding_twice_changes_nothing() -> None:
    for code in range(sys.maxunicode + 1):
        for tag in (f"a{chr(code)}b", f"{chr(code)}b", chr(code)):
            name = hashtag_name(tag)
            assert name in {None, tag} or hashtag_name(name) == name, hex(code)


@given(
    st.text(alphabet=st.sampled_from("ab1_ @＠#＃.:/()é中·\u200d\n") | st.characters(), max_size=80)
)
def test_entities_do_not_overlap(text: str) -> None:
    position = 0
    for entity in find_entities(text):
        assert position <= entity.start < entity.end <= len(text)
        position = entity.end
        if entity.kind is EntityKind.HASHTAG:
            assert hashtag_name(entity.name) == entity.name


@pytest.mark.parametrize(
    "text",
    [
        "@" * 500,
        "#" * 500,
        "https://" * 62,
        "#a" * 250,
        "https://a" + "(" * 490,
        "https://a" + ")" * 490,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    list(find_entities(text))
