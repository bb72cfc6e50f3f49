"""From settings to what caps the events of a project."""

from collections.abc import Iterable, Mapping

from scrubrelay.config.settings import (
    CapRuleSettings,
    CapsSettings,
    ConditionSettings,
    ProjectSettings,
    Settings,
)
from scrubrelay.core.policy.caps import Cap, CapRule, Condition
from scrubrelay.core.policy.globs import Glob
from scrubrelay.core.policy.grouping.stack_rules import StackRules


def cap_of(settings: Settings, project: ProjectSettings | None = None) -> Cap | None:
    """Return what holds for a project, or for those that are not listed; None if nothing is capped."""
    caps = settings.caps_of(project)
    limit = caps.max_events_per_issue or None
    rules = tuple(_rule(one, caps) for one in caps.rule)
    if limit is None and all(one.limit is None for one in rules):
        return None
    own = StackRules.parse(caps.stack_rules)
    by_environment = "environment" in caps.scope
    return Cap(limit, caps.window, by_environment, caps.trickle, _condition(caps.exempt), rules, own)


def _rule(rule: CapRuleSettings, caps: CapsSettings) -> CapRule:
    given = caps.max_events_per_issue if rule.limit is None else rule.limit
    limit = None if given == "none" else given or None
    return CapRule(_condition(rule), limit, rule.window or caps.window)


def _condition(condition: ConditionSettings) -> Condition:
    return Condition({name: _globs(name, sources) for name, sources in _given(condition).items()})


def _given(condition: ConditionSettings) -> Mapping[str, tuple[str, ...]]:
    return {name: sources for name in ConditionSettings.model_fields if (sources := getattr(condition, name))}


def _globs(name: str, sources: Iterable[str]) -> tuple[Glob, ...]:
    """Compile wildcards; for the name of a type, big and small letters differ, as in code."""
    return tuple(Glob.parse(source, ignore_case=name != "type") for source in sources)
