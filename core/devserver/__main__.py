"""`make run`: runs everything on this machine until Ctrl-C.

Starts PostgreSQL and Valkey, migrates, seeds demo data at the first start, and starts the server and the worker.
A server whose URL is set (DATABASE_URL, REDIS_URL) is used instead of a new one.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg2
import redis

from core.config.environment import Environment, EnvironmentInvalid, declared_settings
from core.devserver.folder_locks import AlreadyRunning, folder_lock
from core.devserver.ports import free_port, is_free
from core.devserver.postgres import Postgres
from core.devserver.product_processes import LocalWorker, Web
from core.devserver.published_variables import publish_variables, remove_published_variables
from core.devserver.server_processes import ProcessUser, ServerFailed, ServerProcess, write_private
from core.devserver.servers import Servers, running_servers
from core.devserver.supervision import StopRequested, restart_ended, stop_requests

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / ".data"
UNFINISHED = "first-start-unfinished"
DEMO_USERS = 500
DEMO_POSTS = 5_000
DEMO_LOGIN = "demo"
DEMO_PASSWORD = "demo-demo-demo"  # noqa: S105  # public, for a local server
PLACEHOLDERS = {"DATABASE_URL": "postgresql://127.0.0.1/feed", "REDIS_URL": "redis://127.0.0.1"}

QUERY = "{ publicFeed(first: 3) { edges { node { id text author { username } } } } }"
WELCOME = """Ready.

  First page          {url}/
  API, playground     {url}/graphql/
  Demo                {url}/demo/
  Documentation       {url}/docs/
  Admin               {url}/{admin_path}/
  Mails               {mails}
{sign_in}
  Query the newest posts:

    curl -s {url}/graphql/ -H 'Content-Type: application/json' \\
      -d '{{"query": "{query}"}}'

  Ctrl-C stops it. The data stays in .data/; `make clean-data` removes it.
"""


SIGN_IN = """  Sign in             {login}   password: {password}   ({where})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs the feed on this machine until Ctrl-C.")
    parser.add_argument(
        "--data", type=Path, default=DATA, help="the folder for the data (default: .data)"
    )
    parser.add_argument("--with-process", type=int, help="stop when the process with this id ends")
    arguments = parser.parse_args()
    try:
        with stop_requests():
            run(arguments.data.resolve(), with_process=arguments.with_process)
    except StopRequested:
        say("Stopped.")
    except (ServerFailed, EnvironmentInvalid) as problem:
        sys.exit(f"\n{problem}")
    except PermissionError as refused:
        sys.exit(
            f"\n{refused.filename} belongs to another user. Run this as that user, or in a checkout of your own."
        )


def run(data: Path, *, with_process: int | None) -> None:
    """Starts everything, and restarts what ends, until StopRequested is raised."""
    data.mkdir(parents=True, exist_ok=True)
    local = local_variables(data)
    settings = Environment.read({**PLACEHOLDERS, **local})
    address = f"http://localhost:{settings.port}"
    with ExitStack() as stack:
        lock_folder(stack, data, address)
        check_port(settings)
        unfinished = data / UNFINISHED
        if unfinished.exists() and "DATABASE_URL" not in local:
            say("The first start did not finish; its database is created again.")
            Postgres(data / "postgres", durable=True).remove()
        with step("PostgreSQL and Valkey"):
            servers = stack.enter_context(running_servers(data, durable=True, given=local))
        variables = local | servers.variables
        check_servers(servers)
        with step("Migrations"):
            manage("migrate", "--verbosity=0", variables=variables)
        if has_no_users(servers.database_url):
            unfinished.touch()
            say(
                f"First start: seeding {DEMO_USERS} users and {DEMO_POSTS} posts, which takes some seconds."
            )
            seed(variables, is_local="DATABASE_URL" not in local)
        unfinished.unlink(missing_ok=True)
        web = Web(root=ROOT, variables=variables, host=settings.host, port=settings.port)
        worker = LocalWorker(root=ROOT, variables=variables, log=data / "worker.log")
        with step("Server and worker"):
            for process in (web, worker):
                stack.callback(process.stop)
                process.start()
            web.wait()
        published = {name.upper() for name in declared_settings()}
        publish_variables(data, {k: v for k, v in variables.items() if k in published})
        sign_in = demo_sign_in(servers.database_url)
        mails = (
            "one file each in .data/mail/"
            if settings.mail_url.startswith("file:")
            else "by MAIL_URL"
        )
        say(
            WELCOME.format(
                url=address,
                admin_path=settings.admin_path,
                mails=mails,
                query=QUERY,
                sign_in=sign_in,
            )
        )
        restart_ended([*servers.started, web, worker], say, with_process=with_process)


