"""The container's health check: `python -m core.server.healthcheck` exits with 0 if the server is alive, else 1."""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_SECONDS = 4


def responds(path: str, host: str, port: int) -> bool:
    """Whether a server there answers 200 at this path."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not responds("/healthz", "127.0.0.1", int(os.environ.get("PORT") or "8000")))
