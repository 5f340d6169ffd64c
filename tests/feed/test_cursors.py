"""Invalid cursors, and cursors of other lists or viewers, are refused before any SQL."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from siphashc import siphash

from core.context import Services
from core.database.cursors import CursorMalformed, CursorSigner, ranked_position
from core.database.database import Database
from core.database.list_positions import ListPosition
from core.graphql.errors import execution_error_entries
from tests.feed.scene import LISTS, Scene, ids
from tests.interactions.cast import create_posts
from tests.ran_statements import ran_statements

TEXTS = (
    st.text()
    | st.text("abcABC019-_=+/", min_size=20, max_size=32)
    | st.binary().map(lambda packed: urlsafe_b64encode(packed).decode())
    | st.binary(min_size=16, max_size=16).map(bytes.hex)
)
CODEC = CursorSigner(b"for tests").codec("public")
GARBAGE = [
    "",
    " ",
    "garbage",
    "\0",
    "é",
    "=" * 32,
    "0" * 32,
    "A" * 24,
    "AQ" + "A" * 22,
    "Ag" + "A" * 22,
    "x" * 200_000,
    "5",
    "null",
]


@pytest.fixture
def scene(services: Services) -> Scene:
    return Scene(services)


async def refusal(
    scene: Scene, viewer: int | None, query: str, **variables: str
) -> tuple[str, int]:
    """The error code of a refused request, and the number of statements it ran."""
    with ran_statements() as seen:
        result = await scene.execute(query, viewer, **variables)
    [entry] = execution_error_entries(result.errors or [], None)
    assert len(entry["message"]) < 300
    return entry["extensions"]["code"], len(seen)


def query_with_cursor(scene: Scene, kind: str, arguments: str) -> str:
    """A query for a page, with the cursor in the variable $c."""
    return "query Page($c: String) " + scene.page_query(kind, arguments)


@pytest.mark.parametrize("is_settled", [False, True], ids=["unsettled", "settled"])
@pytest.mark.parametrize("kind", LISTS)
async def test_cursors_that_are_not_of_the_list_are_refused(
    scene: Scene, kind: str, is_settled: bool
) -> None:
    await scene.create(2)
    if is_settled:
        await scene.settle()
    page = await scene.page(kind, scene.owner, "first: 1")
    valid = page["pageInfo"]["endCursor"]
    assert (len(valid) == 32) is is_settled
    # By digits that a cursor may have: others are refused before its MAC is compared.
    tampered = [
        valid[:place] + ("0" if valid[place] != "0" else "1") + valid[place + 1 :]
        for place in range(len(valid))
    ]
    others = [
        (await scene.page(other, scene.owner, "first: 1"))["pageInfo"]["endCursor"]
        for other in LISTS
        if other != kind
    ]
    # Only the statement that reads the list's owner may run.
    at_most = 1 if LISTS[kind] else 0
    for cursor in [*GARBAGE, *tampered, *others, valid + "A", valid[:-1], f" {valid}"]:
        for arguments in ("first: 1, after: $c", "last: 1, before: $c", "last: 1, after: $c"):
            code, statements = await refusal(
                scene, scene.owner, query_with_cursor(scene, kind, arguments), c=cursor
            )
            assert code == "INVALID_CURSOR", cursor[:100]
            assert statements <= at_most
    assert await scene.page(kind, scene.owner, f'first: 1, after: "{valid}"')


async def test_a_cursor_is_bound_to_viewer_and_owner(scene: Scene) -> None:
    """Home feeds, lists of a user, lists of a post."""
    await scene.create(3)
    for viewer in (scene.viewer, scene.others[0]):
        home = await scene.page("homeFeed", scene.owner, "first: 1")
        query = query_with_cursor(scene, "homeFeed", "first: 1, after: $c")
        code, statements = await refusal(scene, viewer, query, c=home["pageInfo"]["endCursor"])
        assert (code, statements) == ("INVALID_CURSOR", 0)

    for kind in ("comments", "likers", "sharers", "posts", "followers", "following"):
        cursor = (await scene.page(kind, None, "first: 1"))["pageInfo"]["endCursor"]
        query = query_with_cursor(scene, kind, "first: 1, after: $c")
        # The cursor is valid for every viewer of the list…
        assert not (await scene.execute(query, scene.others[1], c=cursor)).errors
        # …and not for another owner's list.
        [post], name, fan = await create_posts(scene.database, scene.owner), scene.name, scene.fan
        scene.post, post = post, scene.post
        scene.name = scene.fan = "p4"
        code, _ = await refusal(
            scene, None, query_with_cursor(scene, kind, "first: 1, after: $c"), c=cursor
        )
        assert code == "INVALID_CURSOR"
        scene.post, scene.name, scene.fan = post, name, fan


@pytest.mark.parametrize("cursor", GARBAGE)
async def test_home_feed_updates_require_a_cursor_of_the_home_feed(
    scene: Scene, cursor: str
) -> None:
    await scene.create(1)
    query = "query Updates($c: String!) { homeFeedUpdates(since: $c) { count } }"
    assert await refusal(scene, scene.owner, query, c=cursor) == ("INVALID_CURSOR", 0)
    public = (await scene.page("publicFeed", None, "first: 1"))["pageInfo"]["endCursor"]
    assert (await refusal(scene, scene.owner, query, c=public))[0] == "INVALID_CURSOR"


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize(
    "arguments",
    [
        "first: -1",
        "first: 101",
        "last: -1",
        "last: 101",
        "last: 2147483647",
        "first: -2147483648",
        "first: 1, last: 1",
        "first: 0, last: 0",
    ],
)
async def test_page_sizes_out_of_range_are_refused(scene: Scene, kind: str, arguments: str) -> None:
    await scene.create(1)
    code, statements = await refusal(scene, scene.owner, scene.page_query(kind, arguments))
    assert code == "BAD_PAGE"
    assert statements <= (1 if LISTS[kind] else 0)


async def test_anonymous_clients_have_no_home_feed(scene: Scene) -> None:
    for query in (
        "{ homeFeed(first: 1) { edges { cursor } } }",
        '{ homeFeedUpdates(since: "") { count } }',
    ):
        assert await refusal(scene, None, query) == ("UNAUTHENTICATED", 0)


async def test_after_and_before_together_select_the_rows_between(scene: Scene) -> None:
    await scene.create(8)
    for kind in LISTS:
        whole = await scene.page(kind, scene.owner, "first: 100")
        cursors = [edge["cursor"] for edge in whole["edges"]]
        for arguments in ("first: 100", "last: 100"):
            bounds = f'{arguments}, after: "{cursors[1]}", before: "{cursors[6]}"'
            page = await scene.page(kind, scene.owner, bounds)
            assert ids(page) == ids(whole)[2:6]
            assert page["pageInfo"]["hasNextPage"]
            assert page["pageInfo"]["hasPreviousPage"]
            # Bounds in the wrong order.
            empty = f'{arguments}, after: "{cursors[4]}", before: "{cursors[2]}"'
            assert (await scene.page(kind, scene.owner, empty))["edges"] == []


async def test_an_empty_list_is_an_empty_page(scene: Scene) -> None:
    await scene.create(0)
    await scene.database.write("DELETE FROM posts WHERE id <> $1", scene.post)
    nothing = {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }
    for kind in ("followers", "following", "comments", "likers", "sharers"):
        for arguments in ("first: 3", "last: 3"):
            page = await scene.page(kind, None, arguments)
            assert page == {"edges": [], "pageInfo": nothing}
    page = await scene.page("homeFeed", scene.viewer, "first: 3")
    assert page == {"edges": [], "pageInfo": nothing}


def test_siphash_gives_the_value_of_its_specification() -> None:
    """Appendix A of the paper: https://www.aumasson.jp/siphash/siphash.pdf."""
    assert siphash(bytes(range(16)), bytes(range(15))) == 0xA129CA6149BE45E5


