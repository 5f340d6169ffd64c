"""Sign-up: the rules of its input, and refusals."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.accounts.sessions import Accounts
from core.database.database import Database
from tests.core.accounts.world import PASSWORD, ApiClient, codes, number_of

EMAIL_REFUSED = {
    "__typename": "InvalidInput",
    "code": "INVALID_INPUT",
    "message": "This e-mail address can't be used. It must have the form name@domain, with a domain name and no IP "
    "address, and no account here.",
    "path": ["input", "email"],
}


async def test_sign_up_signs_the_user_in(anonymous: ApiClient, accounts: Accounts) -> None:
    before = datetime.now(UTC)
    payload = await anonymous.sign_up("Ada", displayName=" Ada   L. ", email=" Ada@example.com ")
    assert payload["errors"] == []
    session = payload["session"]
    assert session["viewer"]["username"] == "Ada"
    assert session["viewer"]["displayName"] == "Ada   L."
    access_ends = datetime.fromisoformat(session["accessTokenExpiresAt"])
    refresh_ends = datetime.fromisoformat(session["refreshTokenExpiresAt"])
    assert timedelta(minutes=14, seconds=58) < access_ends - before < timedelta(minutes=15.1)
    assert timedelta(days=29.9) < refresh_ends - before < timedelta(days=30.1)
    token = accounts.access_tokens.read(session["accessToken"])
    assert token.expires_at == access_ends.timestamp()

    viewer = await ApiClient(anonymous.services, token.viewer_id).data("Viewer")
    assert viewer["id"] == session["viewer"]["id"]
    assert (viewer["bio"], viewer["followerCount"], viewer["postCount"]) == ("", 0, 0)


async def test_only_hashes_are_stored(anonymous: ApiClient, database: Database) -> None:
    session = (await anonymous.sign_up())["session"]
    mac = session["refreshToken"].rsplit(".", 1)[1]
    for table in ("users", "sessions"):
        rows = await database.fetch(f"SELECT t::text FROM {table} t")  # noqa: S608  # a constant
        assert PASSWORD not in str(rows)
        assert mac not in str(rows)
        assert session["accessToken"] not in str(rows)
    (row,) = await database.fetch("SELECT password FROM users")
    assert row[0].startswith("argon2nfkc$argon2id$")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("username", "", "1 to 30"),
        ("username", "a" * 31, "1 to 30"),
        ("username", "ada lovelace", "A-Z"),
        ("username", "adä", "A-Z"),
        ("username", "ada\0", "A-Z"),
        ("displayName", "  ", "1 to 50"),
        ("displayName", "x" * 51, "1 to 50"),
        ("displayName", "a\0b", "Control characters"),
        ("displayName", "a\nb", "one line"),
        ("displayName", "\u200b\u2060", "no visible character"),
        ("displayName", "\u3164", "no visible character"),
        ("displayName", "\u202eecila", "direction"),
        ("displayName", "\u2066Alice", "direction"),
        ("displayName", "A\u2028B", "one line"),
        ("displayName", "A" + "\u0301" * 49, "combining marks"),
        ("username", "admin", "reserved"),
        ("username", "ROOT", "reserved"),
        ("username", "_Me_", "reserved"),
        ("username", "u17", "reserved"),
        ("username", "null", "reserved"),
        ("username", "adm1n", "reserved"),
        ("username", "r00t", "reserved"),
        ("username", "heIp", "reserved"),
        ("username", "adrnin", "reserved"),
        ("username", "deleted", "reserved"),
        ("username", "\u212aate", "A-Z"),
        ("password", "1234567", "too short"),
        ("password", "password1", "too common"),
        ("password", "x" * 129, "at most 128"),
    ],
)
async def test_invalid_input_is_refused_and_creates_nothing(
    anonymous: ApiClient, database: Database, field: str, value: str, message: str
) -> None:
    payload = await anonymous.sign_up(
        **{"email": "ada@example.com", "displayName": "Ada", field: value}
    )
    assert payload["session"] is None
    assert codes(payload) == [("INVALID_INPUT", "input", field)]
    assert message in payload["errors"][0]["message"]
    assert await number_of(database, "users") == 0


async def test_all_problems_are_reported_together(anonymous: ApiClient) -> None:
    payload = await anonymous.sign_up("?", displayName="", password="x", email="ada")
    fields = [path for _, _, path in codes(payload)]
    assert fields == ["username", "displayName", "password", "email"]
    assert payload["errors"][-1] == EMAIL_REFUSED


async def test_beside_other_problems_a_taken_address_looks_like_a_free_one(
    anonymous: ApiClient,
) -> None:
    await anonymous.sign_up("ada", email="ada@example.com")
    taken, free = [
        await anonymous.sign_up("?", email=email) for email in ("ada@example.com", "a@example.com")
    ]
    assert codes(taken) == codes(free) == [("INVALID_INPUT", "input", "username")]


async def test_a_username_is_taken_ignoring_case(anonymous: ApiClient, database: Database) -> None:
    await anonymous.sign_up("ada")
    payload = await anonymous.sign_up("ADA", email="other@example.com")
    assert payload["session"] is None
    assert codes(payload) == [("USERNAME_TAKEN", "input", "username")]
    assert payload["errors"][0]["__typename"] == "Conflict"
    assert await number_of(database, "users") == 1


@pytest.mark.parametrize(
    "email",
    [
        "ADA@example.com",
        "",
        "ada",
        "ada@",
        "a b@example.com",
        "ada@example.com\0",
        "ada@[127.0.0.1]",
        "ada@127.0.0.1",
        "ada@-example.com",
        "ada@\u2603.com",
        "\u212aate@example.com",
        "a\u200bda@example.com",
        "ä" * 33 + "@example.com",
        "ada@localhost",
        "x" * 255 + "@example.com",
        "\ud800@example.com",
    ],
)
async def test_a_taken_address_is_refused_like_an_invalid_one(
    anonymous: ApiClient, database: Database, email: str
) -> None:
    await anonymous.sign_up("ada")
    payload = await anonymous.sign_up("grace", email=email)
    assert (payload["session"], payload["errors"]) == (None, [EMAIL_REFUSED])
    assert await number_of(database, "users") == 1
    statements = anonymous.statements

    # Other problems hide that it is taken, so a probe for addresses must create an account.
    taken = await anonymous.sign_up("ADA", email=email)
    assert codes(taken) == [("USERNAME_TAKEN", "input", "username")]

    await anonymous.sign_up("grace", email="nobody")
    assert anonymous.statements == statements


@pytest.mark.parametrize(
    ("email", "stored", "others"),
    [
        ("müller@example.org", "müller@example.org", ["mu\u0308ller@EXAMPLE.org"]),
        ("a@exämple.org", "a@xn--exmple-cua.org", ["A@EXÄMPLE.ORG", "a@xn--exmple-cua.org"]),
        ("jane@例え。jp", "jane@xn--r8jz45g.jp", ["jane@例え.jp"]),
        ("Ada@Example.ORG", "Ada@example.org", ["aDA@eXAMPLE.org"]),
    ],
)
async def test_an_international_address_is_the_same_in_each_form(
    anonymous: ApiClient, database: Database, email: str, stored: str, others: list[str]
) -> None:
    assert (await anonymous.sign_up("ada", email=email))["errors"] == []
    assert [row[0] for row in await database.fetch("SELECT email FROM users")] == [stored]
    for other in [email, *others]:
        assert (await anonymous.sign_in(other))["errors"] == []
        assert (await anonymous.sign_up("grace", email=other))["errors"] == [EMAIL_REFUSED]
    assert await number_of(database, "users") == 1


async def test_concurrent_sign_ups_with_one_username_create_one_account(
    anonymous: ApiClient, database: Database
) -> None:
    payloads = await asyncio.gather(
        *(
            ApiClient(anonymous.services).sign_up(name, email=f"{number}@example.com")
            for number, name in enumerate(["ada", "Ada", "ADA", "aDa"])
        )
    )
    assert sorted(map(codes, payloads)) == [
        [],
        *([[("USERNAME_TAKEN", "input", "username")]] * 3),
    ]
    assert await number_of(database, "users") == await number_of(database, "sessions") == 1


@pytest.mark.parametrize(
    ("name", "other"),
    [("paypal", "paypa1"), ("paypal", "PayPaI"), ("Oleg", "0leg"), ("emma", "ernma")],
)
async def test_a_name_that_looks_like_another_one_is_refused(
    anonymous: ApiClient, database: Database, name: str, other: str
) -> None:
    assert codes(await anonymous.sign_up(name)) == []
    payload = await anonymous.sign_up(other, email="other@example.com")
    assert codes(payload) == [("USERNAME_TAKEN", "input", "username")]
    availability = await anonymous.data("UsernameAvailability", username=other)
    assert availability["isAvailable"] is False
    assert await number_of(database, "users") == 1


async def test_names_that_only_share_letters_are_different(anonymous: ApiClient) -> None:
    for name in ("bill", "bili", "ernest", "paul"):
        assert codes(await anonymous.sign_up(name)) == []
