"""What exists in development only: the demo, and for the playground sign-in as any user, operations, traces, plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from django.http.request import split_domain_port, validate_host
from graphql import GraphQLError, get_operation_ast, parse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.accounts.sessions import Accounts
from core.accounts.sign_in import sign_in_without_password
from core.config.environment import environment
from core.config.schema import graphql_schema
from core.errors import ClientError, MutationRefused
from core.execution.explain import NotCompiled, explain
from core.graphql.limits.counting import DocumentCounter
from core.graphql.limits.limits import Limits
from core.server.app import Server
from core.server.playground import demo_page, demo_worker

OPERATIONS = Path(__file__).resolve().parent.parent.parent / "tests" / "operations"
MAX_BODY_BYTES = 256 * 1024
COUNTS = ("fields", "depth", "aliases")


def development_routes(server: Server) -> list[Route]:
    """The routes. They are for this machine: other host names, as of DNS rebinding, and other sites are refused."""

    async def sign_in(request: Request) -> Response:
        """A session of the user with the given username, without a password."""
        body = await _json_body(request)
        accounts = server.services.get(Accounts)
        try:
            session = await sign_in_without_password(
                server.database, accounts, username=str(body.get("username"))
            )
        except MutationRefused as refused:
            raise HTTPException(400, "There is no such user, or they may not sign in.") from refused
        return _json(
            {
                "accessToken": session.access_token,
                "accessTokenExpiresAt": session.access_token_expires_at,
                "refreshToken": session.refresh_token,
                "username": session.viewer.username,
            }
        )

    async def trace(request: Request) -> Response:
        """The trace of a request."""
        _check_host(request)
        found = None if server.traces is None else server.traces.find(request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        return _json(found)

    return [
        Route("/demo/", _demo),
        Route("/demo/worker.js", _worker),
        Route("/playground/sign-in", sign_in, methods=["POST"]),
        Route("/playground/operations", _operations),
        Route("/playground/traces/{id}", trace),
        Route("/playground/plan", _plan, methods=["POST"]),
    ]


async def _operations(request: Request) -> Response:
    """The contract's operations: name and text."""
    _check_host(request)
    return _json(
        [
            {"name": path.stem, "text": path.read_text()}
            for path in sorted(OPERATIONS.glob("*.graphql"))
        ]
    )


async def _plan(request: Request) -> Response:
    """How an operation is executed, and its counts beside their limits."""
    body = await _json_body(request)
    return _json(_explained(body.get("query"), body.get("operationName"), body.get("variables")))


async def _demo(_: Request) -> Response:
    page = demo_page()
    headers = {name.decode(): value.decode() for name, value in page.headers}
    return HTMLResponse(page.body, headers=headers | {"cache-control": "no-store"})


async def _worker(_: Request) -> Response:
    return demo_worker()


def _explained(query: Any, name: Any, variables: Any) -> dict[str, Any]:
    """The plan's text, or why there is none, and the operation's counts."""
    limits = Limits()
    if not isinstance(query, str) or len(query) > limits.document_characters:
        raise HTTPException(400, "`query` must be a document.")
    try:
        document = parse(query, max_lexical_tokens=limits.tokens)
        operation = get_operation_ast(document, name)
        if operation is None:
            raise HTTPException(400, "Name one of the document's operations.")
        counted = DocumentCounter(document, limits).operation(operation)
        text = explain(graphql_schema, query, operation_name=name, variables=variables or {})
    except NotCompiled as reason:
        text = f"The standard executor executes it: {reason}"
    except (GraphQLError, ClientError) as error:
        raise HTTPException(400, str(error)) from error
    counts = {each: [getattr(counted, each), getattr(limits, each)] for each in COUNTS}
    return {"plan": text, "counts": counts}


def _check_host(request: Request) -> None:
    """Errors: 403 unless the request names this server as ALLOWED_HOSTS does."""
    host, _ = split_domain_port(request.headers.get("host", ""))
    if not validate_host(host, list(environment().allowed_hosts)):
        raise HTTPException(403, "This host name is not in ALLOWED_HOSTS.")


async def _json_body(request: Request) -> dict[str, Any]:
    """The request's body. A page of another origin can't send JSON, because there is no answer to its preflight."""
    _check_host(request)
    if request.headers.get("content-type") != "application/json":
        raise HTTPException(415, "Send JSON.")
    text = bytearray()
    async for part in request.stream():
        text += part
        if len(text) > MAX_BODY_BYTES:
            raise HTTPException(413)
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is not an object.")
    return body


def _json(content: Any) -> Response:
    return Response(
        orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json"
    )
