"""Logs: one line an event, for people or as JSON; never a secret."""

import json
import logging
import sys
from contextlib import suppress
from typing import Any

import structlog

from service.settings import Settings

_ENCODER = json.JSONEncoder(default=repr)  # kept: making one costs more than a line


class _Lines(structlog.WriteLogger):
    """Writes our own lines by itself: through the standard library's loggers each costs twice as much."""

    def __init__(self, name: str = "") -> None:
        super().__init__(sys.stderr)
        self.name = name

    def msg(self, message: str) -> None:
        """Write a line. One that cannot be written, as on a full disk, is lost: it must cost no mail."""
        with suppress(OSError, ValueError):
            super().msg(message)

    debug = info = warning = error = critical = exception = msg


def configure_log(settings: Settings) -> None:
    """Set up the log of this process, on standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer(lambda event, **_: _ENCODER.encode(event))
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(settings, shared, renderer)


def _configure_libraries(settings: Settings, shared: list[Any], renderer: Any) -> None:
    """The lines of the standard library's loggers look the same."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    sink = logging.StreamHandler(sys.stderr)
    sink.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [sink]
    root.setLevel(settings.log_level)
    # Libraries below WARNING say nothing that an operator needs, and urllib3 would log token URLs.
    for name in ("urllib3", "googleapiclient", "google", "oauthlib", "requests_oauthlib", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
