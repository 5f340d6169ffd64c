"""A server on a real socket, in a thread, and requests to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

import httpx
import orjson
import uvicorn
from graphql import DocumentNode, ExecutionResult, execute
from graphql.pyutils import AwaitableOrValue
from starlette.types import ASGIApp

from core.graphql.document_store import DocumentStore
from core.graphql.http.endpoint import GraphQLHTTP
from core.graphql.limits.limits import Limits
from core.server.uvicorn_http import HTTPProtocol
from tests.core.graphql.schema import SCHEMA, Calls, context_for

GRAPHQL_JSON = "application/graphql-response+json"
GRAPHQL_SCHEMA = SCHEMA._schema


def plain_execute(
    document: DocumentNode, operation_name: str | None, variables: dict[str, Any], context: Any
) -> AwaitableOrValue[ExecutionResult]:
    """graphql-core's own execution."""
    return execute(
        GRAPHQL_SCHEMA,
        document,
        operation_name=operation_name,
        variable_values=variables,
        context_value=context,
        hide_suggestions=True,
    )


class RunningServer:
    """A server that accepts requests."""

    def __init__(self, port: int, calls: Calls, loop: asyncio.AbstractEventLoop) -> None:
        self.port = port
        self.calls = calls
        self._loop = loop
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)

    def let_go(self) -> None:
        """Lets the field `held` return."""
        self._loop.call_soon_threadsafe(self.calls.let_go.set)

    def post(
        self,
        query: str | None = None,
        variables: Any = None,
        *,
        accept: str = GRAPHQL_JSON,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """The response to an operation sent by POST."""
        sent = {"query": query, "variables": variables, **more}
        return self.post_bytes(orjson.dumps(sent), {"accept": accept, **(headers or {})})

    def post_bytes(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """The response to a body, sent as JSON unless `headers` override it."""
        sent = {"content-type": "application/json", **(headers or {})}
        return self.client.post("/graphql", content=body, headers=sent)

    def get(self, headers: dict[str, str] | None = None, **parameters: str) -> httpx.Response:
        """The response to a GET request."""
        sent = {"accept": GRAPHQL_JSON, **(headers or {})}
        return self.client.get("/graphql", params=parameters, headers=sent)

    def data(self, query: str, variables: Any = None, **options: Any) -> Any:
        """The data of an operation that succeeds."""
        response = self.post(query, variables, **options)
        answer = response.json()
        assert (response.status_code, answer.get("errors")) == (200, None)
        return answer["data"]

    def connect(self) -> socket.socket:
        """A raw connection, to send what no client library would."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def running(
    app: ASGIApp, calls: Calls, http: Callable[..., asyncio.Protocol] = HTTPProtocol
) -> Iterator[RunningServer]:
    """Serves the application with uvicorn as in production: uvloop and httptools."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        if not loops:
            loops.append(asyncio.get_running_loop())
        await app(scope, receive, send)

    config = uvicorn.Config(
        outer,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http=http,  # type: ignore[arg-type]  # it is only called
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    listener = config.bind_socket()
    listener.listen()
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        port = listener.getsockname()[1]
        # The response arrives as soon as the server runs.
        httpx.options(f"http://127.0.0.1:{port}/graphql", timeout=20)
        running_server = RunningServer(port, calls, loops[0])
        with running_server.client:
            yield running_server
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def graphql_server(
    limits: Limits | None = None, documents: DocumentStore | None = None, **options: Any
) -> Iterator[RunningServer]:
    """A server of the small schema."""
    calls = Calls()
    app = GraphQLHTTP(
        documents=documents or DocumentStore(GRAPHQL_SCHEMA, limits or Limits()),
        execute=plain_execute,
        context_for=partial(context_for, calls),
        **options,
    )
    with running(app, calls) as server:
        yield server


def entries(response: httpx.Response) -> list[dict[str, Any]]:
    """The errors of a response, checked to be well-formed and to name its request."""
    assert response.headers["content-type"].endswith("json; charset=utf-8")
    answer = response.json()
    errors = answer["errors"]
    assert errors
    for error in errors:
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert isinstance(error["message"], str)
        assert error["message"]
        assert isinstance(error["extensions"]["code"], str)
        assert error["extensions"].pop("requestId") == response.headers["x-request-id"]
    return list(errors)


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The message of the single error of a request that was not executed."""
    assert response.status_code == status, response.text
    assert "data" not in response.json()
    [error] = entries(response)
    assert error["extensions"]["code"] == code
    return str(error["message"])
