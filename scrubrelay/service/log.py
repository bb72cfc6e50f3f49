"""The log: lines on stderr, each a time, a level, an event and fields, for people or as JSON."""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from scrubrelay.config.settings import LogForm, LogLevel
from scrubrelay.core.errors import place_of

_LOGGER: Final = logging.getLogger("scrubrelay")
_MOST_KINDS: Final = 256
"""How many kinds `Once` remembers: clients choose them, so there may be no end to them."""


class _Formatter(logging.Formatter):
    """One line a record; of an exception its type and place, as its message may quote a payload."""

    def __init__(self, worker: int | None) -> None:
        super().__init__()
        self._worker = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event, fields = _parts(record)
        pairs = " ".join((event, *(_pair(name, value) for name, value in fields.items())))
        before = "".join(f"{_pair(name, value)} " for name, value in self._worker.items())
        return f"{_when(record)} {record.levelname.lower()} {before}{pairs}"


class _JsonFormatter(_Formatter):
    """The same as a JSON document on a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event, fields = _parts(record)
        own = {"time": _when(record), "level": record.levelname.lower(), **self._worker, "event": event}
        rest = {name: value for name, value in fields.items() if name not in own}
        return orjson.dumps({**own, **rest}, default=str).decode()


def set_up(worker: int | None = None, form: LogForm = "text", level: LogLevel = "info") -> None:
    """Send everything that is logged in this process to stderr.

    Args:
        worker: Its number, to stand in each line; None for none.
        form: How a line looks.
        level: What is less important is left out.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter(worker) if form == "json" else _Formatter(worker))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    _LOGGER.setLevel(level.upper())
    # Its messages quote what a client sent and its address; what matters here is logged by the listeners.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)


def log(event: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event; no field may hold payload text."""
    if _LOGGER.isEnabledFor(level):
        text = " ".join((event, *(_pair(name, value) for name, value in fields.items())))
        _LOGGER.log(level, "%s", text, extra={"parts": (event, fields)})


def is_debugging() -> bool:
    """Whether lines of level debug are written."""
    return _LOGGER.isEnabledFor(logging.DEBUG)


def _parts(record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
    """Return event and fields; of a record of somebody else its text."""
    event, fields = getattr(record, "parts", (record.getMessage(), {}))
    error = record.exc_info[1] if record.exc_info else None
    return event, fields if error is None else {**fields, "error": place_of(error)}


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def on_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what the event loop could not hand to anyone; its own words may quote a payload."""
    error = context.get("exception")
    log("loop_error", level=logging.ERROR, error=place_of(error) if error else "unknown")


class Once:
    """Tells the first time of each kind of thing, for logs that must not grow with the traffic."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()

    def first(self, *kind: str) -> bool:
        """Return whether this kind is new."""
        if kind in self._seen or len(self._seen) >= _MOST_KINDS:
            return False
        self._seen.add(kind)
        return True


def _pair(name: str, value: Any) -> str:
    text = str(value)
    plain = text.isprintable() and text and not set(text) & set(' "=')
    return f"{name}={text}" if plain else f"{name}={orjson.dumps(text).decode()}"
