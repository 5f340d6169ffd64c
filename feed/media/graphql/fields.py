"""The pictures of posts: the field of Post, and what inputs of posts take."""

from __future__ import annotations

from functools import partial

import strawberry

from core.errors import InputRules
from core.graphql.attributes import loaded_field
from core.graphql.limits.directives import ListSize
from core.graphql.mutations import optional_field
from core.graphql.node import ID_BOUND
from core.ids import key_of
from core.text import clean_text
from feed.media.graphql.types import Media
from feed.media.models import ALT_TEXT_LENGTH, MEDIA_OF_POST
from feed.media.selectors import MediaByPostLoader
from feed.media.services import PostMedia

clean_alt_text = partial(clean_text, at_most=ALT_TEXT_LENGTH, at_least=0)


@strawberry.type
class PostPictures:
    """Fields of Post."""

    media = loaded_field(
        "id",
        MediaByPostLoader,
        list[Media],
        f"The post's pictures, in their order; at most {MEDIA_OF_POST}.",
        directives=[ListSize(assumed_size=MEDIA_OF_POST, require_one_slicing_argument=False)],
    )


@strawberry.input(description="A picture on a post.")
class PostMediaInput:
    media_id: strawberry.ID = strawberry.field(description=f"The medium's id, {ID_BOUND}.")
    alt_text: str | None = optional_field(
        f"What the picture shows, for users who can't see it: at most {ALT_TEXT_LENGTH} code points after "
        "NFC. If omitted, the text stays as it is; null removes it."
    )


def cleaned_media(sent: list[PostMediaInput] | None, rules: InputRules) -> list[PostMedia]:
    """The pictures in the `media` of an input. What is wrong becomes problems of that field."""
    found = [PostMedia(key_of("Media", each.media_id) or 0, None) for each in sent or ()]
    keys = [each.media_id for each in found if each.media_id]
    if len(found) > MEDIA_OF_POST:
        rules.reject("media", f"A post has at most {MEDIA_OF_POST} pictures.")
    elif len(set(keys)) < len(keys):
        rules.reject("media", "Each picture can be on the post once.")
    else:
        for number, each in enumerate(sent or ()):
            if each.alt_text is not strawberry.UNSET:
                text = rules.check("media", clean_alt_text, each.alt_text or "")
                found[number] = found[number]._replace(alt_text=text)
    return found
