"""Each query and mutation of the contract, over HTTP as clients send it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXAsyncTransport

from core.config.schema import graphql_schema
from core.database.database import Database
from core.graphql.document_store import DocumentStore
from core.graphql.limits.limits import Limits
from tests.live.world import Api, SignedInUser, operation, signed_in
from tests.paths import OPERATIONS

WITH_THE_LIMITS = {"Cost"}
PASSWORD = "hush: a quiet harbour 7"
Json = dict[str, Any]


async def post(api: Api, user: SignedInUser, text: str = "A post.") -> Json:
    made = await api.change(user, "CreatePost", text=text)
    return dict(made["post"])


def nodes(connection: Json) -> list[Json]:
    return [edge["node"] for edge in connection["edges"]]


@pytest.mark.parametrize(
    "name", sorted({path.stem for path in OPERATIONS.glob("*.graphql")} - WITH_THE_LIMITS)
)
def test_each_operation_is_valid_and_within_the_limits(name: str) -> None:
    assert not DocumentStore(graphql_schema, Limits()).by_text(operation(name)).errors


async def test_an_account_from_sign_up_to_sign_out(api: Api) -> None:
    card = {"username": "Ada", "email": "ada@example.com", "displayName": "Ada L."}
    signed_up = await api.do(None, "SignUp", input={**card, "password": PASSWORD})
    assert signed_up["session"]["viewer"]["displayName"] == "Ada L."

    login = {"login": "ADA@example.com", "password": PASSWORD}
    session = (await api.do(None, "SignIn", input=login))["session"]
    viewer = TokenHolder(session["accessToken"])
    assert (await api.do(viewer, "Viewer"))["username"] == "Ada"

    token = {"refreshToken": session["refreshToken"]}
    first = (await api.do(None, "RefreshSession", input=token))["session"]
    again = (await api.do(None, "RefreshSession", input=token))["session"]
    assert first["refreshToken"] == again["refreshToken"] != session["refreshToken"]

    newest = {"refreshToken": first["refreshToken"]}
    assert (await api.do(None, "SignOut", input={**newest, "everywhere": False}))["changed"]
    assert not (await api.do(None, "SignOut", input={**newest, "everywhere": True}))["changed"]


class TokenHolder(SignedInUser):
    """A user with an access token issued by the server."""

    def __init__(self, access_token: str) -> None:
        self.authorization = f"Bearer {access_token}"


async def test_concurrent_requests_with_one_key_create_one_post(
    api: Api, database: Database
) -> None:
    [ada] = await signed_in(database, 1)
    results = await asyncio.gather(
        *(
            api.change(ada, "CreatePost", text="\r\nCafe\u0301\n ", clientMutationId="k")
            for _ in range(8)
        )
    )
    assert {made["post"]["id"] for made in results} == {results[0]["post"]["id"]}
    assert sorted(made["replayed"] for made in results) == [False] + [True] * 7
    assert results[0]["post"]["text"] == "Café"
    assert results[0]["clientMutationId"] == "k"
    assert (await database.fetch("SELECT count(*) FROM posts"))[0][0] == 1
    assert (await database.fetch("SELECT post_count FROM users"))[0][0] == 1


async def test_a_post_is_edited_and_deleted_by_its_author_only(
    api: Api, database: Database
) -> None:
    ada, bob = await signed_in(database, 2)
    made = await post(api, ada)
    edited = (await api.change(ada, "EditPost", postId=made["id"], text="Better."))["post"]
    assert edited["text"] == "Better."
    assert edited["editedAt"].endswith("+00:00")

    for name, values in (("EditPost", {"text": "Mine."}), ("DeletePost", {})):
        with pytest.raises(AssertionError, match="NOT_ALLOWED"):
            await api.change(bob, name, postId=made["id"], **values)
    assert (await api.do(None, "PostDetail", id=made["id"]))["text"] == "Better."

    deleted = await api.change(ada, "DeletePost", postId=made["id"])
    assert deleted == {"deletedPostId": made["id"], "changed": True, "errors": []}
    assert not (await api.change(ada, "DeletePost", postId=made["id"]))["changed"]
    assert await api.do(ada, "PostDetail", id=made["id"]) == {}
    assert (await database.fetch("SELECT post_count FROM users WHERE id = $1", ada.key))[0][0] == 0


async def test_feeds_contain_posts_and_shares(api: Api, database: Database) -> None:
    ada, bob, eve = await signed_in(database, 3)
    assert (await api.change(ada, "FollowUser", userId=bob.id))["user"]["followerCount"] == 1
    own, followed, foreign = [await post(api, user) for user in (ada, bob, eve)]
    home = await api.do(ada, "HomeFeed")
    assert [node["id"] for node in nodes(home)] == [followed["id"], own["id"]]
    newest = home["pageInfo"]["startCursor"]

    shared = await api.change(bob, "SharePost", postId=foreign["id"])
    assert shared["post"] == {"id": foreign["id"], "shareCount": 1, "viewerHasShared": True}
    assert await api.do(ada, "HomeFeedUpdates", since=newest) == {"count": 1, "capped": False}
    gap = await api.do(ada, "HomeFeed", first=None, last=1, before=newest)
    assert gap["edges"][0]["sharedBy"]["id"] == bob.id
    assert not gap["pageInfo"]["hasPreviousPage"]
    assert gap["pageInfo"]["hasNextPage"]

    [name] = (await database.fetch("SELECT username FROM users WHERE id = $1", bob.key))[0]
    profile = await api.do(ada, "Profile", username=name)
    assert profile["viewerIsFollowing"]
    assert [edge["sharedBy"] and edge["sharedBy"]["id"] for edge in profile["posts"]["edges"]] == [
        bob.id,
        None,
    ]
    public = await api.do(None, "PublicFeed")
    assert [node["id"] for node in nodes(public)] == [foreign["id"], followed["id"], own["id"]]

    await api.change(bob, "UnsharePost", postId=foreign["id"])
    assert len((await api.do(ada, "HomeFeed"))["edges"]) == 2
    assert (await api.change(ada, "UnfollowUser", userId=bob.id))["changed"]
    assert len((await api.do(ada, "HomeFeed"))["edges"]) == 1


async def test_a_post_with_likes_comments_and_replies(api: Api, database: Database) -> None:
    ada, bob = await signed_in(database, 2)
    made = await post(api, ada)
    liked = await api.change(bob, "LikePost", postId=made["id"], clientMutationId="like")
    assert liked["changed"]
    assert liked["post"] == {"id": made["id"], "likeCount": 1, "viewerHasLiked": True}
    assert liked["clientMutationId"] == "like"
    assert not (await api.change(bob, "LikePost", postId=made["id"]))["changed"]

    comment = (await api.change(bob, "CreateComment", postId=made["id"], text="First!"))["comment"]
    answer = {"postId": made["id"], "parentId": comment["id"], "text": "So it is."}
    reply = (await api.change(ada, "CreateComment", **answer))["comment"]
    assert reply["post"]["commentCount"] == 2
    await api.change(ada, "LikeComment", commentId=comment["id"])

    detail = await api.do(ada, "PostDetail", id=made["id"])
    [shown] = nodes(detail["comments"])
    assert (shown["likeCount"], shown["replyCount"], shown["viewerHasLiked"]) == (1, 1, True)
    assert [node["text"] for node in nodes(shown["replies"])] == ["So it is."]
    assert [liker["id"] for liker in nodes(detail["likers"])] == [bob.id]

    assert (await api.change(bob, "DeleteComment", commentId=comment["id"]))["changed"]
    [tombstone] = nodes((await api.do(ada, "PostDetail", id=made["id"]))["comments"])
    assert (tombstone["text"], tombstone["author"], tombstone["replyCount"]) == ("", None, 1)
    assert (await api.change(bob, "UnlikePost", postId=made["id"]))["post"]["likeCount"] == 0


async def test_blocks_and_mutes_set_a_state(api: Api, database: Database) -> None:
    ada, bob = await signed_in(database, 2)
    for verb, undone, state in (
        ("BlockUser", "UnblockUser", "viewerHasBlocked"),
        ("MuteUser", "UnmuteUser", "viewerHasMuted"),
    ):
        done = await api.change(ada, verb, userId=bob.id)
        assert (done["changed"], done["user"][state]) == (True, True)
        assert not (await api.change(ada, verb, userId=bob.id))["changed"]
        done = await api.change(ada, undone, userId=bob.id)
        assert (done["changed"], done["user"][state]) == (True, False)


async def test_nodes_are_returned_in_the_order_of_ids(api: Api, database: Database) -> None:
    ada, bob = await signed_in(database, 2)
    made = await post(api, ada)
    comment = (await api.change(bob, "CreateComment", postId=made["id"], text="Yes."))["comment"]
    ids = [comment["id"], made["id"], ada.id]
    client = Client(transport=HTTPXAsyncTransport(url=f"http://{api.address}/graphql/"))
    async with client as session:
        request = GraphQLRequest(operation("Nodes"), variable_values={"ids": ids})
        found = await session.execute(request)
    assert [node["__typename"] for node in found["nodes"]] == ["Comment", "Post", "User"]
    assert [node["id"] for node in found["nodes"]] == ids


async def test_lists_of_followers_show_whom_the_viewer_follows(
    api: Api, database: Database
) -> None:
    ada, bob, eve = await signed_in(database, 3)
    for user in (ada, bob):
        await api.change(user, "FollowUser", userId=eve.id)
    await api.change(ada, "FollowUser", userId=bob.id)
    [name] = (await database.fetch("SELECT username FROM users WHERE id = $1", eve.key))[0]
    followers = (await api.do(ada, "Follows", username=name.upper()))["followers"]
    assert [(node["id"], node["viewerIsFollowing"]) for node in nodes(followers)] == [
        (bob.id, True),
        (ada.id, False),
    ]
    assert not followers["pageInfo"]["hasNextPage"]
