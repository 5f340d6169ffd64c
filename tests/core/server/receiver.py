"""A server that keeps what is posted to it, in place of a collector of traces or of errors."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

Post = tuple[str, bytes]
"""The path and the body, uncompressed."""


class Receiver:
    """What was received, in order."""

    def __init__(self, port: int, posts: Queue[Post]) -> None:
        self.port = port
        self.posts = posts


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    posts: Queue[Post] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            posts.put((self.path, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Receiver(server.server_address[1], posts)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
