"""A `gitleaks.toml` read as a pattern pack."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, Final

import regex

from scrubrelay.config.foreign.re2 import Translated, translate
from scrubrelay.config.foreign.re2_class import ForeignError
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.finders import Allow, Target, mistake, place_in
from scrubrelay.core.redaction.detectors.pattern import Pack, Pattern, compile_match, toml_of

CATEGORY: Final = "gitleaks"
"""Switches the rules of all such files."""
_TABLES: Final = frozenset({"rules", "extend", "allowlist", "allowlists"})
_ALLOWLISTS: Final = ("allowlist", "allowlists")
_RULE: Final = frozenset(
    {"id", "description", "regex", "secretgroup", "entropy", "keywords", "path", "tags", *_ALLOWLISTS}
    | {"required", "skipreport"}
)
_TARGETS: Final[Mapping[str, Target]] = {"": "cut", "secret": "cut", "match": "match", "line": "line"}
_BOTH: Final = {"AND": True, "&&": True, "OR": False, "||": False, "": False}
_LEAD: Final = regex.compile(r"^(\(\?[ims]+\))?\[(?:\\.|[^\]\\])+\]\{0,\d+\}\?(?=\(\?:)")
_EXTEND: Final = {
    "useDefault": "the packs that come with the relay take the place of gitleaks' own rules",
    "path": "only the rules of this file are taken; name the other one among the pattern files as well",
    "url": "only the rules of this file are taken",
    "disabledRules": "the rules of this file are all taken",
}
_NO_FILES: Final = "events have no files"


def is_gitleaks(text: str) -> bool:
    """Tell whether a pattern file is one of gitleaks: it has `[[rules]]`, ours have `[[pattern]]`.

    A project's own may have nothing but `[extend]` and an allowlist.
    """
    try:
        names = {name.lower() for name in tomllib.loads(text)}
    except tomllib.TOMLDecodeError:
        return False
    return "pattern" not in names and not names.isdisjoint(_TABLES)


def id_of(source: str, rule: str) -> str:
    """Return what a rule is called here; a later one of nearly the same name gets a number."""
    words = [word for word in regex.split(r"[^a-z0-9]+", rule.lower()) if word]
    return f"{_name(source)}.{'_'.join(words) or 'rule'}"


def from_gitleaks(text: str, source: str) -> Pack:
    """Return the rules of a gitleaks configuration (version 8) as a pack.

    Args:
        text: The TOML of the file.
        source: The file's name for messages; its stem is the pack's name.

    Raises:
        ConfigError: With everything that is wrong in this file.
    """
    table = _folded(toml_of(text, source))
    reader = _Reader(source, _name(source))
    pack = reader.pack(table)
    if reader.problems:
        raise ConfigError(reader.problems)
    return pack


@dataclass(slots=True)
class _Reader:
    """Reads the tables, and collects what is wrong and what has no meaning here."""

    source: str
    name: str
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def pack(self, table: Mapping[str, Any]) -> Pack:
        self.extended(table.get("extend"))
        everywhere: list[Allow] = []
        targeted: dict[str, list[Allow]] = {}
        for one in _allowlists(table):
            named = self.texts("the allowlist", one, "targetRules")
            for id_ in named:
                targeted.setdefault(id_, []).extend(self.allow("the allowlist", one))
            if not named:
                everywhere += self.allow("the global allowlist", one)
        patterns = []
        for rule in _tables(table.get("rules")):
            pattern = self.rule(rule)
            if pattern is not None:
                own = (*pattern.allow, *targeted.get(str(rule.get("id")), ()), *everywhere)
                patterns.append(_quick(replace(pattern, allow=own)))
        if not patterns:
            self.note("[[rules]]", "regex", "no rule has one, nothing is looked for")
        title = str(table.get("title") or self.name)
        return Pack(self.name, title, (CATEGORY,), True, tuple(patterns), tuple(self.notes))

    def extended(self, extend: Any) -> None:
        if isinstance(extend, dict):
            for key, told in _EXTEND.items():
                if _folded(extend).get(key.lower()):
                    self.note("[extend]", key, told)

    def rule(self, table: Mapping[str, Any]) -> Pattern | None:
        id_ = str(table.get("id") or "?")
        where = f"rule {id_}"
        for key in sorted(table.keys() - _RULE):
            self.note(where, key, "unknown, ignored")
        if table.get("path"):
            self.note(where, "path", f"{_NO_FILES}, it is looked for everywhere")
        if table.get("required"):
            self.note(where, "required", "ignored, it is cut whatever stands beside it")
        if table.get("skipreport"):
            self.note(where, "skipReport", "not taken: it only supports other rules")
            return None
        if not table.get("regex"):
            self.note(where, "regex", "not taken: it has none, and may only change a rule of another file")
            return None
        group = self.group(where, table.get("secretgroup", 0))
        made = self.expression(where, "regex", table["regex"], group)
        if made is None:
            return None
        words = self.texts(where, table, "keywords")
        allow = tuple(one for inner in _allowlists(table) for one in self.allow(where, inner))
        pattern = Pattern(
            self.id(id_),
            _label(id_),
            str(table.get("description") or f"The rule {id_} of {self.source}."),
            categories=(CATEGORY,),
            keywords=words,
            match=made.text,
            entropy=self.entropy(where, table.get("entropy", 0)),
            allow=allow,
            first_group=not group and made.groups > 0,
        )
        if group and made.groups < group:
            self.say(where, "secretGroup", f"{group}, but the regex has {made.groups} groups")
        self.compiles(where, "regex", made, str(table["regex"]))
        return pattern

    def allow(self, where: str, table: Mapping[str, Any]) -> Iterator[Allow]:
        """Yield what an allowlist lets stay; nothing if it wants a file or commit that events do not have."""
        unheard = [key for key in ("paths", "commits") if table.get(key)]
        both = _BOTH.get(str(table.get("condition", "")).upper())
        target = _TARGETS.get(str(table.get("regextarget", "")))
        if both is None:
            self.say(where, "allowlist.condition", "expected AND or OR")
        if target is None:
            self.say(where, "allowlist.regexTarget", "expected secret, match or line")
        for key in unheard:
            self.note(where, f"allowlist.{key}", f"ignored, {_NO_FILES}")
        texts = self.texts(where, table, "regexes")
        made = [self.expression(where, "allowlist.regexes", one, 0) for one in texts]
        for one, text in zip(made, texts, strict=True):
            if one is not None:
                self.compiles(where, "allowlist.regexes", one, text)
        regexes = tuple(one.text for one in made if one is not None)
        words = self.texts(where, table, "stopwords")
        if (regexes or words) and not (both and unheard):
            yield Allow(regexes, words, target or "cut", bool(both and regexes and words))

    def expression(self, where: str, key: str, text: Any, cut: int) -> Translated | None:
        if not isinstance(text, str):
            self.say(where, key, "expected a string")
            return None
        try:
            return translate(text, cut)
        except ForeignError as error:
            self.say(where, key, f"{place_in(text, error.at)}: {error}")
            return None

    def compiles(self, where: str, key: str, made: Translated, written: str) -> None:
        probe = Pattern(self.name, "", "", match=made.text)
        try:
            empty = compile_match(probe).fullmatch("") is not None
        except regex.error as error:
            at = made.origin(getattr(error, "pos", None) or 0)
            self.say(where, key, mistake(error, written, at))
            return
        if empty and key == "regex":
            self.say(where, key, "matches the empty string")

    def group(self, where: str, value: Any) -> int:
        if isinstance(value, int) and value >= 0:
            return value
        self.say(where, "secretGroup", "expected the number of a group")
        return 0

    def texts(self, where: str, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key.lower(), [])
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(filter(None, value))
        # One text instead of a list would be taken letter by letter: as an allowlist, for everything.
        self.say(where, key, "expected a list of strings")
        return ()

    def entropy(self, where: str, value: Any) -> float:
        if isinstance(value, int | float) and value >= 0:
            return float(value)
        self.say(where, "entropy", "expected a number")
        return 0.0

    def id(self, rule: str) -> str:
        base = name = id_of(self.source, rule)
        number = 1
        while name in self.seen:
            number += 1
            name = f"{base}_{number}"
        self.seen.add(name)
        return name

    def say(self, where: str, key: str, expectation: str) -> None:
        self.problems.append(f"{self.source}: {where}: {key}: {expectation}")

    def note(self, where: str, key: str, text: str) -> None:
        self.notes.append(f"{self.source}: {where}: {key}: {text}")


def _name(source: str) -> str:
    stem = PurePath(source.replace("\\", "/")).name.removesuffix(".toml").lower()
    return regex.sub(r"[^a-z0-9]+", "-", stem).strip("-0123456789") or "gitleaks"


def _label(rule: str) -> str:
    # Letters only: numbers would split issues.
    words = [word for word in regex.split(r"[^A-Za-z]+", rule) if word]
    return f"[{'-'.join(words) or 'secret'}]"


def _allowlists(table: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [one for key in _ALLOWLISTS for one in _tables(table.get(key))]


def _quick(pattern: Pattern) -> Pattern:
    """Return a pattern without what may stand before its first word.

    Of the group that is cut it says nothing, and on a long word it takes most of the time.
    """
    if not pattern.first_group or any(one.target == "match" for one in pattern.allow):
        return pattern
    return replace(pattern, match=_LEAD.sub(r"\1", pattern.match))


def _tables(value: Any) -> Sequence[Mapping[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [_folded(one) for one in values if isinstance(one, dict)]


def _folded(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a table with its keys in lower case: gitleaks does not tell them apart."""
    return {key.lower(): one for key, one in table.items()}
