"""Which frames are the app's own, and which say nothing: rules as data, applied before an event is grouped.

Facts observed from Sentry's default rules for `newstyle:2023-01-11`. A rule goes before what the SDK said; a
frame of which neither says anything is not the app's.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import regex

from scrubrelay.core.policy.grouping import kinds

_DIRECTORIES: Final = ("vendor", "site-packages", "dist-packages", "node_modules", "go/pkg/mod")
"""Where package managers put what others wrote."""
_ORIGINS: Final = (
    "https://unpkg.com/",
    "https://cdnjs.cloudflare.com/",
    "https://cdn.jsdelivr.net/",
    "https://esm.run/",
)
_SILENT_DIRECTORIES: Final = ("newrelic", "logrocket")
"""Part of the name of a directory: others' telemetry, which wraps whatever fails."""
_DART_SDK: Final = "org-dartlang-sdk:///"
_SILENT_ORIGINS: Final = tuple(
    f"package:sentry{part}/"
    for part in ("", "_flutter", "_logging", "_dio", "_file", "_hive", "_isar", "_sqflite", "_drift")
)
_LENT_ORIGINS: Final = ("package:sentry_link/", "package:sentry_firebase_remote_config/")

_SILENT_MODULES: Final = ("@babel/", "core-js/", "regenerator-runtime/", "tslib/", "io.sentry.")
"""Polyfills and helpers of transpilers."""
_LENT_MODULES: Final = ("unpkg/", "java.", "javax.", "kotlin.", "kotlinx.", "io.ktor.", "io.netty.")
_SILENT_FUNCTIONS: Final = frozenset(
    {"runMicrotasks", "queueMicrotask", "processTicksAndRejections", "runNextTicks", "nextTick"}
)
"""Node's event loop."""

_SILENT_KINDS: Final = frozenset({"threadbase", "telemetry", "indirection", "internals", "handler"})
_BORDERS: Final = frozenset(
    {
        "std::panicking::begin_panic", "core::panicking::begin_panic", "failure::backtrace::Backtrace::new",
        "error_chain::make_backtrace", "_CxxThrowException", "__cxa_throw", "__assert_rtn", "_NSRaiseError",
    }
)  # fmt: skip
"""Native functions that raise: what they call is not of the issue, nor are they."""
_PANICS: Final = frozenset({"std::panicking::panic_fmt", "core::panicking::panic_fmt"})
_BREAKPAD: Final = "google_breakpad::"
_WRITERS: Final = tuple(
    f"{_BREAKPAD}ExceptionHandler::{name}" for name in ("SignalHandler", "WriteMinidumpWithException")
)
_RUST: Final = ("std::", "core::", "alloc::", "__rust_", "rust_begin_unwind")
_REPORTERS: Final = regex.compile(
    r"kscm_|sentrycrashcm_|kscrash_|.*sentrycrash_|.\[(?:KSCrash|RNSentry|Sentry)|__.*\[Sentry"
)
_OWN_PACKAGES: Final = regex.compile(
    r"(?:/private)?/var/containers/bundle/application/|.*/developer/coresimulator/devices/"
    r"|.*/containers/bundle/application/|.*\.app/contents/|/users/"
)
_LENT_PACKAGES: Final = regex.compile(
    r"/lib/|/usr/lib/|linux-gate\.so|.*/frameworks/libswift[^/]*\.dylib\Z"
    r"|.*/frameworks/(?:kscrash|sentryswift|sentry)\.framework/"
)
_LENT_NATIVE_PATHS: Final = regex.compile(r"/usr/local/(?:lib|cellar)/|.*/packages/flutter/|.*/\.pub-cache/")


class Marked(Protocol):
    """What is asked of a frame, and what is said of it."""

    path: str
    package: str
    module: str
    function: str
    family: str
    in_app: bool
    counts: bool


_LENT_PATHS: Final = (
    *(f"/{name}/" for name in _DIRECTORIES),
    *_ORIGINS,
    *(f"/{name}" for name in _LENT_ORIGINS),
)
_SILENT_PATH: Final = regex.compile(rf"(?<!\[)(?:{'|'.join(_SILENT_DIRECTORIES)})[^/]*/")


