"""The API and the admin share the login throttle, on a real server, also while Redis hangs."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.accounts.models import User
from core.devserver.ports import free_port
from core.devserver.product_processes import Web
from core.devserver.valkey import Valkey
from tests.paths import ROOT

PASSWORD = "hush-password-of-root"
AT_MOST = 3
SIGN_IN = """mutation($input: SignInInput!) {
    signIn(input: $input) { session { accessToken } errors { code } }
}"""


class SignIn:
    """Sign-in at a server by API and admin, and the server's Redis."""

    def __init__(self, address: str, valkey: Valkey) -> None:
        self.valkey = valkey
        self.address = address
        self.client = httpx.Client(base_url=address, timeout=30)

    def api(self, login: str, password: str, client: str = "198.51.100.1") -> httpx.Response:
        variables = {"input": {"login": login, "password": password}}
        return self.client.post(
            "/graphql/",
            json={"query": SIGN_IN, "variables": variables},
            headers={"X-Forwarded-For": client},
        )

    def admin(self, login: str, password: str, client: str = "198.51.100.1") -> httpx.Response:
        """The admin's response to a new browser."""
        with httpx.Client(base_url=self.address, timeout=30) as browser:
            page = browser.get("/admin/login/").text
            token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
            form = {"username": login, "password": password, "csrfmiddlewaretoken": token}
            response = browser.post("/admin/login/", data=form, headers={"X-Forwarded-For": client})
            if response.status_code == 302:
                assert "<h1>Administration</h1>" in browser.get("/admin/").text
            return response


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignIn]:
    valkey = Valkey(tmp_path_factory.mktemp("server") / "valkey")
    port = free_port()
    valkey.start()
    variables = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "REDIS_URL": valkey.url,
        "SIGN_IN_ATTEMPTS": str(AT_MOST),
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    web = Web(root=ROOT, variables=variables, host="127.0.0.1", port=port)
    try:
        valkey.wait()
        web.start()
        web.wait()
        sign_in = SignIn(f"http://127.0.0.1:{port}", valkey)
        with sign_in.client:
            yield sign_in
    finally:
        web.stop()
        valkey.stop()


@pytest.fixture
def sign_in(orm: None, server: SignIn) -> Iterator[SignIn]:
    """Sign-in of a new superuser, `root`."""
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    yield server
    os.kill(server.valkey.process.pid, signal.SIGCONT)


def errors(response: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = response.json().get("errors", [])
    return found


def test_attempts_at_the_api_and_the_admin_share_a_counter(sign_in: SignIn) -> None:
    assert sign_in.admin("root", "wrong").status_code == 200
    assert errors(sign_in.api("root", "wrong")) == []
    assert errors(sign_in.api("Root", "wrong")) == []

    refused = sign_in.admin("root", PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert "Too many sign-in attempts. Try again in 15 minutes." in refused.text
    assert PASSWORD not in refused.text
    response = sign_in.api("root", PASSWORD)
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 900
    (error,) = errors(response)
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < error["extensions"]["retryAfterSeconds"] <= 900

    # The owner signs in from another address.
    assert sign_in.admin("root", PASSWORD, client="198.51.100.2").status_code == 302
    assert errors(sign_in.api("root", PASSWORD, client="198.51.100.3")) == []


def test_sign_in_works_and_is_quick_while_redis_hangs(sign_in: SignIn) -> None:
    client = "198.51.100.4"  # Without failed attempts.
    assert sign_in.admin("root", PASSWORD, client).status_code == 302
    os.kill(sign_in.valkey.process.pid, signal.SIGSTOP)
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert errors(sign_in.api("root", PASSWORD, client)) == []
        took.append(time.monotonic() - began)
        assert sign_in.admin("root", PASSWORD, client).status_code == 302
    assert min(took) < 2, (
        took
    )  # A busy machine slows down some attempts, waiting for Redis all of them.
    for _ in range(AT_MOST):
        assert sign_in.admin("root", "wrong", client).status_code == 200
    assert sign_in.admin("root", "wrong", client).status_code == 429
