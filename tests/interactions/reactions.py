"""The services of reactions, by the reaction."""

from __future__ import annotations

from functools import partial

from feed.reactions import BOOKMARK, COMMENT_LIKE, POST_LIKE, SHARE
from interactions.services import reaction_create, reaction_delete

post_like = partial(reaction_create, reaction=POST_LIKE)
post_unlike = partial(reaction_delete, reaction=POST_LIKE)
post_share = partial(reaction_create, reaction=SHARE)
post_unshare = partial(reaction_delete, reaction=SHARE)
comment_like = partial(reaction_create, reaction=COMMENT_LIKE)
comment_unlike = partial(reaction_delete, reaction=COMMENT_LIKE)
post_bookmark = partial(reaction_create, reaction=BOOKMARK)
post_unbookmark = partial(reaction_delete, reaction=BOOKMARK)
