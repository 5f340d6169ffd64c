"""Rows of media."""

from __future__ import annotations

from typing import NamedTuple

from core.execution import Layout


class UploadRow(NamedTuple):
    """The columns of `media_upload.sql`."""

    owner_id: int
    content_type: str
    byte_size: int
    state: str


class MediaRow(NamedTuple):
    """A picture: the columns of the fragment `{media}`."""

    id: int
    state: str
    failure: str | None
    width: int | None
    height: int | None
    placeholder: str | None
    alt_text: str
    is_public: bool
    """Whether everybody may see it."""


MEDIA = Layout(MediaRow)
