"""Patterns as data: what a pack file says, read into frozen values."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, TypeVar

import regex

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.finders import Allow, Literals, compiled, mistake
from scrubrelay.core.redaction.validators.table import VALIDATORS

MIN_EXAMPLES: Final = 2
_Number = TypeVar("_Number", int, float)
_TAKEN = regex.compile(r"rules\.[0-9]+|(?:timed_out|scrubrelay)\..*|keys\.custom")
"""What redactions are called that no pattern of a file has made."""
_ID = regex.compile(r"[a-z][a-z0-9-]*(?:[._][a-z0-9]+)*")
# No numbers, hex runs or quotes: grouping parametrises those, and one issue would become one per user.
_SELECTOR = regex.compile(r"[$!(]|.*(?:\|\||&&)", regex.DOTALL)
"""What `[[redaction.rule]]` takes, and no path."""
_COMMENT = regex.compile(r"(?<!\\)#")
_LABEL = regex.compile(r"\[[a-zA-Z][a-zA-Z0-9]*(?:[ -][a-zA-Z][a-zA-Z0-9]*)*\]")


@dataclass(frozen=True, slots=True)
class Example:
    """A text (under a key, if one is given) and what must become of it."""

    text: str
    becomes: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A text that must stay as it is, and why."""

    text: str
    why: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One thing to find: by its shape (`match`), from a list of names, or by its key.

    Args:
        entropy: Bits a character that a cut must have more than; 0 for no such demand.
        allow: Finds that stay after all.
        first_group: Whether the first group that holds something is cut, in place of a group `cut`.
        whole: Whether the whole string is cut in which it matches.
        literals: The names to find, in place of `match`.
        words: Keys that have one of these words hide their values.
        names: Keys that are one of these do.
        key_match: Keys in which this expression matches do.
        weak: Whether `context` is asked for only while packs of many countries are on.
        measured: Whether `match` is known to take no long time on a short text, whatever it is.
    """

    id: str
    label: str
    why: str
    references: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    default: bool = True
    keywords: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    near: int = 40
    only_at: tuple[str, ...] = ()
    not_at: tuple[str, ...] = ()
    match: str = ""
    validator: str = ""
    entropy: float = 0.0
    allow: tuple[Allow, ...] = ()
    first_group: bool = False
    whole: bool = False
    literals: Literals | None = None
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    key_match: str = ""
    safe: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    counterexamples: tuple[Counterexample, ...] = ()
    measured: bool = False
    weak: bool = False

    @property
    def is_key(self) -> bool:
        """Whether this hides values for the name of their key."""
        return not self.match and self.literals is None


@dataclass(frozen=True, slots=True)
class Pack:
    """One file of patterns, switched by its name or by its categories."""

    name: str
    title: str
    categories: tuple[str, ...]
    default: bool
    patterns: tuple[Pattern, ...]
    notes: tuple[str, ...] = ()
    """What was found in the file and is not done."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is different for the user's own files: `why` and examples are not asked for.

    Args:
        read: Returns the text of a file that the pack names, and the name it is known by.
    """

    read: Callable[[str], tuple[str, str]]


_TEXTS: Final = frozenset({"id", "label", "why", "match", "key_match", "validator"})
_LISTS: Final = frozenset(
    {"references", "categories", "keywords", "context", "only_at", "not_at", "words", "names", "safe"}
)
_FLAGS: Final = ("default", "weak", "whole", "case")
_OTHERS: Final = (*_FLAGS, "near", "entropy", "allow", "list", "example", "counterexample")
_KEYS: Final = (*sorted(_TEXTS | _LISTS), *_OTHERS)
_PACK_KEYS: Final = ("title", "categories", "default", "pattern")
_EXAMPLE_KEYS: Final = {"example": ("text", "becomes", "key"), "counterexample": ("text", "why", "key")}


def toml_of(text: str, source: str) -> dict[str, Any]:
    """Return the tables of a file.

    Raises:
        ConfigError: It is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{source}: not TOML: {error}"]) from error


def parse_pack(text: str, source: str, own: Own | None = None, *, proven: bool = False) -> Pack:
    """Read one pack.

    Args:
        text: The TOML of the file.
        source: The file's name for messages; its stem is the pack's name.
        own: Given for the user's own files.
        proven: Whether its expressions are known to compile: those of the relay's own packs do in the tests,
            and compiling all of them took a third of a start, most of it for what is not switched on.

    Raises:
        ConfigError: With everything that is wrong in this file.
    """
    name = source.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")
    table = toml_of(text, source)
    reader = _Reader(source, own, proven=proven)
    pack = reader.pack(name, table)
    if reader.problems:
        raise ConfigError(reader.problems)
    return pack


