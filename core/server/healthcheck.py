"""The container's health check: `python -m core.server.healthcheck` exits with 0 if the server is alive, else 1."""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_SECONDS = 4


def is_alive(port: int) -> bool:
    """Whether `/healthz` on this port of 127.0.0.1 answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_alive(int(os.environ.get("PORT") or "8000")))
