"""The log: short lines on stderr, each a time, a level, an event and `key=value` pairs."""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from scrubrelay.core.errors import place_of

_LOGGER: Final = logging.getLogger("scrubrelay")
_MOST_KINDS: Final = 256
"""How many kinds `Once` remembers: clients choose them, so there may be no end to them."""


class _Formatter(logging.Formatter):
    """One line a record; of an exception its type and place, as its message may quote a payload."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        when = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        line = f"{when}Z {record.levelname.lower()} {self._prefix}{record.getMessage()}"
        error = record.exc_info[1] if record.exc_info else None
        return line if error is None else f"{line} {_pair('error', place_of(error))}"


def set_up(prefix: str = "") -> None:
    """Send everything that is logged in this process to stderr.

    Args:
        prefix: What stands before each event, such as `worker=1 `.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(prefix))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Its messages quote what a client sent and its address; what matters here is logged by the listeners.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)


def log(event: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event; no field may hold payload text."""
    _LOGGER.log(level, "%s", " ".join((event, *(_pair(name, value) for name, value in fields.items()))))


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
