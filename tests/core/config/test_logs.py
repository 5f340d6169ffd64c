"""Repeated warnings and errors are logged once a second, with their count."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from core.config.logs import RepetitionHandler
from tests.paths import ROOT

INTERVAL_SECONDS = 0.2


@contextmanager
def logger_and_output(
    interval_seconds: float = INTERVAL_SECONDS,
) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    output = io.StringIO()
    handler = RepetitionHandler(output, interval_seconds=interval_seconds)
    logger = logging.Logger("tests", logging.INFO)  # noqa: LOG001  # of this test alone
    logger.addHandler(handler)
    yield logger, output
    handler.close()


def fail(logger: logging.Logger, kind: type[Exception], number: int) -> None:
    try:
        raise kind(number)  # noqa: TRY301  # a traceback is needed
    except kind:
        logger.exception("Fault %d", number)


async def test_repeated_records_are_logged_once_and_then_counted() -> None:
    with logger_and_output() as (logger, output):
        for number in range(1, 101):
            logger.warning("Database unavailable in operation %d: %s", number, "away")
        assert output.getvalue() == "Database unavailable in operation 1: away\n"
        await asyncio.sleep(2 * INTERVAL_SECONDS)
        assert output.getvalue().splitlines()[1:] == [
            "Database unavailable in operation 100: away (99 more within 0.2 s)"
        ]


async def test_a_repeated_fault_is_logged_with_one_traceback() -> None:
    with logger_and_output(0.05) as (logger, output):
        async with asyncio.timeout(20):
            while output.getvalue().count(" more within ") < 3:
                fail(logger, ValueError, 1)
                await asyncio.sleep(0)
        assert output.getvalue().count("Traceback") == 1
        assert "Fault 1: ValueError (" in output.getvalue()


async def test_a_fault_after_an_interval_without_it_has_its_traceback() -> None:
    with logger_and_output(0.01) as (logger, output):
        fail(logger, ValueError, 1)
        await asyncio.sleep(0.1)
        fail(logger, ValueError, 2)
    assert output.getvalue().count("Traceback") == 2


def test_different_faults_are_all_logged() -> None:
    with logger_and_output() as (logger, output):
        fail(logger, ValueError, 1)
        fail(logger, KeyError, 2)
        logger.error("Fault %d", 3)
        logger.warning("Fault %d", 4)
    assert output.getvalue().count("Fault") == 4
    assert output.getvalue().count("Traceback") == 2


def test_records_below_warning_are_all_logged() -> None:
    with logger_and_output() as (logger, output):
        for _ in range(5):
            logger.info("Ready.")
    assert output.getvalue() == "Ready.\n" * 5


def test_counts_are_logged_at_close_without_an_event_loop() -> None:
    with logger_and_output(3600) as (logger, output):
        for number in range(10):
            logger.error("100 %% of {braces} %s", number)
    assert output.getvalue().splitlines() == [
        "100 % of {braces} 0",
        "100 % of {braces} 9 (9 more within 3600 s)",
    ]


def test_distinct_messages_do_not_fill_the_memory() -> None:
    with logger_and_output(3600) as (logger, output):
        for number in range(3000):
            logger.warning(f"Message {number}")  # as some libraries do
        [handler] = logger.handlers
        assert isinstance(handler, RepetitionHandler)
        assert len(handler._repetitions) <= 1000
    assert output.getvalue().count("\n") == 3000


def test_warnings_of_python_are_log_lines() -> None:
    program = """
import warnings
from core.config.logs import configure_logging
configure_logging("INFO", "JSON")
warnings.warn("No directory at: /nowhere")
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    [line] = ran.stderr.splitlines()
    logged = json.loads(line)
    assert logged["level"] == "WARNING"
    assert "UserWarning: No directory at: /nowhere" in logged["message"]


def test_libraries_log_no_headers_and_messages_at_any_level() -> None:
    """As that of HTTP/2 does, with the token that a push is sent with."""
    program = """
import logging, hpack
from core.config.logs import configure_logging
configure_logging("DEBUG", "JSON")
logging.getLogger("core.jobs").debug("ours")
hpack.Encoder().encode([("authorization", "bearer hush")])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    [line] = ran.stderr.splitlines()
    assert json.loads(line)["message"] == "ours"
