"""Logs are events with fields: JSON lines for machines, colours for people."""

import logging
import os
import sys
from typing import Any

import orjson
import structlog
from structlog.types import Processor

from sonalyze_chassis.settings import ServiceSettings


def configure_logs(service: str, settings: ServiceSettings) -> None:
    """Send every log line of this process, libraries included, through one formatter."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level]
        ),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_renderers(settings.log_format)
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("uvicorn", "uvicorn.error", "alembic"):
        library = logging.getLogger(noisy)
        library.handlers = []
        library.propagate = True
        library.setLevel(max(root.level, logging.WARNING))


def _renderers(log_format: str) -> list[Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "console":
        colours = sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
        return [remove_meta, structlog.dev.ConsoleRenderer(colors=colours)]
    return [
        remove_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_to_json),
    ]


def _named(service: str) -> Processor:
    def add_service(_: object, __: str, event: structlog.types.EventDict) -> Any:  # noqa: ANN401
        event["service"] = service
        return event

    return add_service


def _to_json(event: Any, **_: Any) -> str:  # noqa: ANN401  structlog's serializer signature
    return orjson.dumps(event, default=str).decode()
