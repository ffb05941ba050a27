"""Logs as JSON lines on stderr. Only the keys of an allow-list are written; any other key is dropped.

INFO: an action was completed. WARNING: something failed and was recovered. ERROR: data is lost or a person must
act. `action` is on every line. No exception text and no traceback is ever written, only the closed error code,
because the texts of libraries quote the values they object to.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset({
    "action", "level", "timestamp", "process", "code", "place", "contract", "partition", "offset", "topic", "stage",
    "count", "seconds", "outcome", "slot", "port", "shard", "seq", "state", "day", "attempt", "version", "error",
})  # fmt: skip


def only_allowed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep what the allow-list names; structlog's own `event` is our `action`."""
    event["action"] = event.pop("event", "")
    return {key: value for key, value in event.items() if key in ALLOWED}


def configure(process: str, level: str = "info") -> None:
    """Set up logging of this process, once. Libraries' own log lines are reduced to logger name and level."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)


class _Foreign(logging.Handler):
    """A library's log line, reduced to who spoke and how loud: its text may quote values."""

    def emit(self, record: logging.LogRecord) -> None:
        get().warning("library-spoke", place=record.name, code=record.levelname.lower())


def is_configured() -> bool:
    """Whether this is a process with a log; a command has none, and its stdout is data."""
    return structlog.is_configured()


def get() -> Any:
    """The logger: `log.get().info("batch-routed", count=3)`; the first argument is the action."""
    return structlog.get_logger()
