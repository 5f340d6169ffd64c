"""Installations without containers: units of systemd start the server's commands, and nginx passes everything on."""

from __future__ import annotations

import re
import shutil
import signal
from configparser import ConfigParser
from pathlib import Path

import httpx
import pytest

from core.database.database import Database
from core.devserver.ports import free_port
from core.devserver.server_processes import ServerProcess
from tests.core.server.served import TIMEOUT, served
from tests.live.world import websocket_client
from tests.paths import ROOT

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/feed.conf;
}}
"""


@pytest.mark.parametrize(
    ("unit", "command"),
    [("feed-web", "python -m core.server"), ("feed-worker", "python manage.py work")],
)
def test_a_unit_starts_what_the_readme_says_and_again_when_it_ends(unit: str, command: str) -> None:
    parser = ConfigParser(interpolation=None)
    parser.read(DEPLOY / "systemd" / f"{unit}.service")
    service = parser["Service"]
    assert service["ExecStart"].endswith(f"/.venv/bin/{command}")
    assert f"\n{command}\n" in (ROOT / "README.md").read_text()
    assert service["Restart"] == "always"
    # Only the command is sent SIGTERM; it ends the processes that it started.
    assert service["KillMode"] == "mixed"


@pytest.mark.skipif(NGINX is None, reason="needs apt-get install nginx-light")
async def test_nginx_passes_on_hosts_ids_and_websockets(database: Database, tmp_path: Path) -> None:
    assert NGINX is not None
    port = free_port()
    with served(tmp_path, TRUSTED_PROXIES="127.0.0.1") as server:
        await server.becomes_ready(1)
        text = (DEPLOY / "nginx" / "feed.conf").read_text()
        text = re.sub(r"(?m)^ *ssl_.*\n", "", text)
        for old, new in (
            ("listen 443 ssl", f"listen 127.0.0.1:{port}"),
            ("127.0.0.1:8000", server.address),
        ):
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "feed.conf").write_text(text)
        (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path))
        nginx = ServerProcess.start(
            "nginx",
            [NGINX, "-p", str(tmp_path), "-e", "errors", "-c", "nginx.conf"],
            stop_signal=signal.SIGTERM,
            folder=tmp_path,
            log=tmp_path / "nginx.log",
        )
        try:
            transport = httpx.AsyncHTTPTransport(retries=10)
            async with httpx.AsyncClient(
                base_url=f"http://localhost:{port}", timeout=TIMEOUT, transport=transport
            ) as client:
                assert (await client.get("/healthz")).json() == {"status": "alive"}
                assert (await client.get("/metrics")).status_code == 404
                answer = await client.post("/graphql/", json={"query": "{ viewer { id } }"})
                assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
            async with websocket_client(f"127.0.0.1:{port}", None):
                pass
        finally:
            nginx.stop()
