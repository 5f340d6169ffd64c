"""Texts of imports and demo data obey the rules for texts of users."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from core.accounts.models import User
from core.accounts.validators import USERNAME, clean_bio, clean_display_name, comparable_email
from core.text import clean_text
from feed.models import TEXT_LENGTH, Post
from interactions.models import Comment


@pytest.fixture(params=["demo", "trace"])
def loaded(request: pytest.FixtureRequest, orm: None, tmp_path: Path) -> None:
    """Rows loaded by one of the two commands."""
    if request.param == "demo":
        call_command("seed_demo", "--users=300", "--posts=600", stdout=StringIO())
        return
    trace = tmp_path / "trace"
    kinds = ("RT", "RE", "MT")
    trace.write_text(
        "".join(
            f"{n % 83 + 1} {n % 97 + 1} {1_341_100_000 + n} {kinds[n % 3]}\n" for n in range(900)
        )
    )
    call_command("import_trace", str(trace), stdout=StringIO(), stderr=StringIO())


def test_loaded_texts_are_clean(loaded: None) -> None:
    texts = [
        *Post.objects.values_list("text", flat=True),
        *Comment.objects.values_list("text", flat=True),
    ]
    assert len(texts) >= 600
    for text in texts:
        assert clean_text(text, at_most=TEXT_LENGTH) == text
    for user in User.objects.all():
        assert USERNAME.fullmatch(user.username)
        assert clean_display_name(user.display_name) == user.display_name
        assert clean_bio(user.bio) == user.bio
        assert comparable_email(user.email) == user.email
