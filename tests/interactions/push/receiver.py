"""A push service on this machine: HTTPS by HTTP/2 or HTTP/1.1, with a certificate of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

HOST = "127.0.0.1"
FRAME_BYTES = 16_384


@dataclass
class Received:
    """A request."""

    version: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Reply:
    """What the service answers. After `held` it does so only when the event is set."""

    status: int = 201
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    held: asyncio.Event | None = None


class Receiver:
    """Records requests, and answers each with the next of `replies`, then with 201."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.replies: list[Reply] = []
        self.port = 0
        self.arrived = asyncio.Event()
        """Set by each request."""
        self._connections: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    @asynccontextmanager
    async def serving(self, certificate: Path | None) -> AsyncIterator[None]:
        """`certificate`: a file with key and certificate; None: plain HTTP."""
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            context.set_alpn_protocols(["h2", "http/1.1"])
        server = await asyncio.start_server(self._serve, HOST, 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for writer in list(self._connections):
                writer.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def _answer(self, request: Received) -> Reply:
        self.received.append(request)
        self.arrived.set()
        reply = self.replies.pop(0) if self.replies else Reply()
        if reply.held is not None:
            await reply.held.wait()
        return reply

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            connection = writer.get_extra_info("ssl_object")
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                if connection is not None and connection.selected_alpn_protocol() == "h2":
                    await self._serve_http2(reader, writer)
                else:
                    await self._serve_http1(reader, writer)
        finally:
            self._connections.discard(writer)
            self._tasks.discard(task)
            writer.close()

    async def _serve_http1(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = h11.Connection(h11.SERVER)
        while True:
            request: Received | None = None
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(await reader.read(65_536))
                elif isinstance(event, h11.Request):
                    headers = {name.decode(): value.decode() for name, value in event.headers}
                    request = Received("HTTP/1.1", event.target.decode(), headers)
                elif isinstance(event, h11.Data):
                    assert request is not None
                    request.body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    break
                else:  # closed
                    return
            assert request is not None
            reply = await self._answer(request)
            length = {"Content-Length": str(len(reply.body))}
            head = h11.Response(
                status_code=reply.status, headers=list({**reply.headers, **length}.items())
            )
            for part in (head, h11.Data(data=reply.body), h11.EndOfMessage()):
                writer.write(connection.send(part) or b"")
            await writer.drain()
            connection.start_next_cycle()

    async def _serve_http2(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        requests: dict[int, Received] = {}
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = {name.decode(): value.decode() for name, value in event.headers or ()}
                    path = headers.pop(":path")
                    requests[event.stream_id or 0] = Received("HTTP/2", path, headers)
                elif isinstance(event, h2.events.DataReceived):
                    requests[event.stream_id or 0].body += event.data or b""
                    connection.acknowledge_received_data(
                        event.flow_controlled_length or 0, event.stream_id or 0
                    )
                elif isinstance(event, h2.events.StreamEnded):
                    stream = event.stream_id or 0
                    answering = asyncio.create_task(
                        self._reply_http2(connection, writer, stream, requests.pop(stream))
                    )
                    self._tasks.add(answering)
                    answering.add_done_callback(self._tasks.discard)
            writer.write(connection.data_to_send())
            await writer.drain()

    async def _reply_http2(
        self,
        connection: h2.connection.H2Connection,
        writer: asyncio.StreamWriter,
        stream: int,
        request: Received,
    ) -> None:
        reply = await self._answer(request)
        # The client may have given up meanwhile.
        with suppress(h2.exceptions.ProtocolError, ConnectionError):
            names = [(name.lower(), value) for name, value in reply.headers.items()]
            connection.send_headers(stream, [(":status", str(reply.status)), *names])
            for start in range(0, len(reply.body), FRAME_BYTES):
                connection.send_data(stream, reply.body[start : start + FRAME_BYTES])
            connection.end_stream(stream)
            writer.write(connection.data_to_send())
            await writer.drain()


def make_certificate(path: Path) -> None:
    """Writes a file with a key and its certificate for HOST, by which clients also trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a push service for tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
