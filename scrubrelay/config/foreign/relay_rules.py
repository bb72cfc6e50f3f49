"""The rules of Sentry's data scrubbing, resolved into patterns and actions of ours."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import regex

from scrubrelay.config.foreign.re2 import translate
from scrubrelay.config.foreign.re2_class import ForeignError
from scrubrelay.core.redaction.detectors.pattern import nearest

ANYTHING: Final = "anything"
_BUILTIN: Final = ("replace", "mask", "hash", "remove")
_FILTERED: Final = (*_BUILTIN, "filter")
_PATTERNS: Final[Mapping[str, tuple[str, ...]]] = {
    "anything": (ANYTHING,),
    "ip": (
        "network.ipv4",
        "network.ipv4_context",
        "network.ipv4_private",
        "network.ipv6",
        "network.ip_special",
        "sentry.ip",
    ),
    "mac": ("network.mac", "sentry.mac"),
    "uuid": ("sentry.uuid",),
    "imei": ("identity.imei", "sentry.imei"),
    "email": ("contact.email", "contact.email_encoded", "sentry.email"),
    "iban": ("payment.iban", "sentry.iban"),
    "creditcard": ("payment.card", "payment.card_context", "sentry.creditcard"),
    "pemkey": ("keys_material.pem", "sentry.pemkey"),
    "url_auth": ("web.url_password", "sentry.urlauth"),
    "us_ssn": ("identity.us_ssn", "identity.us_ssn_context", "sentry.usssn"),
    "userpath": ("identity.user_path", "sentry.userpath"),
    "bearer": ("web.bearer", "sentry.bearer"),
    "cookies": ("keys.cookie", "web.cookie_header", "web.session_id"),
    "password": (
        "keys.password",
        "keys.secret",
        "keys.api_key",
        "keys.token",
        "keys.authorization",
        "keyword",
        "sentry.bearer",
        "sentry_words.key",
        "sentry_words.text",
    ),
}
"""Sentry's rule types, and what is for the same thing here; `sentry.*` and `sentry_words.*` are theirs."""
_NAMES: Final[Mapping[str, str]] = {"urlauth": "url_auth", "usssn": "us_ssn"}
_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("ip", "imei", "mac", "uuid", "email", "userpath"), _BUILTIN),
    **dict.fromkeys(("anything", "iban", "creditcard", "pemkey", "us_ssn", "password", "bearer"), _FILTERED),
    "url_auth": (*_BUILTIN, "legacy"),
    "cookies": ("filter",),
}
_DEFAULT_METHOD: Final = {"mac": "mask", "uuid": "mask", "us_ssn": "mask", "password": "remove"}
_COMMON: Final = ("iban", "ip", "email", "creditcard", "pemkey", "url_auth", "userpath", "password", "us_ssn")
_NOT_FILTERED: Final = frozenset({"ip", "email", "userpath"})
"""`@common` has them, `@common:filter` has not."""
_ACTIONS: Final = {
    "replace": "replace",
    "filter": "replace",
    "legacy": "replace",
    "mask": "mask",
    "hash": "hash",
    "remove": "remove",
    "default": "remove",
}
_MAX_INNER: Final = 1000
_META: Final = regex.compile(r"(?<!\\)[.^$*+?()\[\]{}|]|\\[A-Za-z0-9]")
_ESCAPED: Final = regex.compile(r"\\(.)", regex.DOTALL)
_WORD: Final = regex.compile(r"[^\W_]+")
_SLUG: Final = regex.compile(r"[^a-z0-9]+")

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What one rule comes to: patterns, and what becomes of their finds."""

    patterns: tuple[str, ...]
    action: str


@dataclass(slots=True)
class Rules:
    """The rules of one configuration; its own patterns are collected as they are met.

    Args:
        specs: Rule id -> rule, as in the configuration.
        pack: The name of the pattern file that is written.
        note: Where to tell what differs.
        patterns: The `[[pattern]]` tables of that file; shared by all projects.
    """

    specs: Mapping[str, Any]
    pack: str
    note: Note
    patterns: dict[str, dict[str, Any]] = field(default_factory=dict)

    def resolve(self, name: str) -> list[Applied]:
        """Return what a rule comes to; nothing where it cannot be carried over, which is noted."""
        found = list(self._resolve(name, "", ()))
        if len(found) > _MAX_INNER:
            self.note(f"rule {name}: refers to more than {_MAX_INNER} rules, the others are left out")
        return list(dict.fromkeys(found[:_MAX_INNER]))

    def _resolve(self, name: str, method: str, above: tuple[str, ...]) -> Iterator[Applied]:
        spec = self.specs.get(name)
        if name in above:
            self.note(f"rule {name}: refers to itself")
        elif isinstance(spec, dict):
            yield from self._own(name, spec, method, (*above, name))
        elif name in self.specs:
            self.note(f"rule {name}: expected an object; Sentry refuses the whole configuration")
        else:
            yield from self._builtin(name, method)

    def _builtin(self, name: str, method: str) -> Iterator[Applied]:
        base, _, suffix = name.removeprefix("@").partition(":")
        kind = _NAMES.get(base, base)
        if base == "common" and name.startswith("@"):
            yield from self._common(name, suffix, method)
            return
        if kind not in _METHODS or not name.startswith("@"):
            known = tuple(f"@{one}" for one in (*_PATTERNS, *_NAMES))
            self.note(f"rule {name}: there is none of this name; Sentry ignores it{nearest(name, known)}")
            return
        if suffix and suffix not in _METHODS[kind]:
            self.note(f"rule {name}: Sentry knows no such rule and ignores it; here @{base} does something")
        if (kind, suffix) == ("imei", "mask"):
            self.note(f"rule {name}: Sentry hashes instead; here it masks")
        chosen = method or suffix or _DEFAULT_METHOD.get(kind, "replace")
        yield self._applied(name, kind, _ACTIONS.get(chosen, "replace"))

    def _common(self, name: str, suffix: str, method: str) -> Iterator[Applied]:
        if suffix not in {"", "filter"}:
            self.note(f"rule {name}: Sentry knows no such rule and ignores it; here it is @common")
        for kind in (one for one in _COMMON if suffix != "filter" or one not in _NOT_FILTERED):
            chosen = method or ("filter" if suffix == "filter" else _DEFAULT_METHOD.get(kind, "replace"))
            yield self._applied(name, kind, _ACTIONS.get(chosen, "replace"))

    def _own(
        self, name: str, spec: Mapping[str, Any], method: str, above: tuple[str, ...]
    ) -> Iterator[Applied]:
        kind = spec.get("type")
        given = self._method(name, spec.get("redaction"))
        if kind in {"multiple", "alias"}:
            inner = spec.get("rules") if kind == "multiple" else [spec.get("rule")]
            # Only a rule that hides its inner rules passes its own redaction on to them.
            passed = (method or given.replace("default", "")) if spec.get("hideInner") is True else ""
            if given not in {"default", passed}:
                self.note(f"rule {name}: Sentry ignores its redaction without hideInner, and so it is here")
            for one in inner if isinstance(inner, list) else ():
                yield from self._resolve(str(one), passed, above)
            return
        action = _ACTIONS.get(method or given, "remove")
        if kind == "pattern":
            yield from self._pattern(name, spec, action)
        elif kind in {"redact_pair", "redactPair"}:
            yield from self._pair(name, spec, action)
        elif isinstance(kind, str) and kind in _PATTERNS:
            yield self._applied(name, kind, action)
        else:
            known = (*_PATTERNS, "pattern", "redact_pair", "multiple", "alias")
            self.note(f"rule {name}: unknown type; Sentry ignores or refuses it{nearest(str(kind), known)}")

    def _method(self, name: str, redaction: Any) -> str:
        if redaction is None:
            return "default"
        method = redaction.get("method") if isinstance(redaction, dict) else None
        if not isinstance(method, str) or method not in _ACTIONS or method in {"filter", "legacy"}:
            self.note(
                f"rule {name}: unknown redaction; Sentry deletes the find without a word, here it is removed"
            )
            return "remove"
        if method == "replace" and redaction.get("text", "[Filtered]") != "[Filtered]":
            self.note(f"rule {name}: its text is replaced by the label of our pattern")
        extra = sorted(set(redaction) - {"method", "text"})
        if extra:
            self.note(
                f"rule {name}: Sentry ignores the options of its redaction: {', '.join(map(str, extra))}"
            )
        return method

    def _applied(self, name: str, kind: str, action: str) -> Applied:
        if kind == "password":
            self.note(
                f"rule {name}: hides whole texts that merely contain auth or password, as Sentry does; "
                "without sentry_words.text it must be a word of the key, or stand before a value"
            )
        return Applied(_PATTERNS[kind], action)

    def _pattern(self, name: str, spec: Mapping[str, Any], action: str) -> Iterator[Applied]:
        expression, groups = spec.get("pattern"), spec.get("replaceGroups")
        if not isinstance(expression, str):
            self.note(f"rule {name}: expected a pattern; Sentry refuses the whole configuration")
            return
        cuts = [one for one in groups if isinstance(one, int)] if isinstance(groups, list) else [0]
        if not cuts:
            self.note(
                f"rule {name}: its replaceGroups is empty: Sentry cuts nothing, here the whole match is cut"
            )
        matches = [self._translated(name, expression, cut) for cut in cuts or [0]]
        for cut, match in zip(cuts or [0], matches, strict=True):
            if match:
                yield Applied(
                    (self._add(name, f"group {cut}" if len(matches) > 1 else "", {"match": match}),), action
                )

    def _translated(self, name: str, expression: str, cut: int) -> str:
        """Return the expression for our pattern files, empty if it cannot be said there."""
        try:
            made = translate(expression, cut, "rust")
            compiled = regex.compile(made.text, regex.VERBOSE | regex.VERSION0)
        except (ForeignError, regex.error) as error:
            self.note(f"rule {name}: its pattern is not carried over: {error}")
            return ""
        if cut and "cut" not in compiled.groupindex:
            self.note(f"rule {name}: there is no group {cut}; Sentry cuts nothing")
            return ""
        if compiled.fullmatch(""):
            self.note(f"rule {name}: its pattern matches the empty string and is not carried over")
            return ""
        return made.text

    def _pair(self, name: str, spec: Mapping[str, Any], action: str) -> Iterator[Applied]:
        """Yield a pattern of keys and one of texts: Sentry looks for the expression in both."""
        expression = spec.get("keyPattern")
        if not isinstance(expression, str):
            self.note(f"rule {name}: expected a keyPattern; Sentry refuses the whole configuration")
            return
        if match := self._translated(name, expression, 0):
            yield self.pair(name, match, action)
            return
        words, names, left = key_words(expression)
        if left:
            self.note(
                f"rule {name}: {left} of the parts of its keyPattern are no words, and not carried over"
            )
        if words or names:
            self.note(
                f"rule {name}: hides values by whole words of keys; Sentry by parts of words and in text"
            )
            yield Applied((self._add(name, "", {"words": words, "names": names}),), action)

    def pair(self, name: str, match: str, action: str) -> Applied:
        """Return what hides a value for its key, and a text for what it contains.

        Args:
            name: The rule's name.
            match: An expression, as our pattern files have it.
            action: What becomes of both.
        """
        text = self._add(name, "text", {"match": match, "whole": True})
        self.note(f"rule {name}: hides whole texts in which its keyPattern matches, as Sentry does ({text})")
        return Applied((self._add(name, "key", {"key_match": match}), text), action)

    def _add(self, name: str, part: str, finds: Mapping[str, Any]) -> str:
        slug = _SLUG.sub("_", f"{name} {part}".lower()).strip("_") or "rule"
        table = {
            "label": "[filtered]",
            "why": f"Imported: the rule {name!r}.",
            **{key: one for key, one in finds.items() if one},
        }
        number, id_ = 1, f"{self.pack}.{slug}"
        while self.patterns.get(id_, table) != table:
            number += 1
            id_ = f"{self.pack}.{slug}_{number}"
        self.patterns[id_] = table
        return id_


def key_words(expression: str) -> tuple[list[str], list[str], int]:
    r"""Return the words and the whole names that a regular expression lists, and how many others it has.

    Sentry writes `api\.key|^pin$` of the sensitive fields of a project.
    """
    words: list[str] = []
    names: list[str] = []
    left = 0
    for part in regex.split(r"(?<!\\)\|", expression.removeprefix("(?i)")):
        whole = part.startswith("^") and part.endswith("$")
        bare = part.removeprefix("^").removesuffix("$") if whole else part
        word = "" if _META.search(bare) else " ".join(_WORD.findall(_ESCAPED.sub(r"\1", bare)))
        left += not word
        if word:
            (names if whole else words).append(word)
    return list(dict.fromkeys(words)), list(dict.fromkeys(names)), left
