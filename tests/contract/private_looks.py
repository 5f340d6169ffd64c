"""What a viewer asks to find a post, for each surface on which posts are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.contract.private_world import MENTIONED, PUBLIC, Case, Json
from tests.contract.world import ids

POSTS = "{ edges { sharedBy { id } node { id visibility } } }"


class Look(NamedTuple):
    """What a viewer asks to find a post on a surface."""

    query: str
    finds: Callable[[Json, str], bool]
    """Whether the data has the post of this id."""
    expected: Callable[[str, Case], bool]
    of: str = "id"
    """The variable with the id to find."""


def sees(viewer: str, case: Case) -> bool:
    return case.is_seen_by(viewer)


def everybody_sees(viewer: str, case: Case) -> bool:
    """In a feed of public posts, without those of muted authors."""
    return case.now is PUBLIC and sees(viewer, case) and viewer != "muter"


def sees_at_home(viewer: str, case: Case) -> bool:
    """By the author, whom they follow, or by the share of another whom they follow."""
    return viewer not in {"anonymous", "muter"} and sees(viewer, case)


def sees_bookmarked(viewer: str, case: Case) -> bool:
    return viewer not in {"anonymous", "author"} and sees(viewer, case)


def sees_notified(viewer: str, case: Case) -> bool:
    """By a mention in a comment on the post."""
    return viewer != "anonymous" and sees(viewer, case)


def notified(data: Json, field: str) -> list[str]:
    """The ids of what the notifications are about."""
    about = [edge["node"][field] for edge in data["notifications"]["edges"]]
    return [each["id"] for each in about if each is not None]


def sees_under(viewer: str, case: Case) -> bool:
    return sees(viewer, case)


def sees_before_edits(viewer: str, case: Case) -> bool:
    """An edit may mention others than before."""
    return sees(viewer, case) and (case.now is not MENTIONED or viewer == "author")


LISTED = "edges { node { id } }"
LOOKS: dict[str, Look] = {
    "Notification.post": Look(
        "query($id: ID!) { notifications(first: 100) { edges { node { post { id } } } } post(id: $id) { id } }",
        lambda data, id: id in notified(data, "post"),
        sees_notified,
    ),
    "Notification.comment": Look(
        "query($comment: ID!) { notifications(first: 100) { edges { node { comment { id } } } } "
        "node(id: $comment) { id } }",
        lambda data, id: id in notified(data, "comment"),
        sees_notified,
        of="comment",
    ),
    "Query.publicFeed": Look(
        f"query($id: ID!) {{ publicFeed(first: 100) {POSTS} post(id: $id) {{ id }} }}",
        lambda data, id: id in ids(data["publicFeed"]),
        everybody_sees,
    ),
    "Query.homeFeed": Look(
        f"query($id: ID!) {{ homeFeed(first: 100) {POSTS} post(id: $id) {{ id }} }}",
        lambda data, id: id in ids(data["homeFeed"]),
        sees_at_home,
    ),
    "Query.post": Look(
        "query($id: ID!) { post(id: $id) { id } }", lambda data, _: data["post"] is not None, sees
    ),
    "Query.node": Look(
        "query($id: ID!) { node(id: $id) { id } }", lambda data, _: data["node"] is not None, sees
    ),
    "Query.nodes": Look(
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
        lambda data, _: data["nodes"] != [None],
        sees,
    ),
    "User.posts": Look(
        f"query($id: ID!, $author: String!) {{ user(username: $author) {{ posts(first: 100) {POSTS} }} "
        "post(id: $id) { id } }",
        lambda data, id: bool(data["user"]) and id in ids(data["user"]["posts"]),
        sees,
    ),
    "User.posts of a sharer": Look(
        f"query($id: ID!, $sharer: String!) {{ user(username: $sharer) {{ posts(first: 100) {POSTS} }} "
        "post(id: $id) { id } }",
        lambda data, id: id in ids(data["user"]["posts"]),
        sees,
    ),
    "Query.trendingFeed": Look(
        f"query($id: ID!) {{ trendingFeed(first: 100) {POSTS} post(id: $id) {{ id }} }}",
        lambda data, id: id in ids(data["trendingFeed"]),
        everybody_sees,
    ),
    "Query.searchPosts": Look(
        f'query($id: ID!) {{ searchPosts(query: "post", first: 100) {POSTS} post(id: $id) {{ id }} }}',
        lambda data, id: id in ids(data["searchPosts"]),
        sees,
    ),
    "Hashtag.posts": Look(
        f'query($id: ID!) {{ hashtag(name: "look") {{ posts(first: 100) {POSTS} }} post(id: $id) {{ id }} }}',
        lambda data, id: data["hashtag"] is not None and id in ids(data["hashtag"]["posts"]),
        sees,
    ),
    "Account.bookmarks": Look(
        f"query($id: ID!) {{ account {{ bookmarks(first: 100) {POSTS} }} post(id: $id) {{ id }} }}",
        lambda data, id: bool(data["account"]) and id in ids(data["account"]["bookmarks"]),
        sees_bookmarked,
    ),
    "Query.node of a comment": Look(
        "query($comment: ID!) { node(id: $comment) { id } }",
        lambda data, _: data["node"] is not None,
        sees_under,
    ),
    "Query.nodes of a reply": Look(
        "query($reply: ID!) { nodes(ids: [$reply]) { id } }",
        lambda data, _: data["nodes"] != [None],
        sees_under,
    ),
    "Comment.post": Look(
        "query($comment: ID!) { node(id: $comment) { ... on Comment { post { id } } } }",
        lambda data, _: bool(data["node"]) and data["node"]["post"] is not None,
        sees_under,
    ),
    "Comment.replies": Look(
        f"query($comment: ID!) {{ node(id: $comment) {{ ... on Comment {{ replies {{ {LISTED} }} }} }} }}",
        lambda data, _: bool(data["node"]) and data["node"]["replies"]["edges"] != [],
        sees_under,
    ),
    "Comment.parent": Look(
        "query($reply: ID!) { node(id: $reply) { ... on Comment { parent { id } } } }",
        lambda data, _: bool(data["node"]) and data["node"]["parent"] is not None,
        sees_under,
    ),
    "Post.comments": Look(
        f"query($id: ID!) {{ post(id: $id) {{ comments {{ {LISTED} }} }} }}",
        lambda data, _: bool(data["post"]) and data["post"]["comments"]["edges"] != [],
        sees_under,
    ),
    "Post.edits": Look(
        "query($id: ID!) { post(id: $id) { edits { edges { node { text } } } } }",
        lambda data, _: bool(data["post"]) and data["post"]["edits"]["edges"] != [],
        sees_before_edits,
    ),
    "Quote.post": Look(
        "query($id: ID!, $quoting: ID!) { post(id: $quoting) { quote { state post { id } } } "
        "me: post(id: $id) { id } }",
        lambda data, _: data["post"]["quote"] != {"state": "UNAVAILABLE", "post": None},
        sees,
    ),
    "Post.quotes": Look(
        f"query($id: ID!, $quoted: ID!) {{ post(id: $quoted) {{ quotes {{ {LISTED} }} }} me: post(id: $id) {{ id }} }}",
        lambda data, id: id in ids(data["post"]["quotes"]),
        sees,
    ),
    "User.pinnedPost": Look(
        "query($id: ID!, $author: String!) { user(username: $author) { pinnedPost { id } } post(id: $id) { id } }",
        lambda data, id: bool(data["user"]) and data["user"]["pinnedPost"] == {"id": id},
        sees,
    ),
    "User.comments": Look(
        f"query($comment: ID!, $host: String!) {{ user(username: $host) {{ comments(first: 100) {{ {LISTED} }} }} "
        "node(id: $comment) { id } }",
        lambda data, id: id in ids(data["user"]["comments"]),
        sees_under,
        "comment",
    ),
    "Account.likedPosts": Look(
        f"query($id: ID!) {{ account {{ likedPosts(first: 100) {POSTS} }} post(id: $id) {{ id }} }}",
        lambda data, id: bool(data["account"]) and id in ids(data["account"]["likedPosts"]),
        sees_bookmarked,
    ),
    "Comment.ancestors": Look(
        f"query($reply: ID!) {{ node(id: $reply) {{ ... on Comment {{ ancestors {{ {LISTED} }} }} }} }}",
        lambda data, _: bool(data["node"]) and data["node"]["ancestors"]["edges"] != [],
        sees_under,
    ),
    "Post.likers": Look(
        f"query($id: ID!) {{ post(id: $id) {{ likers {{ {LISTED} }} }} }}",
        lambda data, _: bool(data["post"]) and data["post"]["likers"]["edges"] != [],
        sees_under,
    ),
    "Post.sharers": Look(
        f"query($id: ID!) {{ post(id: $id) {{ sharers {{ {LISTED} }} }} }}",
        lambda data, _: bool(data["post"]) and data["post"]["sharers"]["edges"] != [],
        sees_under,
    ),
}
"""A look for each field that leads to posts or to what hangs on them."""
