"""What scrubbing leaves behind, so that it is known for what it is when it comes by again."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final

import regex

from scrubrelay.core.redaction.detectors.pattern import Pattern

Action = Callable[[Pattern, str], str]
HASH_DIGITS: Final = 32
"""As long as an MD5, which Sentry's grouping recognises and sets aside; shorter tokens would split issues."""
KEY_DIGITS: Final = 4
"""The first of them name the key: beside them a name would split every issue once when the key changes."""
# What SDKs and servers write in place of a value: sentry-sdk, Relay, raven, Rails, Django, logfire.
_FOREIGN = (
    r"\[[ ]?(?:Filtered|FILTERED|filtered|redacted|REDACTED|Redacted|removed|hidden"
    r"|(?i:scrubbed)[^\[\]]{0,80})[ ]?\]"
)
_MASK = r"[*•]{3,}.{0,4}|[*•]+"
_WORD = regex.compile(r"\w")


def replace(pattern: Pattern, text: str) -> str:
    """Put the label."""
    del text
    return pattern.label


def mask(pattern: Pattern, text: str) -> str:
    """Put an asterisk for every character, at least three."""
    del pattern
    return "*" * max(3, len(text))


def partial(pattern: Pattern, text: str) -> str:
    """Keep the last four of what is long enough to stay unknown without them."""
    del pattern
    kept = text[-4:] if len(text) >= 12 and text[-4:].isalnum() else ""
    return "*" * max(3, len(text) - len(kept)) + kept


def remove(pattern: Pattern, text: str) -> str:
    """Leave nothing."""
    del pattern, text
    return ""


def key_id(key: bytes) -> str:
    """Return what all tokens of a key begin with; it says nothing about the key."""
    return _hmac(key, b"scrubrelay key id")[:KEY_DIGITS]


def token(key: bytes, text: str) -> str:
    """Return the digits that stand for a text: the id of the key, then HMAC-SHA-256, cut to 112 bits."""
    return _token(key, key_id(key), text)


def keyed_hash(key: bytes) -> Action:
    """Return the action that puts a token: the same for the same text, on every relay with this key."""
    id_ = key_id(key)

    def put(pattern: Pattern, text: str) -> str:
        return f"{pattern.label[:-1]}:{_token(key, id_, text)}]"

    return put


def _token(key: bytes, id_: str, text: str) -> str:
    return (id_ + _hmac(key, text.encode("utf-8", "surrogatepass")))[:HASH_DIGITS]


def _hmac(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, "sha256").hexdigest()


PLAIN_ACTIONS: Final[Mapping[str, Action]] = {
    "replace": replace,
    "mask": mask,
    "partial": partial,
    "remove": remove,
}


class Marks:
    """Recognises labels, hashes and masks: ours, and those that SDKs leave.

    Args:
        labels: Every label that can stand in a text.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        longest_first = sorted(labels, key=len, reverse=True)
        self._inner = "|".join(regex.escape(label[1:-1]) for label in longest_first) or "$^"
        self._reach = 3 + HASH_DIGITS + max(map(len, longest_first), default=0)

    @cached_property
    def _mark(self) -> "regex.Pattern[str]":
        return regex.compile(rf"\[(?:{self._inner})(?::[0-9a-f]{{{HASH_DIGITS}}})?\]|{_FOREIGN}|{_MASK}")

    @cached_property
    def _token(self) -> "regex.Pattern[str]":
        return regex.compile(rf"\[(?:{self._inner}):[0-9a-f]{{{HASH_DIGITS}}}\]")

    def only(self, cut: str) -> bool:
        """Tell whether a cut holds nothing but marks and punctuation."""
        if "[" not in cut and "*" not in cut and "•" not in cut:
            return False
        return self._mark.search(cut) is not None and not _WORD.search(self._mark.sub("", cut))

    def within(self, text: str, start: int, end: int) -> bool:
        """Tell whether a cut is a part of a token of ours: `password:` and digits look like a password."""
        left = text.rfind("[", max(0, start - self._reach), start)
        mark = self._token.match(text, left) if left >= 0 else None
        return mark is not None and end <= mark.end()

    def strip(self, name: str) -> str:
        """Return a name without its marks."""
        return self._mark.sub(" ", name) if "[" in name or "*" in name else name

    def value(self, text: str) -> bool:
        """Tell whether a whole value is one mark."""
        return self._mark.fullmatch(text.strip()) is not None
