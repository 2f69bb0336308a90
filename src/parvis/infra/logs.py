"""Structured logs: one line an event, as JSON for machines or as text for a person at a terminal.

Every record goes through the standard library, so that libraries' records look like ours. Light processes (the
supervisor) log with `logging` and `extra={"fields": {…}}`; all others with structlog, whose fields end up the same.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from parvis.base.clock import iso_ms
from parvis.base.settings import BadSetting, Settings

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[31m"}
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"

# Libraries whose chatter below a warning says nothing about us.
_QUIET = ("asyncio", "httpx", "httpcore", "nats", "multipart", "pyvips")


def configure(settings: Settings) -> None:
    """The standard library's records of this process go to standard error in the form and from the level of the settings.

    Raises: BadSetting.
    """
    level = _LEVELS.get(settings.log_level)
    if level is None:
        raise BadSetting(f"PARVIS_LOG_LEVEL must be one of {', '.join(_LEVELS)}, not {settings.log_level!r}.")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings.log_format))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def configure_structlog(settings: Settings) -> None:
    """As `configure`, and structlog's records go the same way."""
    import structlog

    configure(settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            _to_standard_library,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _to_standard_library(_: WrappedLogger, __: str, event: EventDict) -> dict[str, Any]:
    """structlog's event as arguments of a logging call."""
    passed = {name: event.pop(name) for name in ("exc_info", "stack_info") if name in event}
    return {"msg": str(event.pop("event", "")), "extra": {"fields": dict(event)}, **passed}


class JsonLines(logging.Formatter):
    """`{"at": "…Z", "level": "info", "logger": "…", "event": "…", …}`"""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "process": record.process,
        }
        line |= _fields(record)
        if error := _error(record):
            line["error"] = error
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """`17:51:17.042 warning job.parked kind=mail attempts=3`"""

    def __init__(self, *, coloured: bool) -> None:
        super().__init__()
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        time = _moment(record)[11:23]
        fields = "".join(f" {name}={_shown(value)}" for name, value in _fields(record).items())
        level = record.levelname.lower()
        if self._coloured:
            time = f"{_DIM}{time}{_PLAIN}"
            level = f"{_COLOURS.get(record.levelno, '')}{level}{_PLAIN}"
            fields = f"{_DIM}{fields}{_PLAIN}" if fields else ""
        error = _error(record)
        return f"{time} {level} {record.getMessage()}{fields}" + (f"\n{error}" if error else "")


def _formatter(name: str) -> logging.Formatter:
    terminal = sys.stderr.isatty()
    if name == "json" or (name == "auto" and not terminal):
        return JsonLines()
    if name in {"text", "auto"}:
        return TextLines(coloured=terminal)
    raise BadSetting(f"PARVIS_LOG_FORMAT must be json, text or auto, not {name!r}.")


def _moment(record: logging.LogRecord) -> str:
    return iso_ms(datetime.fromtimestamp(record.created, UTC))


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return getattr(record, "fields", {})


def _error(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    return "".join(traceback.format_exception(*record.exc_info)).strip()


def _shown(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n') else text
