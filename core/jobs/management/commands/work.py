"""`manage.py work`: the worker. Runs consumers of the event log, and jobs."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any, ClassVar, NoReturn

import uvloop
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.module_loading import autodiscover_modules
from prometheus_client import start_http_server

from core.database.commands import ExplainedCommand
from core.database.cursors import CursorSigner
from core.database.database import Database
from core.database.statement_metrics import SlowStatements
from core.events.event_log import EventLog
from core.events.notifier import Notifier
from core.jobs.registry import JOB_SECONDS
from core.jobs.runs import TaskStuck
from core.jobs.worker import CONNECTIONS, JOB_CONNECTIONS, Round, Worker

logger = logging.getLogger(__name__)

STOP_SECONDS = 1.9
"""After that long a process that was asked to stop ends whatever happens."""
STALL_SECONDS = 15
"""A process whose event loop stands still for longer ends: a job blocks it, and its leases expire."""
MEBIBYTE = 1024 * 1024


class Command(ExplainedCommand):
    help = "Runs the worker: consumers of the event log, jobs and schedules. Any number may run side by side."
    examples: ClassVar = {
        "": "runs until SIGTERM or Ctrl-C",
        "--once": "one round: the events that are there, due jobs, all schedules",
        "--import reports.jobs": "runs also the jobs of a module that is in no app",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="Handle the events that are there, run due jobs and all schedules once, and exit.",
        )
        parser.add_argument(
            "--import",
            dest="modules",
            action="append",
            default=[],
            metavar="MODULE",
            help="Import a module that registers more consumers and jobs. May be repeated.",
        )

    def handle(self, *_: Any, once: bool, modules: list[str], **__: Any) -> None:
        autodiscover_modules("consumers", "jobs")
        for module in modules:
            import_named(module)
        if once:
            done = uvloop.run(self._once())
            self.stdout.write(
                f"One round is done: runs of consumers {done.consumers:,}, of jobs {done.jobs:,}. "
                "What failed is in the log."
            )
            return
        limit_memory(settings.ENVIRONMENT.worker_memory_mb)
        if settings.ENVIRONMENT.worker_metrics_port:
            serve_metrics(settings.ENVIRONMENT.worker_metrics_port)
        uvloop.run(self._until_stopped())

    async def _once(self) -> Round:
        try:
            async with worker() as (database, once):
                await database.open()
                return await once.run_once()
        except TaskStuck as stuck:
            end_with(stuck)

    async def _until_stopped(self) -> NoReturn:
        stopping = asyncio.Event()
        watchdog = asyncio.create_task(watch_loop(stopping), name="watchdog")
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Not the loop's handler: a job may block the loop.
            signal.signal(number, lambda *_: request_stop(loop, stopping))
        try:
            async with worker() as (_, working):
                await working.run(stopping)
                logger.info("The worker has stopped.")
        except TaskStuck as stuck:
            end_with(stuck)
        finally:
            watchdog.cancel()
        # The loop would wait for threads of jobs, and the teardown of all modules takes longer than the stop itself.
        end_at_once(0)


def import_named(module: str) -> None:
    """Errors: CommandError if there is no such module; those of the module."""
    try:
        import_module(module)
    except (ModuleNotFoundError, TypeError, ValueError) as error:
        if isinstance(error, ModuleNotFoundError) and not f"{module}.".startswith(f"{error.name}."):
            raise  # One that the module imports.
        raise CommandError(
            f"{module} can't be imported: there is no such module. "
            "Name one as Python imports it, such as reports.jobs, from the folder of manage.py or PYTHONPATH."
        ) from error


def request_stop(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Stops the worker gracefully, and the process in any case in time."""
    faulthandler.dump_traceback_later(STOP_SECONDS, exit=True)
    loop.call_soon_threadsafe(stopping.set)


def serve_metrics(port: int) -> None:
    """Serves the metrics of this process in a thread. Errors: CommandError if the port is in use."""
    try:
        start_http_server(port)
    except OSError as error:
        problem = f"The port {port} of WORKER_METRICS_PORT can't be used: {error.strerror}."
        raise CommandError(f"{problem} Workers on one machine need different ones.") from error


def end_with(stuck: TaskStuck) -> NoReturn:
    """Ends the process without waiting for the task that does not end."""
    logger.critical("The worker ends: %s", stuck)
    end_at_once(1)


def end_at_once(code: int) -> NoReturn:
    """Ends the process without waiting for tasks, threads or modules."""
    logging.shutdown()
    os._exit(code)


async def watch_loop(stopping: asyncio.Event) -> None:
    """Ends the process, with a traceback, when the event loop stands still."""
    while not stopping.is_set():
        faulthandler.dump_traceback_later(STALL_SECONDS, exit=True)
        await asyncio.sleep(1)


def limit_memory(mebibytes: int) -> None:
    """Makes a job that takes more memory fail, before the system ends other processes."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = mebibytes * MEBIBYTE
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


@asynccontextmanager
async def worker() -> AsyncIterator[tuple[Database, Worker]]:
    """The worker of this process and its database."""
    environment = settings.ENVIRONMENT
    SlowStatements.seconds = environment.slow_statement_seconds
    url, pgbouncer = environment.database_url, environment.pgbouncer
    database = Database(url, size=CONNECTIONS, pgbouncer=pgbouncer)
    # A job waits for a connection as long as it may run.
    job_database = Database(
        url, size=JOB_CONNECTIONS, pgbouncer=pgbouncer, acquire_seconds=JOB_SECONDS
    )
    log = EventLog(
        database,
        CursorSigner(*environment.secrets),
        retention=timedelta(hours=environment.event_retention_hours),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        stack.push_async_callback(job_database.close)
        yield database, Worker(database, job_database, log, Notifier(environment.redis_url))
