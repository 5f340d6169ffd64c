"""The web process: ASGI application, supervisor, probes and metrics."""