def local_variables(data: Path) -> dict[str, str]:
    """The environment of this process, with defaults for development."""
    given = {name: value for name, value in os.environ.items() if value}
    return {
        "DEBUG": "true",
        "LOG_LEVEL": "WARNING",
        "SECRET_KEY": secret_key(data),
        "API_URL": f"http://localhost:{given.get('PORT', '8000')}",
        "MAIL_URL": f"file://{quote(str(data / 'mail'))}",
        **given,
    }


def secret_key(data: Path) -> str:
    """The secret key of this checkout, generated once, so that tokens stay valid after a restart."""
    path = data / "secret-key"
    if not path.exists():
        caller = ProcessUser(os.geteuid(), os.getegid())
        write_private(path, secrets.token_urlsafe(48), caller)
    return path.read_text().strip()


def lock_folder(stack: ExitStack, data: Path, address: str) -> None:
    """Acquires the folder's lock until the stack closes. Errors: ServerFailed if another process holds it."""
    try:
        stack.enter_context(folder_lock(data, f"process {os.getpid()}, {address}"))
    except AlreadyRunning as running:
        raise ServerFailed(
            f"`make run` is already running in this checkout ({running}). Use that one, or stop it with Ctrl-C."
        ) from None
    remove_published_variables(data)


def check_port(settings: Environment) -> None:
    """Errors: ServerFailed if another program listens on the port."""
    if not is_free(settings.host, settings.port):
        raise ServerFailed(
            f"Another program listens on port {settings.port}. Stop it, or choose another port: "
            f"PORT={free_port()} make run"
        )


def check_servers(servers: Servers) -> None:
    """Errors: ServerFailed if a server can't be used, which may be one from the environment."""
    try:
        psycopg2.connect(servers.database_url, connect_timeout=10).close()
    except psycopg2.OperationalError as refusal:
        raise unusable_server("PostgreSQL", "DATABASE_URL", servers.database_url, refusal) from None
    try:
        with redis.Redis.from_url(servers.redis_url, socket_timeout=10) as client:
            client.ping()
    except redis.RedisError as refusal:
        raise unusable_server("Valkey or Redis", "REDIS_URL", servers.redis_url, refusal) from None


def unusable_server(kind: str, variable: str, url: str, refusal: Exception) -> ServerFailed:
    """The error for a server that can't be used. It names the host and not the password."""
    parts = urlsplit(url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
    why = str(refusal).strip().splitlines()[-1].strip()
    return ServerFailed(
        f"{kind} at {host} ({variable}) can't be used: {why}\n"
        f"Correct {variable}, or unset it to start a local server."
    )


def has_no_users(database_url: str) -> bool:
    """Whether the database has no users."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT FROM users LIMIT 1")
        return cursor.rowcount == 0


def demo_sign_in(database_url: str) -> str:
    """The line with the demo user's credentials; empty if there is no such user."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT is_staff FROM users WHERE lower(username) = %s AND is_active", (DEMO_LOGIN,)
        )
        found = cursor.fetchone()
    if found is None:
        return ""
    where = "API and admin" if found[0] else "API; for the admin: manage.py createsuperuser"
    return SIGN_IN.format(login=DEMO_LOGIN, password=DEMO_PASSWORD, where=where)


def seed(variables: Mapping[str, str], *, is_local: bool) -> None:
    """Seeds users, among them the demo user, and posts of the last 30 days.

    The demo user is an admin only if the database is local: its password is public.
    """
    manage(
        "seed_demo",
        f"--users={DEMO_USERS}",
        f"--posts={DEMO_POSTS}",
        f"--password={DEMO_PASSWORD}",
        f"--until={datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        *(["--admin"] if is_local else []),
        variables=variables,
    )


def manage(*arguments: str, variables: Mapping[str, str]) -> None:
    """Runs a management command until it ends. Errors: ServerFailed if it fails."""
    command = ServerProcess.start(
        f"manage.py {arguments[0]}",
        [sys.executable, ROOT / "manage.py", *arguments],
        stop_signal=signal.SIGTERM,
        folder=ROOT,
        variables=variables,
    )
    try:
        command.process.wait()
    finally:
        command.stop()
    if command.process.returncode != 0:
        raise ServerFailed(f"{command.name} failed; its messages are above.")


@contextmanager
def step(name: str) -> Iterator[None]:
    """Prints the name of a step, and at its end its duration."""
    print(f"  {name} …", end="", flush=True)
    began = time.monotonic()
    yield
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def say(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    main()
