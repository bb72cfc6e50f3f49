"""Fingerprints that an app sets: literal parts, `{{ default }}`, and variables that stand for a field."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import regex

from scrubrelay.core.policy.grouping.frames import Cut, Frame, text
from scrubrelay.core.policy.grouping.parameterise import READ, placeholders
from scrubrelay.core.policy.grouping.trace import Trace, Ways

_Event = Mapping[str, Any]
_Exceptions = Sequence[Mapping[str, Any]]
DEFAULT: Final = "{{ default }}"
MOST_PARTS: Final = 100
_EXACT: Final = 2**53
"""Larger numbers are not the same to every reader of JSON."""
_VARIABLE: Final = regex.compile(r"\{\{\s*(\S+?)\s*\}\}")
_CHUNK: Final = "ChunkLoadError"
_HYDRATION: Final = tuple(
    f"{first} {then}" if then else first
    for first, then in (
        ("Hydration failed because the initial UI does not match what was rendered on the server.", ""),
        (
            "The server could not finish this Suspense boundary,",
            "likely due to an error during server rendering. Switched to client rendering.",
        ),
        ("There was an error while hydrating this Suspense boundary.", "Switched to client rendering."),
        (
            "There was an error while hydrating. Because the error happened outside of a Suspense boundary,",
            "the entire root will switch to client rendering.",
        ),
        ("Text content does not match server-rendered HTML.", ""),
    )
)
"""What React says; Sentry makes one issue of them per transaction."""
_SCRIPTS: Final = frozenset({"javascript", "node"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What variables are asked of."""

    event: _Event
    exceptions: _Exceptions
    ways: Ways


def resolved(event: _Event, exceptions: _Exceptions, ways: Ways) -> list[str]:
    """Return the parts of the fingerprint, variables filled in; `[DEFAULT]` if there is none.

    Sentry's own rules for scripts go before what the app set.
    """
    own = _known(event, exceptions)
    if own:
        return own
    parts = event.get("fingerprint")
    listed = parts[:MOST_PARTS] if isinstance(parts, list) else []
    found = [one for one in map(_part, listed) if one is not None]
    if not found:
        return [DEFAULT]
    asked = _Asked(event, exceptions, ways)
    return [_filled(one, asked) for one in found]


def _part(part: Any) -> str | None:
    """Return a part as Sentry reads it: booleans are text, and numbers without their fraction."""
    if isinstance(part, str):
        return text(part)
    if isinstance(part, bool) or not isinstance(part, (int, float)):
        return str(part) if isinstance(part, bool) else None
    return str(int(part)) if abs(part) < _EXACT else None


def _filled(part: str, asked: _Asked) -> str:
    variable, cut = _VARIABLE.fullmatch(part), asked.ways.cut
    if variable is None:
        found = _cut(part, "fingerprint.*", cut)
        # Today's Sentry looks for values in a part that is the message itself.
        return placeholders(found) if part in _messages(asked) else found
    name = variable[1]
    if name == "default":
        return DEFAULT
    if name.startswith("tags."):
        value, where = tag(asked.event, name[5:]), name
        return _cut(value, where, cut) or f"<no-value-for-tag-{name[5:]}>"
    field = _FIELDS.get(name)
    if field is None:
        return part
    find, where, missing = field
    value = _cut(find(asked), where, cut) or missing
    return placeholders(value) if name == "message" else value


def _cut(value: str, where: str, cut: Cut | None) -> str:
    return cut(value, where) if cut is not None and value else value


def tag(event: _Event, name: str) -> str:
    """Return a tag's value; nothing if it has none."""
    tags = event.get("tags")
    if isinstance(tags, dict):
        value = tags.get(name)
    else:
        value = next((value for key, value in _pairs(tags) if key == name and value is not None), None)
    return text(value) if not isinstance(value, (bool, int)) else str(value)


def _pairs(tags: Any) -> Iterable[tuple[Any, Any]]:
    for pair in tags[:1000] if isinstance(tags, list) else ():
        if isinstance(pair, list) and len(pair) == 2:
            yield pair[0], pair[1]


