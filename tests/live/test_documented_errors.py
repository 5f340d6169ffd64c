"""docs/errors.md has an entry for each code, and its examples are what the server answers."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import httpx
import pytest

from core.database.database import Database
from core.errors import ErrorCode
from core.graphql.codes import CODES
from tests.live.world import TIMEOUT, serving, signed_in, websocket_client
from tests.paths import ROOT

PAGE = "https://docs.example.org/errors"
ENTRY = re.compile(r"^### (\w+)\n\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


class Entry(NamedTuple):
    """What happened and what to do, the request of the example if it has one, and the error in its answer."""

    happened: str
    to_do: str
    request: str | None
    error: dict[str, Any]


def entry(text: str) -> Entry:
    form = r"(\S[^\n]*)\n\n\*\*What to do:\*\* (\S[^\n]*)\n\n(?:```http\n(.*?)\n```\n\n)?```json\n(\S[^\n]*)\n```\n*"
    found = re.fullmatch(form, text, re.DOTALL)
    assert found, text
    happened, to_do, request, error = found.groups()
    return Entry(happened, to_do, request, json.loads(error))


ENTRIES = {
    code: entry(text) for code, text in ENTRY.findall((ROOT / "docs" / "errors.md").read_text())
}


def code_of(error: dict[str, Any]) -> str:
    return str(error.get("code") or error["extensions"]["code"])


async def answer_to(address: str, request: str, authorization: str) -> dict[str, Any]:
    """The first error, or the first problem of the payload."""
    head, _, body = request.partition("\n\n")
    first, *lines = head.replace("Bearer ACCESS_TOKEN", authorization).splitlines()
    method, path = first.split()
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        sent = client.build_request(method, path, content=body)
        for line in lines:
            name, _, value = line.partition(": ")
            sent.headers[name] = value
        answer = (await client.send(sent)).json()
    if "errors" in answer:
        error = dict(answer["errors"][0])
        assert error["extensions"].pop("requestId")
        return error
    [payload] = answer["data"].values()
    return dict(payload["errors"][0])


def test_each_code_has_an_entry_in_the_order_of_the_code() -> None:
    assert list(ENTRIES) == [*CODES, *(code.value for code in ErrorCode)]
    for code, each in ENTRIES.items():
        assert code_of(each.error) == code
        assert each.happened.endswith((".", ")"))
        assert each.to_do.endswith((".", ")"))
    assert sum(each.request is not None for each in ENTRIES.values()) > len(ENTRIES) / 2


@pytest.mark.parametrize("code", [code for code, each in ENTRIES.items() if each.request])
async def test_the_example_is_what_the_server_answers(
    address: str, database: Database, code: str
) -> None:
    (user,) = await signed_in(database, 1)
    each = ENTRIES[code]
    assert each.request is not None
    error = await answer_to(address, each.request, user.authorization)
    error.get("extensions", {}).pop("documentation", None)
    assert error == each.error


async def test_errors_link_to_their_entries_on_every_transport(
    django_db_setup: None, database: Database
) -> None:
    del django_db_setup
    with serving(error_docs_url=PAGE) as address:
        for each in ENTRIES.values():
            if each.request is not None and "extensions" in each.error:
                error = await answer_to(address, each.request, "Bearer x")
                code = code_of(error)
                assert error["extensions"]["documentation"] == f"{PAGE}#{code.lower()}"
        link = f"{PAGE}#graphql_validation_failed"
        async with websocket_client(address) as client:
            await client.subscribe("1", "{ nothing }")
            [error] = (await client.receive())["payload"]
            assert error["extensions"]["documentation"] == link
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
            headers = {"accept": "text/event-stream"}
            stream = await client.post("/graphql/", json={"query": "{ nothing }"}, headers=headers)
            assert f'"documentation":"{link}"' in stream.text
    with serving(error_docs_url="/docs/errors.md", api_url="https://api.example.com/") as address:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
            answer = await client.post("/graphql/", json={"query": "{ nothing }"})
            [error] = answer.json()["errors"]
            link = "https://api.example.com/docs/errors.md#graphql_validation_failed"
            assert error["extensions"]["documentation"] == link
    with serving(error_docs_url=None) as address:
        request = ENTRIES["BAD_ID"].request
        assert request is not None
        assert await answer_to(address, request, "") == ENTRIES["BAD_ID"].error
