"""Where in the files of a configuration something stands: patterns by their id, rules by their number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import regex

from scrubrelay.config.foreign.gitleaks import id_of, is_gitleaks
from scrubrelay.config.packs import matching_files, sources
from scrubrelay.config.settings import ProjectSettings, RedactionSettings, Settings
from scrubrelay.core.redaction.text.strings import CUSTOM_ID

_ID: Final = regex.compile(r"""^ \s* id \s* = \s* ["'] ([^"'\n]+) ["']""", regex.VERBOSE | regex.MULTILINE)
_HEADER: Final = regex.compile(
    r"^ [ \t]* (?: \[\[? \s* (?P<table> [\w.]+ ) \s* \]\]? | (?: (?P<of> [\w.]+ ) \. )? rule \s* = \s* \[ )",
    regex.VERBOSE | regex.MULTILINE,
)
"""The head of a table, or the list of rules written out in one."""
_MARK: Final = regex.compile(
    r"""
    \'{3} .*? \'{3} | \"{3} (?: \\. | . )*? \"{3} | ' [^'\n]* ' | " (?: \\. | [^"\\\n] )* " | \# [^\n]*
    | (?P<open> [\[{] ) | (?P<close> [\]}] )
    """,
    regex.VERBOSE | regex.DOTALL,
)
_TABLES: Final = frozenset({"redaction", "project.redaction"})


@dataclass(frozen=True, slots=True)
class Origins:
    """Where what scrubs one project comes from.

    Args:
        redaction: The project's settings, or the common ones.
        patterns: Pattern id -> `file:line`.
        rules: `file:line` of each `[[redaction.rule]]`, in the order of their numbers; empty if unknown.
    """

    redaction: RedactionSettings
    patterns: Mapping[str, str]
    rules: Sequence[str]

    def pattern(self, id_: str) -> str:
        """Return where a pattern stands; for what is no pattern of a file, the setting."""
        if id_ == CUSTOM_ID:
            return "[redaction] sensitive_keys"
        if id_.startswith("scrubrelay."):
            return "built in"
        head, _, tail = id_.partition(".")
        if head == "rules" and tail.isdecimal():
            return self.rule(int(tail))
        return self.patterns.get(id_, "") or self.patterns.get(tail, "")

    def rule(self, number: int) -> str:
        """Return where the rule of this number stands (1 is the first)."""
        if not number:
            return ""
        return self.rules[number - 1] if number <= len(self.rules) else f"[[redaction.rule]] number {number}"

    def action(self, id_: str, number: int, categories: Sequence[str]) -> str:
        """Return which setting chose what became of a find."""
        if number and self.redaction.rule[number - 1].action:
            return f"[[redaction.rule]] action, {self.rule(number)}"
        for name in (id_, id_.partition(".")[0], *categories):
            if name in self.redaction.actions:
                return f'[redaction] actions."{name}"'
        return "[redaction] action"


def origins_of(settings: Settings, file: Path | None, project: ProjectSettings | None) -> Origins:
    """Return where what scrubs a project stands; None is what holds for all.

    Args:
        settings: The settings.
        file: Their file, if there is one.
        project: One of `settings.project`.
    """
    redaction = settings.redaction_of(project) if project else settings.redaction
    patterns = dict(_embedded())
    for path in matching_files(redaction.pattern_files):
        patterns |= _ids(str(path), path.read_text("utf-8-sig"))
    index = settings.project.index(project) if project else -1
    rules = _rules(file, redaction, project, index) if file else ()
    return Origins(redaction, patterns, rules)


def located(problems: Iterable[str], pattern_files: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with examples, each behind the file and line of its pattern.

    Args:
        problems: Each begins with the id of a pattern.
        pattern_files: The user's, as the configuration names them.
    """
    patterns = dict(_embedded())
    for path in matching_files(pattern_files):
        patterns |= _ids(str(path), path.read_text("utf-8-sig"))
    for one in problems:
        where = patterns.get(one.partition(":")[0])
        yield f"{where}: {one}" if where else one


@cache
def _embedded() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, text in sources():
        found |= _ids(name, text)
    return found


def _ids(name: str, text: str) -> dict[str, str]:
    if is_gitleaks(text):
        return {
            id_of(name, found[1]): f"{name}:{_line(text, found.start(1))}" for found in _ID.finditer(text)
        }
    return {found[1]: f"{name}:{_line(text, found.start(1))}" for found in _ID.finditer(text)}


def _rules(
    file: Path, redaction: RedactionSettings, project: ProjectSettings | None, index: int
) -> Sequence[str]:
    """Return where the rules stand; none of them if they are written in a way that is not seen through."""
    found = list(_headers(file.read_text("utf-8-sig")))
    common = [line for line, name, _ in found if name == "redaction.rule"]
    own = [line for line, name, number in found if name == "project.redaction.rule" and number == index]
    override = project.redaction if project else None
    if override is None or "rule" not in override.model_fields_set | set(override.adds):
        lines = common
    else:
        lines = [*common, *own] if "rule" in override.adds else own
    return [f"{file}:{line}" for line in lines] if len(lines) == len(redaction.rule) else ()


def _headers(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield the line and the name of each table with a head or in a list of rules, and its project."""
    project, table = -1, ""
    for found in _HEADER.finditer(text):
        if found["table"]:
            table = found["table"]
            project += table == "project"
            yield _line(text, found.start("table")), table, project
        elif (name := found["of"] or table) in _TABLES:
            yield from ((_line(text, at), f"{name}.rule", project) for at in _tables(text, found.end()))


def _tables(text: str, start: int) -> Iterator[int]:
    """Yield where each table of a list stands that begins before `start`."""
    depth = 1
    for mark in _MARK.finditer(text, start):
        if mark["open"]:
            if depth == 1 and mark["open"] == "{":
                yield mark.start()
            depth += 1
        elif mark["close"]:
            depth -= 1
            if not depth:
                return


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
