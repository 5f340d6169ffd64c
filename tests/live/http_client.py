"""A client of GraphQL over HTTP that takes little of the CPU time that tests have. httpx takes more than the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping


class HttpClient:
    """Sends one request after another on a connection."""

    def __init__(self, address: str, authorization: str | None = None) -> None:
        """`authorization`: of requests that have none of their own."""
        self._host, _, self._port = address.rpartition(":")
        self._authorization = authorization
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, query: str, variables: Mapping[str, object], authorization: str | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the response. After an error or a cancellation, close the client."""
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, int(self._port))
        reader, writer = self._streams
        body = json.dumps({"query": query, "variables": variables})
        fields = {
            "Host": f"{self._host}:{self._port}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        if authorization := authorization or self._authorization:
            fields["Authorization"] = authorization
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"POST /graphql/ HTTP/1.1\r\n{head}\r\n{body}".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length: ")[2].partition(b"\r")[0])
        return int(answer[9:12]), await reader.readexactly(length)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
