"""How all processes log."""

from __future__ import annotations

import logging.config


def configure_logging(level: str) -> None:
    """Logs lines of this level and above to standard error."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
            },
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["console"], "level": level},
        }
    )