def test_cursors_that_clients_hold_stay_valid() -> None:
    home = CursorSigner(b"for tests").codec("home", 2**40)
    issued = ["400000000000000064e4cf2565745f78", "0000000000000000dd15b09928cf6dd1"]
    assert home.encode_all([2**62, 0]) == issued
    assert home.decode(issued[0]) == ListPosition(2**62, 2**62)


def test_cursors_of_version_1_are_refused() -> None:
    with pytest.raises(CursorMalformed):
        CODEC.decode("AQAAAAAAAAAHsmhpLmhRQy_3")


@given(st.integers(-(2**63), 2**63 - 1))
@example(0)
def test_a_position_has_one_cursor(position: int) -> None:
    cursor = CODEC.encode(position)
    assert len(cursor) == 32
    assert CODEC.decode(cursor) == ListPosition(position, position)
    for other in (
        CursorSigner(b"for tests").codec("public", 1),
        CursorSigner(b"for tests").codec("publi"),
        CursorSigner(b"another secret").codec("public"),
    ):
        with pytest.raises(CursorMalformed):
            other.decode(cursor)


@given(TEXTS)
@example("\ud800" * 32)
@example(" " + CODEC.encode(7))
@example(CODEC.encode(11).upper())
def test_arbitrary_text_is_refused(text: str) -> None:
    with pytest.raises(CursorMalformed):
        CODEC.decode(text)


@given(st.integers(0, 15), st.integers(1, 255), st.integers(0, 2**63 - 1))
def test_changing_any_byte_invalidates_a_cursor(place: int, change: int, position: int) -> None:
    packed = bytearray.fromhex(CODEC.encode(position))
    packed[place] ^= change
    with pytest.raises(CursorMalformed):
        CODEC.decode(packed.hex())


def test_cursors_of_an_older_secret_stay_valid() -> None:
    before, after = CursorSigner(b"older"), CursorSigner(b"newer", b"older")
    text = before.text_codec("names", 7).encode("0:ada")
    assert after.text_codec("names", 7).decode(text) == "0:ada"
    position = ranked_position(5, 2**62)
    [ranked] = before.ranked_codecs("top", [7])
    [ranked_after] = after.ranked_codecs("top", [7])
    assert ranked_after.decode(ranked.encode(position)) == ListPosition(position, position)
    settled = before.codec("home", 7).encode(9)
    assert after.codec("home", 7).decode(settled) == ListPosition(9, 9)
    for decode, cursor in (
        (CursorSigner(b"newer").text_codec("names", 7).decode, text),
        (after.text_codec("names", 8).decode, text),
        (after.text_codec("other", 7).decode, text),
        (after.ranked_codecs("top", [8])[0].decode, ranked.encode(position)),
        (ranked_after.decode, ranked.encode(position)[:-1]),
        (ranked_after.decode, text),
    ):
        with pytest.raises(CursorMalformed):
            decode(cursor)


async def test_a_ranked_position_that_ends_in_zeros_has_a_cursor(database: Database) -> None:
    """PostgreSQL sends no trailing zeros of a number beyond bigint."""
    [codec] = CursorSigner(b"one").ranked_codecs("top", [7])
    position = ranked_position(3, 10_000)
    position -= position % 10_000
    [(sent,)] = await database.fetch("SELECT $1::numeric", position)
    [cursor] = codec.encode_all([sent])
    assert codec.decode(cursor).key == position
