"""`make run`: the whole product on this machine, until Ctrl-C.

PostgreSQL and Valkey, migrations, demo data on the first start, and the server. A
server whose address is set already (DATABASE_URL, REDIS_URL) is used as it is.
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
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import redis

from core.config.environment import Environment, EnvironmentInvalid, declared_settings
from core.devserver.folder_locks import AlreadyRunning, folder_lock
from core.devserver.ports import free_port, is_free
from core.devserver.postgres import Postgres
from core.devserver.product_processes import Web, Worker
from core.devserver.published_variables import publish_variables, withdraw_variables
from core.devserver.server_processes import Owner, ServerFailed, ServerProcess, write_private
from core.devserver.servers import Servers, running_servers
from core.devserver.supervision import StopRequested, keep_up, stop_requests

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / ".data"
UNFINISHED = "first-start-unfinished"
DEMO_USERS = 500
DEMO_POSTS = 5_000
DEMO_LOGIN = "demo"
DEMO_PASSWORD = "demo-demo-demo"  # noqa: S105  # printed for everybody; the server is local
PLACEHOLDERS = {"DATABASE_URL": "postgresql://127.0.0.1/feed", "REDIS_URL": "redis://127.0.0.1"}

QUERY = "{ publicFeed(first: 3) { edges { node { id text author { username } } } } }"
WELCOME = """Ready.

  The feed is at      {url}/graphql/
  The admin is at     {url}/admin/
{sign_in}
  Ask for the newest posts:

    curl -s {url}/graphql/ -H 'Content-Type: application/json' \\
      -d '{{"query": "{query}"}}'

  Ctrl-C stops it. The data stays in .data/ and `make clean-data` removes it.
"""


SIGN_IN = """  Sign in as          {login}   password: {password}   ({where})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs the feed on this machine until Ctrl-C.")
    parser.add_argument("--data", type=Path, default=DATA, help="where its data lies")
    parser.add_argument("--with-process", type=int, help="a process to end with, by its number")
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
            f"\n{refused.filename} is another user's. Run this as the user whose checkout it is, or "
            "in a checkout of your own."
        )


def run(data: Path, *, with_process: int | None) -> None:
    """Brings everything up and keeps it up."""
    data.mkdir(parents=True, exist_ok=True)
    local = local_variables(data)
    settings = Environment.read({**PLACEHOLDERS, **local})
    address = f"http://localhost:{settings.port}"
    with ExitStack() as stack:
        take_folder(stack, data, address)
        check_port(settings)
        unfinished = data / UNFINISHED
        if unfinished.exists() and "DATABASE_URL" not in local:
            say("The first start was cut short, so it is made again.")
            Postgres(data / "postgres", durable=True).remove()
        with step("PostgreSQL and Valkey"):
            servers = stack.enter_context(running_servers(data, durable=True, given=local))
        variables = local | servers.variables
        check_given(servers)
        with step("Tables"):
            manage("migrate", "--verbosity=0", variables=variables)
        if has_no_people(servers.database_url):
            unfinished.touch()
            say(f"First start: {DEMO_USERS} users and {DEMO_POSTS} posts to look at.")
            seed(variables, ours="DATABASE_URL" not in local)
        unfinished.unlink(missing_ok=True)
        web = Web(root=ROOT, variables=variables, host=settings.host, port=settings.port)
        worker = Worker(root=ROOT, variables=variables, log=data / "worker.log")
        with step("SupervisedServer and worker"):
            for process in (web, worker):
                stack.callback(process.stop)
                process.start()
            web.wait()
        published = {name.upper() for name in declared_settings()}
        publish_variables(data, {k: v for k, v in variables.items() if k in published})
        sign_in = demo_sign_in(servers.database_url)
        say(WELCOME.format(url=address, query=QUERY, sign_in=sign_in))
        keep_up([*servers.started, web, worker], say, with_process=with_process)


def local_variables(data: Path) -> dict[str, str]:
    """Our environment, with what development needs where it says nothing."""
    given = {name: value for name, value in os.environ.items() if value}
    return {"DEBUG": "true", "LOG_LEVEL": "WARNING", "SECRET_KEY": secret_key(data), **given}


def secret_key(data: Path) -> str:
    """This checkout's own secret, made once, so that a restart signs nobody out."""
    path = data / "secret-key"
    if not path.exists():
        caller = Owner(os.geteuid(), os.getegid())
        write_private(path, secrets.token_urlsafe(48), caller)
    return path.read_text().strip()


def take_folder(stack: ExitStack, data: Path, address: str) -> None:
    """Makes this process the only one that runs from this checkout."""
    try:
        stack.enter_context(folder_lock(data, f"process {os.getpid()}, {address}"))
    except AlreadyRunning as running:
        raise ServerFailed(
            f"It runs already from this folder ({running}). Use that one, or stop it with Ctrl-C "
            "in its terminal."
        ) from None
    withdraw_variables(data)


def check_port(settings: Environment) -> None:
    """Errors: ServerFailed if another program listens on the port."""
    if not is_free(settings.host, settings.port):
        raise ServerFailed(
            f"Port {settings.port} is taken by another program. Stop it, or choose another port: "
            f"PORT={free_port()} make run"
        )


def check_given(servers: Servers) -> None:
    """Errors: ServerFailed if a server, which may be a given one, does not let us in."""
    try:
        psycopg2.connect(servers.database_url, connect_timeout=10).close()
    except psycopg2.OperationalError as refusal:
        raise no_server("PostgreSQL", "DATABASE_URL", servers.database_url, refusal) from None
    try:
        with redis.Redis.from_url(servers.redis_url, socket_timeout=10) as client:
            client.ping()
    except redis.RedisError as refusal:
        raise no_server("Valkey or Redis", "REDIS_URL", servers.redis_url, refusal) from None


def no_server(kind: str, variable: str, url: str, refusal: Exception) -> ServerFailed:
    """The error that says which given server does not let us in, without its password."""
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
    why = str(refusal).strip().splitlines()[-1].strip()
    return ServerFailed(
        f"No {kind} answers at {place}, which {variable} names. It says: {why}\n"
        f"Correct the address, or unset {variable} to have one started."
    )


def has_no_people(database_url: str) -> bool:
    """Whether nobody has an account yet."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT FROM users LIMIT 1")
        return cursor.rowcount == 0


def demo_sign_in(database_url: str) -> str:
    """How the demo person signs in, and where; empty if there is none."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT is_staff FROM users WHERE lower(username) = %s AND is_active", (DEMO_LOGIN,)
        )
        found = cursor.fetchone()
    if found is None:
        return ""
    where = "the feed and the admin" if found[0] else "the feed; `createsuperuser` makes an admin"
    return SIGN_IN.format(login=DEMO_LOGIN, password=DEMO_PASSWORD, where=where)


def seed(variables: Mapping[str, str], *, ours: bool) -> None:
    """Fills the database with people and posts, the demo sign-in among them.

    It opens the admin only in a database of `ours`: its password is known to everybody.
    """
    manage(
        "seed_demo",
        f"--users={DEMO_USERS}",
        f"--posts={DEMO_POSTS}",
        f"--password={DEMO_PASSWORD}",
        *(["--admin"] if ours else []),
        variables=variables,
    )


def manage(*arguments: str, variables: Mapping[str, str]) -> None:
    """Runs a management command to its end.

    Errors: ServerFailed if it fails; it has said why.
    """
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
    """Says what is under way and how long it took."""
    print(f"  {name} …", end="", flush=True)
    began = time.monotonic()
    yield
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def say(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    main()