def _known(event: _Event, exceptions: _Exceptions) -> list[str]:
    """Return what Sentry itself sets: for a script that did not load, or a page that did not hydrate."""
    if text(event.get("platform")) not in _SCRIPTS:
        return []
    values = [text(one.get("value")).strip() for one in exceptions]
    if any(one.get("type") == _CHUNK for one in exceptions) or any(one.startswith(_CHUNK) for one in values):
        return ["chunkloaderror"]
    transaction = tag(event, "transaction") or text(event.get("transaction"))
    if transaction and any(one in _HYDRATION for one in (*values, message(event).strip())):
        return ["hydrationerror", transaction]
    return []


def message(event: _Event, *, template: bool = False) -> str:
    """Return the event's message as it reads; with `template`, before its parameters were put in."""
    for name in ("logentry", "sentry.interfaces.Message", "message"):
        entry = event.get(name)
        if isinstance(entry, dict):
            first, second = ("message", "formatted") if template else ("formatted", "message")
            found = text(entry.get(first), READ) or text(entry.get(second), READ)
        else:
            found = text(entry, READ)
        if found:
            return found
    return ""


_Find = Callable[[_Asked], str]


def _of_event(name: str) -> _Find:
    return lambda asked: text(asked.event.get(name))


def _of_exception(name: str) -> _Find:
    return lambda asked: text(asked.exceptions[-1].get(name)) if asked.exceptions else ""


def _of_frame(name: str) -> _Find:
    """Return what finds a field of the frame that crashed: the newest of the app, else the newest."""

    def find(asked: _Asked) -> str:
        frame = _crashed(asked)
        return "" if frame is None else getattr(frame, name)

    return find


def _crashed(asked: _Asked) -> Frame | None:
    stacks = [one.get("stacktrace") for one in asked.exceptions[-1:]] + [asked.event.get("stacktrace")]
    threads = asked.event.get("threads")
    threads = threads.get("values") if isinstance(threads, dict) else threads
    if isinstance(threads, list) and len(threads) == 1 and isinstance(threads[0], dict):
        stacks.append(threads[0].get("stacktrace"))
    found = (Trace(stack, "", asked.ways) for stack in stacks)
    return next((trace.crashed for trace in found if trace), None)


def _package(asked: _Asked) -> str:
    return _of_frame("package")(asked).replace("\\", "/").rsplit("/", 1)[-1]


def _messages(asked: _Asked) -> list[str]:
    values = (text(one.get("value")) for one in asked.exceptions)
    return [found for found in (message(asked.event), *values) if found]


def _message(asked: _Asked) -> str:
    return message(asked.event) or _of_exception("value")(asked)


def _level(asked: _Asked) -> str:
    """Return the level as Sentry stores it."""
    level = text(asked.event.get("level"))
    return {"": "error", "log": "info", "critical": "fatal"}.get(level, level)


_TYPE: Final = (_of_exception("type"), "exception.values.*.type", "<no-type>")
_VALUE: Final = (_of_exception("value"), "exception.values.*.value", "<no-value>")
_IN_STACK: Final = "exception.values.*.stacktrace.frames.*"
_FUNCTION: Final = (_of_frame("function"), f"{_IN_STACK}.function", "<no-function>")
_PATH: Final = (_of_frame("path"), f"{_IN_STACK}.abs_path", "<no-abs-path>")
_MODULE: Final = (_of_frame("module"), f"{_IN_STACK}.module", "<no-module>")
_PACKAGE: Final = (_package, f"{_IN_STACK}.package", "<no-package>")
_FIELDS: Final[Mapping[str, tuple[_Find, str, str]]] = {
    "transaction": (_of_event("transaction"), "transaction", "<no-transaction>"),
    "message": (_message, "logentry.formatted", "<no-message>"),
    "type": _TYPE,
    "error.type": _TYPE,
    "value": _VALUE,
    "error.value": _VALUE,
    "function": _FUNCTION,
    "stack.function": _FUNCTION,
    "path": _PATH,
    "stack.abs_path": _PATH,
    "stack.filename": (_of_frame("file"), f"{_IN_STACK}.filename", "<no-filename>"),
    "module": _MODULE,
    "stack.module": _MODULE,
    "package": _PACKAGE,
    "stack.package": _PACKAGE,
    "level": (_level, "level", "<no-level>"),
    "logger": (_of_event("logger"), "logger", "<no-logger>"),
}
