"""Names of native functions without what compilers put around them: arguments, types, clones, hashes."""

from collections.abc import Callable
from typing import Final

import regex

_UNKNOWN: Final = frozenset({"<redacted>", "<unknown>"})
_LONGEST: Final = 1024
_TRAILER: Final = regex.compile(r"(?r)(?:\s*+(?:\bconst\b|&))++\s*+\Z")
_LAMBDA: Final = regex.compile(r"\{lambda\([^)]*\)\#\d+\}|\blambda_[a-f0-9]{32}\b|\$_\d+\b")
_ANONYMOUS: Final = regex.compile(r"\?A0x[a-f0-9]{8}::")
_HASHES: Final = regex.compile(r"::h[a-z0-9]{16}\Z|@@?GLIBC_[0-9.]+\Z")
_DECLARED: Final = regex.compile(r"^@?(.*?)@[0-9]+$")
_BLANKET: Final = regex.compile(r"^[A-Z] as ")
# Brackets in these are no brackets: they are put aside first and back at the end.
_ASIDE: Final = (
    ("operator<<", "operator\ue000\ue000"),
    ("operator<", "operator\ue000"),
    ("operator()", "operator\ue001"),
    ("operator->", "operator\ue002"),
    (" -> ", " \ue002 "),
    ("`anonymous namespace'", "\ue003anonymousnamespace\ue004"),
)
_BACK: Final = str.maketrans({"\ue000": "<", "\ue001": "()", "\ue002": "->", "\ue003": "`", "\ue004": "'"})
_PAIRS: Final = {"(": ")", "{": "}", "[": "]", "<": ">"}


def function_name(function: str, platform: str) -> str:
    """Return what a native function is called, as Sentry does: `n::f<T>` of `int n::f<int>(char) const`."""
    if function in _UNKNOWN or function.lstrip().startswith(("[", "+[", "-[")):  # Objective-C stays
        return function if function in _UNKNOWN else function.strip()
    name = _without(function[:_LONGEST].strip(), "[", _clone).rstrip()
    name = _TRAILER.sub("", name)
    for written, aside in _ASIDE:
        name = name.replace(written, aside)
    name = _ANONYMOUS.sub("\ue003anonymousnamespace\ue004::", _LAMBDA.sub("lambda", name))
    name = _without(_without(name, "(", _arguments), "<", _generics)
    word = _name_in(name, platform)
    if not word:
        return function
    name = _HASHES.sub("", word.translate(_BACK).replace("`anonymousnamespace'", "`anonymous namespace'"))
    return _DECLARED.sub(r"\1", name) if "@" in name else name


def _without(text: str, first: str, put: Callable[[str, int], str]) -> str:
    """Return the text; what stands in outermost brackets is what `put` makes of it and its place."""
    last = _PAIRS[first]
    if first not in text:
        return text
    depth = start = 0
    kept: list[str] = []
    for at, char in enumerate(text):
        if char == first:
            start = start if depth else at
            depth += 1
        elif char == last:
            depth -= 1
            if depth == 0:
                kept.append(put(text[start + 1 : at], start))
        elif depth == 0:
            kept.append(char)
    return "".join(kept)


def _clone(inner: str, _start: int) -> str:
    return "" if inner.startswith("clone .") else f"[{inner}]"


def _arguments(inner: str, _start: int) -> str:
    return f"({inner.strip()})" if inner.strip() in {"anonymous namespace", "operator"} else ""


def _generics(inner: str, start: int, depth: int = 0) -> str:
    if inner == "lambda":
        return "<lambda>"
    if start > 0 or depth > 8:
        return "<T>"
    inner = _BLANKET.sub("", inner)  # Rust: `<T as Trait>::f` is of the trait
    return _without(inner, "<", lambda text, at: _generics(text, at, depth + 1)).split(" as ", 1)[0]


def _name_in(name: str, platform: str) -> str:
    """Return the word that is the function's name: the one before a Swift arrow, else the last."""
    words = _words(name)
    if len(words) > 1 and words[-1] == "<T>":  # MSVC puts a space after the operator's name
        words[-2:] = [f"{words[-2]} <T>"]
    if not words:
        return ""
    if "initialization expression of" in name and "of" in words[:-1]:
        rest = words[len(words) - words[::-1].index("of") :]
        rest = rest[1:] if rest[:1] == ["static"] and len(rest) > 1 else rest
        return f"initializer expression of {rest[0].removeprefix(':')}" if rest else ""
    word = words[-1]
    if "\ue002" in words:
        arrow = len(words) - 1 - words[::-1].index("\ue002")
        word = words[arrow - 1]
        if word == "throws":
            word = words[arrow - 2]
    if word.startswith("@") and platform in {"cocoa", "swift"}:
        return "thunk for closure" if "thunk for " in name else "closure"
    return f"closure in {word}" if "closure" in words and word != "closure" else word


def _words(text: str) -> list[str]:
    """Split at spaces outside of brackets."""
    words: list[str] = [""]
    open_: list[str] = []
    for char in text:
        if char in _PAIRS:
            open_.append(_PAIRS[char])
        elif open_ and char == open_[-1]:
            open_.pop()
        if char.isspace() and not open_:
            words.append("")
        else:
            words[-1] += char
    return [word for word in words if word]
