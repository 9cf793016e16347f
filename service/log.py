"""Logs: one line an event, for people or as JSON; never a secret."""

import logging
import sys
from typing import Any

import structlog

from service.settings import Settings


def configure_log(settings: Settings) -> None:
    """Set up the log of this process, on standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
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
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
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
