"""Both doors under one rule, on a real server: passwords that are tried, and Redis that stands still."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
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


class Doors:
    """A server, and the Redis that it counts in."""

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
        """The answer of the admin to a browser that has just come."""
        with httpx.Client(base_url=self.address, timeout=30) as browser:
            page = browser.get("/admin/login/").text
            token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
            form = {"username": login, "password": password, "csrfmiddlewaretoken": token}
            answer = browser.post("/admin/login/", data=form, headers={"X-Forwarded-For": client})
            if answer.status_code == 302:
                assert "Site administration" in browser.get("/admin/").text
            return answer


@pytest.fixture
def doors(orm: None, tmp_path: Path) -> Iterator[Doors]:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    valkey = Valkey(tmp_path / "valkey")
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
        doors = Doors(f"http://127.0.0.1:{port}", valkey)
        with doors.client:
            yield doors
    finally:
        os.kill(valkey.process.pid, signal.SIGCONT)
        web.stop()
        valkey.stop()


def errors(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.json().get("errors", [])
    return found


def test_what_is_tried_at_one_door_is_counted_at_the_other(doors: Doors) -> None:
    assert doors.admin("root", "wrong").status_code == 200
    assert errors(doors.api("root", "wrong")) == []
    assert errors(doors.api("Root@example.org", "wrong")) == []

    refused = doors.admin("root", PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert "Too many sign-in attempts. Try again in 15 minutes." in refused.text
    assert PASSWORD not in refused.text
    answer = doors.api("root", PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    (error,) = errors(answer)
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < error["extensions"]["retryAfterSeconds"] <= 900

    # The owner is elsewhere.
    assert doors.admin("root", PASSWORD, client="198.51.100.2").status_code == 302
    assert errors(doors.api("root", PASSWORD, client="198.51.100.3")) == []


def test_both_doors_are_open_and_quick_while_redis_stands_still(doors: Doors) -> None:
    assert doors.admin("root", PASSWORD).status_code == 302
    os.kill(doors.valkey.process.pid, signal.SIGSTOP)
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert errors(doors.api("root", PASSWORD)) == []
        took.append(time.monotonic() - began)
        assert doors.admin("root", PASSWORD).status_code == 302
    assert min(took) < 2, took  # A busy machine slows some of them, and waiting for Redis all.
    for _ in range(AT_MOST):
        assert doors.admin("root", "wrong").status_code == 200
    assert doors.admin("root", "wrong").status_code == 429