@dataclass(slots=True)
class _Reader:
    """Reads tables and collects what is wrong with them instead of stopping at the first mistake."""

    source: str
    own: Own | None = None
    proven: bool = False
    problems: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def pack(self, name: str, table: Mapping[str, Any]) -> Pack:
        self.known("the pack", table, _PACK_KEYS)
        categories = self.strings("the pack", table, "categories")
        default = self.boolean("the pack", table, "default", otherwise=True)
        raw = table.get("pattern")
        if not isinstance(raw, list) or not raw or not all(isinstance(one, dict) for one in raw):
            self.say("the pack", "pattern", "expected at least one [[pattern]], and nothing else")
            raw = []
        patterns = tuple(self.pattern(one, (default, categories)) for one in raw)
        title = self.string("the pack", table, "title") or name
        return Pack(name, title, categories, default, patterns)

    def pattern(self, table: Mapping[str, Any], inherited: tuple[bool, tuple[str, ...]]) -> Pattern:
        where = f"pattern {table.get('id', '?')}"
        self.known(where, table, _KEYS)
        default, categories = inherited
        fields: dict[str, Any] = {name: self.string(where, table, name) for name in _TEXTS}
        fields |= {name: self.strings(where, table, name) for name in _LISTS}
        fields["categories"] = tuple(dict.fromkeys((*categories, *fields["categories"])))
        fields["why"] = fields["why"] or (f"The user's own file {self.source}." if self.own else "")
        pattern = Pattern(
            **fields,
            entropy=self.number(where, table, "entropy", otherwise=0.0),
            allow=self.allow(where, table),
            whole=self.boolean(where, table, "whole", otherwise=False),
            weak=self.boolean(where, table, "weak", otherwise=False),
            literals=self.literals(where, table),
            default=self.boolean(where, table, "default", otherwise=default),
            near=self.number(where, table, "near", otherwise=40),
            examples=tuple(self.examples(where, table)),
            counterexamples=tuple(self.counterexamples(where, table)),
        )
        if table.get("list") and pattern.literals is None:
            return pattern  # what is wrong with the list was told
        checks = (_problems,) if self.proven else (_problems, _no_paths, _regex_problems)
        wrong = (problem for check in checks for problem in check(pattern))
        self.problems.extend(f"{self.source}: {where}: {problem}" for problem in wrong)
        if pattern.id in self.seen:
            self.say(where, "id", "used twice")
        self.seen.add(pattern.id)
        return pattern

    def examples(self, where: str, table: Mapping[str, Any]) -> Iterator[Example]:
        for one in self.tables(where, table, "example"):
            yield Example(self.joined(where, one, "text"), self.joined(where, one, "becomes"), _key(one))

    def counterexamples(self, where: str, table: Mapping[str, Any]) -> Iterator[Counterexample]:
        for one in self.tables(where, table, "counterexample"):
            if not one.get("why"):
                self.say(where, "counterexample.why", "expected the reason why it stays")
            yield Counterexample(self.joined(where, one, "text"), str(one.get("why", "")), _key(one))

    def tables(self, where: str, table: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
        value = table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.say(where, name, f"expected [[pattern.{name}]] tables")
            return
        if len(value) < MIN_EXAMPLES and not self.own:
            self.say(where, name, f"expected at least {MIN_EXAMPLES}, found {len(value)}")
        for one in value:
            self.known(f"{where} {name}", one, _EXAMPLE_KEYS[name])
            yield one

    def allow(self, where: str, table: Mapping[str, Any]) -> tuple[Allow, ...]:
        regexes = self.strings(where, table, "allow")
        return (Allow(regexes),) if regexes else ()

    def literals(self, where: str, table: Mapping[str, Any]) -> Literals | None:
        file, case = self.string(where, table, "list"), self.boolean(where, table, "case", otherwise=False)
        if not file:
            return None
        if self.own is None:
            self.say(where, "list", "only in files of your own")
            return None
        try:
            name, text = self.own.read(file)
        except ConfigError as error:
            self.problems.extend(f"{self.source}: {where}: list: {problem}" for problem in error.problems)
            return None
        return Literals.of(name, text, case=case)

    def joined(self, where: str, table: Mapping[str, Any], name: str) -> str:
        value = table.get(name)
        parts: list[Any] = value if isinstance(value, list) else [value]
        if all(isinstance(part, str) for part in parts):
            return "".join(parts)
        self.say(where, name, "expected a string or a list of its parts")
        return ""

    def string(self, where: str, table: Mapping[str, Any], name: str) -> str:
        value = table.get(name, "")
        if isinstance(value, str):
            return value
        self.say(where, name, "expected a string")
        return ""

    def strings(self, where: str, table: Mapping[str, Any], name: str) -> tuple[str, ...]:
        value = table.get(name, [])
        if isinstance(value, list) and all(isinstance(one, str) and one for one in value):
            return tuple(value)
        self.say(where, name, "expected a list of strings")
        return ()

    def boolean(self, where: str, table: Mapping[str, Any], name: str, *, otherwise: bool) -> bool:
        value = table.get(name, otherwise)
        if isinstance(value, bool):
            return value
        self.say(where, name, "expected true or false")
        return otherwise

    def number(self, where: str, table: Mapping[str, Any], name: str, *, otherwise: _Number) -> _Number:
        value = table.get(name, otherwise)
        if isinstance(value, int | type(otherwise)) and not isinstance(value, bool) and value > 0:
            return type(otherwise)(value)
        if value == otherwise:
            return otherwise
        self.say(where, name, "expected a number above 0")
        return otherwise

    def known(self, where: str, table: Mapping[str, Any], names: tuple[str, ...]) -> None:
        for name in table:
            if name not in names:
                self.say(where, name, f"unknown{nearest(name, names)}")

    def say(self, where: str, key: str, expectation: str) -> None:
        self.problems.append(f"{self.source}: {where}: {key}: {expectation}")


def _key(table: Mapping[str, Any]) -> str:
    return str(table.get("key", ""))


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Return `, did you mean ...?` for a name that is nearly one of `names`, else an empty string."""
    close = get_close_matches(name, names, 1)
    return f", did you mean {close[0]!r}?" if close else ""


def _problems(pattern: Pattern) -> Iterator[str]:
    """Tell what is wrong with a pattern whose fields have the right types."""
    if not _ID.fullmatch(pattern.id):
        yield "id: expected a name such as payment.card"
    if _TAKEN.fullmatch(pattern.id):
        yield f"id: expected another name, the relay itself uses {pattern.id}"
    if not _LABEL.fullmatch(pattern.label):
        yield "label: expected words in brackets such as [card]; numbers and quotes would split issues"
    if not pattern.why:
        yield "why: expected a sentence"
    kinds = (pattern.match, pattern.literals, pattern.words or pattern.names or pattern.key_match)
    if sum(map(bool, kinds)) != 1:
        yield "match: expected one of match (a shape), list (of names) or words, names and key_match (keys)"
    if pattern.whole and not pattern.match:
        yield "whole: only with match"
    if pattern.weak and not pattern.context:
        yield "weak: only with context"
    if pattern.literals and not (pattern.literals.names and not pattern.literals.wordless()):
        yield f"list: {pattern.literals.source}: expected names with letters or digits, one a line"
    if pattern.validator and pattern.validator not in VALIDATORS:
        yield f"validator: unknown: {pattern.validator!r}{nearest(pattern.validator, tuple(VALIDATORS))}"


def _no_paths(pattern: Pattern) -> Iterator[str]:
    for key, globs in (("only_at", pattern.only_at), ("not_at", pattern.not_at)):
        if strange := next(filter(_SELECTOR.match, globs), ""):
            yield f"{key}: {strange!r}: expected a path such as tags.* or extra.**; selectors are for rules"


def _regex_problems(pattern: Pattern) -> Iterator[str]:
    try:
        compiled_match = compile_match(pattern)
    except regex.error as error:
        yield f"match: {mistake(error, pattern.match)}"
        return
    if pattern.match and compiled_match.fullmatch(""):
        comment = "; # begins a comment, \\# is the character" if _COMMENT.search(pattern.match) else ""
        yield f"match: matches the empty string{comment}"
    try:
        if pattern.key_match and compiled(pattern.key_match).fullmatch(""):
            yield "key_match: matches the empty string"
    except regex.error as error:
        yield f"key_match: {mistake(error, pattern.key_match)}"
    for one in (one for allow in pattern.allow for one in allow.regexes):
        try:
            compiled(one)
        except regex.error as error:
            yield f"allow: {mistake(error, one)}"


def compile_match(pattern: Pattern) -> "regex.Pattern[str]":
    """Compile `match`.

    Raises:
        regex.error: It is not a regular expression.
    """
    return compiled(pattern.match)