def mark(frames: Sequence[Marked]) -> None:
    """Say of each frame whether it is the app's own and whether it counts at all; oldest first."""
    plain: list[str] = []
    for at, frame in enumerate(frames):
        again = at > 0 and frame is frames[at - 1]
        plain.append(plain[-1] if again else _mark(frame))
    if any(plain):
        _by_kind(frames, plain)
    for at, frame in enumerate(frames):
        if frame.family == "javascript":
            if frame.function == "reportError":
                _set_aside(frames[at:], counts=True)
        elif frame.family == "native":
            _by_border(frames, at)


def _by_border(frames: Sequence[Marked], at: int) -> None:
    """What a function that raises or reports a crash calls tells nothing of the issue, nor does it itself."""
    function = frames[at].function
    if function in _BORDERS or function in _PANICS:
        _set_aside(frames[at:], counts=function in _PANICS)
    elif function.startswith(_BREAKPAD):
        _set_aside(frames[at : at + 1], counts=False)
        if function in _WRITERS:
            for newer in frames[at:]:
                newer.counts = False


def _set_aside(frames: Sequence[Marked], *, counts: bool) -> None:
    for frame in frames:
        frame.in_app = False
        frame.counts = frame.counts and counts


def _mark(frame: Marked) -> str:
    """Mark a frame by what stands in it alone; return its kind."""
    kind = ""
    if frame.family == "native":
        _natively(frame)
        kind = kinds.of_package(frame.package, frame.function)
    if frame.module:
        _by_module(frame)
        if "." in frame.module:
            kind = kinds.of_module(frame.module, frame.function) or kind
    if frame.path:
        _by_path(frame)
    if frame.function in _SILENT_FUNCTIONS or (
        frame.function == "_callSuper" and frame.family == "javascript"
    ):
        frame.in_app = frame.counts = False
    return kind


def _by_kind(frames: Sequence[Marked], found: list[str]) -> None:
    functions = [frame.function for frame in frames]
    kinds.settle(found, functions)
    for frame, kind in zip(frames, found, strict=True):
        if kind == "system":
            frame.in_app = False
    kinds.refine(found, functions, natives=[frame.family == "native" for frame in frames])
    for at, kind in enumerate(found):
        if kind in _SILENT_KINDS and not kinds.is_framework(frames[at].module):
            frames[at].counts = False
        if kind == "threadbase":  # and what it was called by
            for older in frames[:at]:
                older.counts = False
        elif kind in {"throw", "handler"}:  # and what it calls
            for newer in frames[at + 1 :]:
                newer.counts = False


def _by_module(frame: Marked) -> None:
    module = frame.module
    if module.startswith(_SILENT_MODULES) or module == "newrelic":
        frame.in_app = frame.counts = False
    elif (
        module.startswith(_LENT_MODULES)
        or kinds.is_framework(module)
        or (frame.family == "javascript" and "/packages/flutter/" in module)
    ):
        frame.in_app = False


def _by_path(frame: Marked) -> None:
    path = frame.path.lower().replace("\\", "/")
    if path.startswith(_SILENT_ORIGINS) or any(name in path for name in _SILENT_DIRECTORIES):
        if path.startswith(_SILENT_ORIGINS) or _SILENT_PATH.search(path) is not None:
            frame.in_app = frame.counts = False
    elif path.startswith(_DART_SDK) and frame.family == "javascript":
        frame.in_app = frame.counts = False
    rooted = f"/{path}"
    for name in _LENT_PATHS:
        if name in rooted:
            frame.in_app = False
            return


def _natively(frame: Marked) -> None:
    package, path = frame.package.lower().replace("\\", "/"), frame.path.lower()
    if _OWN_PACKAGES.match(package) or (package.startswith("/data/app/") and path.endswith(".dart")):
        frame.in_app = True
    if _LENT_PACKAGES.match(package) or _LENT_NATIVE_PATHS.match(path) or frame.function.startswith(_RUST):
        frame.in_app = False
    if frame.function == "_mh_execute_header" or _REPORTERS.match(frame.function):
        frame.in_app = frame.counts = False
