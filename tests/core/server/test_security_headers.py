"""Every response tells browsers what it may do, whatever its path and status."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import URLPattern, URLResolver, get_resolver

from core.accounts.models import User
from core.devserver.ports import free_port
from core.devserver.product_processes import Web
from tests.commands import output_of
from tests.core.server.served import TIMEOUT
from tests.paths import ROOT

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OWN = (
    "/",
    "/graphql/",
    "/demo/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/favicon.ico",
    "/playground/licenses.txt",
    "/playground/none",
    "/playground/operations",
    "/playground/sign-in",
    "/playground/traces/1",
    "/docs/README.md",
    "/docs/docs/errors.md",
    "/docs/pictures/demo.png",
    "/docs/none",
    "/static/admin/css/base.css",
    "/static/none",
    "/none",
)
INVALID: tuple[tuple[str, str, dict[str, str], int], ...] = (
    ("GET", "/staff/", {"host": "evil.example.net"}, 400),
    ("POST", "/staff/login/", {}, 403),
    ("POST", "/healthz", {}, 404),
    ("POST", "/none", {"content-type": "application/json"}, 404),
)
UNSAFE = re.compile(r"\*|https?:|unsafe-eval|script-src[^;]*'unsafe-inline'")
"""What no policy has."""


class Client(NamedTuple):
    """A member of staff at a server."""

    http: httpx.Client
    is_development: bool


def staff_cookie() -> dict[str, str]:
    """The cookie of a superuser who is signed in to the admin."""
    user = User.objects.create_superuser("root", "root@example.org", "hush a password")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"sessionid": str(session.session_key)}


class Server(NamedTuple):
    """A server in development or in production."""

    address: str
    is_development: bool


@pytest.fixture(scope="module", params=[True, False], ids=["development", "production"])
def server(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    port = free_port()
    variables = {"PORT": str(port), "HOST": "127.0.0.1", "ADMIN_PATH": "staff"}
    if not request.param:
        variables |= {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "PLAYGROUND": "true"}
        variables |= {"TRUSTED_PROXIES": "127.0.0.1"}
        variables |= {
            "DJANGO_SETTINGS_MODULE": "tests.core.server.settings_of_static_files",
            "STATIC_FILES": str(tmp_path_factory.mktemp("static")),
        }
        output_of(sys.executable, "manage.py", "collectstatic", "--no-input", "-v0", **variables)
    web = Web(root=ROOT, variables=os.environ | variables, host="127.0.0.1", port=port)
    try:
        web.start()
        web.wait()
        yield Server(f"http://127.0.0.1:{port}", request.param)
    finally:
        web.stop()


@pytest.fixture
def client(server: Server, orm: None) -> Iterator[Client]:
    with httpx.Client(base_url=server.address, timeout=TIMEOUT, cookies=staff_cookie()) as opened:
        yield Client(opened, server.is_development)


def django_paths() -> Iterator[str]:
    """The paths of the admin, below its own, with values for their parameters."""

    def walk(patterns: list[Any], prefix: str) -> Iterator[str]:
        for each in patterns:
            path = prefix + re.sub(r"<[^>]+>", "1", str(each.pattern))
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, path)
            elif isinstance(each, URLPattern):
                yield re.sub(r"\(\?P1.*|[\^$]", "", path)

    for path in walk(get_resolver().url_patterns, "/"):
        yield path.replace("/admin/", "/staff/", 1)


def check(response: httpx.Response, client: Client) -> None:
    """Asserts that the response has each header once, with a strict value."""
    headers = response.headers
    where = f"{response.request.method} {response.request.url} {response.status_code}"
    assert response.status_code < 500, where
    assert headers.get_list("x-content-type-options") == ["nosniff"], where
    [policy] = headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy, where
    assert headers.get_list("x-frame-options") == ["DENY"], where
    assert headers.get_list("referrer-policy") in (["no-referrer"], ["same-origin"]), where
    assert headers.get_list("cross-origin-opener-policy") == ["same-origin"], where
    assert "permissions-policy" in headers, where
    assert "server" not in headers, where
    if response.status_code < 400 or not client.is_development:
        assert not UNSAFE.search(policy), where


def test_every_path_has_all_headers(client: Client) -> None:
    admin = list(django_paths())
    assert len(admin) > 30
    pages = 0
    for path in (*OWN, *admin):
        if path.endswith("/logout/"):
            continue
        response = client.http.get(path, headers=BROWSER)
        check(response, client)
        pages += response.headers.get("content-type", "").startswith("text/html")
    assert pages > 15
    assert client.http.get("/staff/", headers=BROWSER).status_code == 200
    assert client.http.get("/admin/", headers=BROWSER).status_code == 404


def test_errors_have_all_headers(client: Client) -> None:
    for method, path, headers, status in INVALID:
        response = client.http.request(method, path, headers={**BROWSER, **headers})
        assert response.status_code == status, path
        check(response, client)


def test_answers_of_the_api_are_json_and_not_sniffed(client: Client) -> None:
    text = "<script>alert(1)</script>&amp;"
    for query, headers in (
        ("{ __typename }", {}),
        ("{", {}),
        (f'{{ userByUsername(username: "{text}") {{ id }} }}', {}),
        (f'{{ node(id: "{text}") {{ id }} }}', {"accept": "application/graphql-response+json"}),
        ("{ __typename }", {"content-type": "text/html"}),
        ("{ __typename }", {"accept": "text/html"}),
        ("{ __typename }", {"authorization": text}),
    ):
        sent = {"content-type": "application/json", **headers}
        response = client.http.post("/graphql/", json={"query": query}, headers=sent)
        assert response.headers.get_list("x-content-type-options") == ["nosniff"]
        assert re.match(
            r"application/(json|graphql-response\+json);", response.headers["content-type"]
        )


def test_https_is_demanded_where_it_is_used(client: Client) -> None:
    for scheme in ("http", "https"):
        response = client.http.get("/healthz", headers={"x-forwarded-proto": scheme})
        is_demanded = "strict-transport-security" in response.headers
        assert is_demanded is (scheme == "https" and not client.is_development)
