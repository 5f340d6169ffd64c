"""Clients that send any request by HTTP, as an event stream or over a WebSocket, and leave when they like."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import quote

from graphql import GraphQLSchema

from tests.benchmarks.live_clients import HANDSHAKE, framed
from tests.live.documents import ANY, Json, Known, parameters
from tests.live.raw_clients import CLOSE_FRAME, END_OF_HEAD, RESET

ANSWER_SECONDS = 30.0
SHOWN_CHARACTERS = 3_000
ACCEPTED = (
    *("application/json",) * 10,
    "application/graphql-response+json",
    "application/graphql-response+json, application/json;q=0.9",
    "multipart/mixed;deferSpec=20220824,application/json",
    "*/*",
    "text/html",
    "x/y",
    "",
)
ACCEPTED_STREAMS = (
    "text/event-stream",
    "multipart/mixed;subscriptionSpec=1.0",
    "multipart/mixed;subscriptionSpec=1.0, application/json",
)
CONTENT = ("application/json",) * 60 + ("text/plain", "application/json; charset=x", "")
CURSOR = re.compile(rb'(?:[cC]ursor|latest)":"([^"\\]{1,400})"')
ID = re.compile(rb'"(?:id|\w+Id)":"([^"\\]{1,100})"')
TOKEN = re.compile(rb'"refreshToken":"([^"\\]{1,200})"')
FAULTS = {"INTERNAL"}


class Fault(Exception):
    """The server did what it must not; the message says what and with which request."""


class AnyClient:
    """One client after the other, each with a connection of its own."""

    def __init__(
        self,
        address: str,
        *,
        schema: GraphQLSchema,
        authorizations: Sequence[str | None],
        chance: Random,
        known: Known,
    ) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._schema = schema
        self._authorizations = authorizations
        self._chance = chance
        self._known = known
        self.sent: Counter[str] = Counter()
        """Requests, by their transport; and how many left early."""
        self.codes: Counter[str] = Counter()
        """The codes of errors, and statuses."""
        self.faults: list[str] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Connects again and again until it is to stop."""
        while not stop.is_set():
            act = self._chance.choices(
                (self._by_http, self._by_stream, self._by_socket), (8, 1, 1)
            )[0]
            request: list[Any] = []
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port, limit=2**24)
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await act(reader, writer, request)
                finally:
                    self._leave(writer)
            except (Fault, TimeoutError, OSError, EOFError, ValueError) as error:
                self.faults.append(f"{error!r} {act.__name__}: {str(request)[:SHOWN_CHARACTERS]}")

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        if self._chance.random() < 0.5 and not writer.is_closing():
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        writer.close()

    async def _by_http(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: list[Any]
    ) -> None:
        chance = self._chance
        for _ in range(chance.choice((1, 1, 5))):
            asked = parameters(self._schema, chance, self._known)
            data = self._request(asked, chance.choice(ACCEPTED))
            request[:] = [asked, data[:600]]
            self.sent["HTTP"] += 1
            if chance.random() < 0.3:
                self.sent["left early"] += 1
                writer.write(data[: chance.choice((len(data), chance.randrange(len(data))))])
                await asyncio.sleep(chance.expovariate(50))
                return
            writer.write(data)
            status, fields = await self._head(reader)
            if "content-length" in fields:
                body = await reader.readexactly(int(fields["content-length"]))
            else:
                body = b""
                if fields.get("connection") == "close":
                    body = await reader.read()
            self._judge_answer(status, fields, body)
            if fields.get("connection") == "close":
                return

    async def _by_stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: list[Any]
    ) -> None:
        chance = self._chance
        asked = parameters(self._schema, chance, self._known)
        request[:] = [asked]
        accept = chance.choice(ACCEPTED_STREAMS)
        self.sent[accept] += 1
        writer.write(self._request(asked, accept))
        if chance.random() < 0.3:
            self.sent["left early"] += 1
            await asyncio.sleep(chance.expovariate(50))
            return
        status, fields = await self._head(reader)
        if fields.get("content-type", "").startswith(("text/event-stream", "multipart/mixed")):
            with suppress(TimeoutError):
                async with asyncio.timeout(chance.uniform(0.02, 1)):
                    while line := await reader.readline():
                        if line.startswith((b"data: {", b'{"payload"')):
                            result = json.loads(line.removeprefix(b"data: "))
                            self._judge(result.pop("payload", None) or result)
                            self._learn(line)
        else:
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            self._judge_answer(status, fields, body)

    async def _by_socket(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: list[Any]
    ) -> None:
        chance = self._chance
        self.sent["WebSocket"] += 1
        writer.write(HANDSHAKE)
        await reader.readuntil(END_OF_HEAD)
        authorization = chance.choice(self._authorizations)
        payload = {"authorization": authorization} if authorization else None
        messages: list[Json] = [{"type": "connection_init", "payload": payload}]
        for number in range(chance.choice((1, 1, 3, 30))):
            asked = parameters(self._schema, chance, self._known)
            messages.append({"type": "subscribe", "id": str(number % 25), "payload": asked})
            if chance.random() < 0.2:
                messages.append({"type": "complete", "id": str(number)})
            if chance.random() < 0.02:
                messages.append(
                    {"type": chance.choice(("ping", "pong", "x")), "payload": chance.choice(ANY)}
                )
        request[:] = messages
        for message in messages:
            writer.write(framed(message))
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.uniform(0.01, 1.5)):
                async for opcode, frame in frames(reader):
                    if opcode == 8:
                        code = int.from_bytes(frame[:2], "big")
                        self.codes[f"close {code}"] += 1
                        if code in {1011, 4500}:
                            raise Fault(f"closed with {code}")
                        writer.write(CLOSE_FRAME)
                        return
                    message = json.loads(frame)
                    self._learn(frame)
                    if message["type"] == "next":
                        self._judge(message["payload"])
                    elif message["type"] == "error":
                        self._judge({"errors": message["payload"]})

    def _request(self, asked: Json, accept: str) -> bytes:
        """The bytes of a request."""
        chance = self._chance
        lines = [f"Host: {self._host}", f"Accept: {accept}"]
        authorization = chance.choice(self._authorizations)
        if authorization is not None:
            lines.append(f"Authorization: {authorization}")
        if chance.random() < 0.05:
            lines.append(
                chance.choice(
                    ("Last-Event-ID: a b", "Origin: null", "Content-Encoding: gzip", "X-Any: \xff",
                     "Last-Event-ID: " + "x" * 17_000, "Expect: 100-continue", "Connection: close")
                )
            )  # fmt: skip
        if chance.random() < 0.1:
            pairs = [
                f"{name}={quote(value if isinstance(value, str) else json.dumps(value), safe='')}"
                for name, value in asked.items()
            ]
            head = f"GET /graphql/?{'&'.join(pairs)} HTTP/1.1\r\n"
            return (head + "\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        body = json.dumps(asked).encode()
        if chance.random() < 0.03:
            body = chance.choice(
                (b"", b"[]", b"null", body[:-1], b"[" + body + b"]", b"\xff", b"x" * 300_000)
            )
        lines += [f"Content-Type: {chance.choice(CONTENT)}", f"Content-Length: {len(body)}"]
        head = f"{chance.choice(('POST',) * 30 + ('PUT', 'OPTIONS'))} /graphql/ HTTP/1.1\r\n"
        return (head + "\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body

    async def _head(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        while True:
            head = (await reader.readuntil(END_OF_HEAD)).decode("latin-1")
            line, *rest = head.strip().split("\r\n")
            status = int(line.split()[1])
            if status != 100:
                fields = (each.partition(": ")[::2] for each in rest)
                return status, {name.lower(): value for name, value in fields}

    def _judge_answer(self, status: int, fields: dict[str, str], body: bytes) -> None:
        self.codes[str(status)] += 1
        kind = fields.get("content-type", "").partition(";")[0]
        if kind.endswith("json"):
            self._learn(body)
            self._judge(json.loads(body))
        elif kind not in {"text/html", ""} and status != 400:
            raise Fault(f"{status} of type {kind}")

    def _judge(self, result: Any) -> None:
        """Counts the errors of a result. Errors: Fault."""
        if not result or not set(result) <= {"data", "errors", "extensions"}:
            raise Fault(f"no result of GraphQL: {str(result)[:200]}")
        for error in result.get("errors", ()):
            code = error["extensions"]["code"]
            self.codes[code] += 1
            if code in FAULTS:
                raise Fault(str(error))

    def _learn(self, answer: bytes) -> None:
        """Keeps some of what is named in the answer."""
        for form, kept in (
            (ID, self._known.ids),
            (CURSOR, self._known.cursors),
            (TOKEN, self._known.tokens),
        ):
            kept.extend(found.decode() for found in form.findall(answer, 0, 4_000)[:3])


async def frames(reader: asyncio.StreamReader) -> Any:
    """The kind and content of each frame of a WebSocket, as the server sends them: whole."""
    while True:
        first, size = await reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await reader.readexactly(8), "big")
        yield first & 15, await reader.readexactly(size)
