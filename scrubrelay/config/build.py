"""From settings to what the relay works with: patterns, redactors, projects and their upstreams."""

import ctypes
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Final

import regex

from scrubrelay.config.cache import NO_CACHE, Cache, compiled_by, folder_of
from scrubrelay.config.caps import cap_of
from scrubrelay.config.filters import filters_of
from scrubrelay.config.packs import embedded, users, wrong_examples
from scrubrelay.config.sampling import sampling_of
from scrubrelay.config.settings import ProjectSettings, RedactionSettings, RuleSettings, Settings
from scrubrelay.config.table import over
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.project import Limits, PassThrough, Project, Projects, Upstream
from scrubrelay.core.redaction.detectors.library import Library, select
from scrubrelay.core.redaction.detectors.pattern import Pack
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.redaction.rules.rules import ANYTHING, PathRule
from scrubrelay.core.redaction.rules.selectors import parse
from scrubrelay.core.wire.dsn import Dsn

_SELECTOR: Final = regex.compile(r"[$*|&!]")


def build(settings: Settings) -> Projects:
    """Return the projects that the settings describe, ready to scrub.

    Raises:
        ConfigError: With everything that is wrong in pattern files and in the names of packs and patterns.
    """
    common, own = _redactors(settings)
    limits = Limits(
        settings.limits.max_body,
        settings.limits.max_inflated,
        settings.limits.max_ratio,
        settings.limits.max_items,
    )
    if settings.project:
        listed = (
            _project(settings, one, redactor) for one, redactor in zip(settings.project, own, strict=True)
        )
        return Projects(listed, limits=limits)
    keeps = settings.redaction.client_ip == "keep"
    upstream = _common_upstream(settings)
    passing = PassThrough(common, upstream, keep_client_ip=keeps, policies=_policies(settings))
    return Projects(passing=passing, limits=limits)


def redactor_of(settings: Settings) -> Redactor:
    """Return the redactor of `[redaction]`, whatever single projects may say.

    Raises:
        ConfigError: As `build`.
    """
    return _redactor(settings.redaction, settings, "[redaction]")


def cache_of(settings: Settings) -> Cache:
    """Return where compiled patterns are kept between two starts."""
    return Cache(folder_of(settings.store.data_dir, os.environ))


def switched_on(redaction: RedactionSettings) -> frozenset[str]:
    """Return the ids of what `library_of` would look for, without compiling it.

    Raises:
        ConfigError: As `build`.
    """
    return _ids(_needed(redaction, _checked(redaction, "[redaction]")))


def wrong_of(packs: tuple[Pack, ...], tested: Sequence[Pack], cache: Cache) -> list[str]:
    """Return what the examples of some packs prove wrong (see `wrong_examples`)."""
    return list(wrong_examples(packs, tested, lambda default: _compiled(tuple(default), cache)))


def library_of(redaction: RedactionSettings, cache: Cache = NO_CACHE, at: str = "[redaction]") -> Library:
    """Return the patterns that are switched on; compiled once for the same patterns.

    Args:
        redaction: What to switch on.
        cache: Where compiled patterns are kept between two starts.
        at: The table's name for messages.

    Raises:
        ConfigError: As `build`.
    """
    return _compiled(_needed(redaction, _checked(redaction, at)), cache)


def _checked(redaction: RedactionSettings, at: str) -> tuple[Pack, ...]:
    """Return all packs there are, if all names lead somewhere in them."""
    packs = packs_of(redaction)
    if problems := list(_unknown_names(redaction, packs, at)):
        raise ConfigError(problems)
    return packs


def _needed(redaction: RedactionSettings, packs: Sequence[Pack]) -> tuple[Pack, ...]:
    """Return what looks anywhere at all."""
    everywhere = _everywhere(redaction, packs)
    more = _ids(select(packs, _of_rules(redaction))) - _ids(everywhere)
    if not more:
        return everywhere
    on = more | _ids(everywhere)
    kept = (replace(one, patterns=tuple(own for own in one.patterns if own.id in on)) for one in packs)
    return tuple(pack for pack in kept if pack.patterns)


def _everywhere(redaction: RedactionSettings, packs: Sequence[Pack]) -> tuple[Pack, ...]:
    """Return what looks at every path: what is switched on, and the user's own unless they say otherwise."""
    own = (one.id for pack in packs[len(embedded()) :] for one in pack.patterns if one.default)
    return select(packs, (*redaction.packs, *own), redaction.disable)


def _of_rules(redaction: RedactionSettings) -> tuple[str, ...]:
    return tuple(name for rule in redaction.rule for name in rule.patterns if name != ANYTHING)


def _ids(packs: Iterable[Pack]) -> frozenset[str]:
    return frozenset(one.id for pack in packs for one in pack.patterns)


def packs_of(redaction: RedactionSettings) -> tuple[Pack, ...]:
    """Return all packs there are, on or off: those that come with the relay, then the user's.

    Raises:
        ConfigError: As `build`.
    """
    own = users(redaction.pattern_files)
    if problems := list(_clashes(embedded(), own)):
        raise ConfigError(problems)
    return (*embedded(), *own)


# A reload that changes no pattern, and projects that agree, share one library.
@lru_cache(maxsize=8)
def _compiled(packs: tuple[Pack, ...], cache: Cache) -> Library:
    by = compiled_by()
    library = Library.compile(packs, saved=lambda name: cache.read(f"{name}{by}"))
    compiled = library.compiled()
    for name, content in compiled.items():
        cache.write(f"{name}{by}", content)
    if compiled:
        _give_back()
    return library


def _give_back() -> None:
    """Give back what compiling took for a while: the C library of most Linuxes would keep 40 MB of it."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


def _redactors(settings: Settings) -> tuple[Redactor, Sequence[Redactor]]:
    """Return the redactor of `[redaction]`, and that of each project."""
    problems: list[str] = []
    common = _tried(settings.redaction, settings, "[redaction]", problems)
    own = [
        _tried(settings.redaction_of(one), settings, f"[[project]] number {number} redaction", problems)
        if one.redaction
        else common
        for number, one in enumerate(settings.project, start=1)
    ]
    made = [redactor for redactor in own if redactor is not None]
    if problems or common is None:
        raise ConfigError(list(dict.fromkeys(problems)))
    return common, made


def _tried(redaction: RedactionSettings, settings: Settings, at: str, problems: list[str]) -> Redactor | None:
    try:
        return _redactor(redaction, settings, at)
    except ConfigError as error:
        problems.extend(error.problems)
        return None


def _redactor(redaction: RedactionSettings, settings: Settings, at: str) -> Redactor:
    packs = _checked(redaction, at)
    library = _compiled(_needed(redaction, packs), cache_of(settings))
    return Redactor(library, _policy(redaction, settings, packs))


def _policy(redaction: RedactionSettings, settings: Settings, packs: Sequence[Pack]) -> Policy:
    return Policy(
        action=redaction.action,
        actions=redaction.actions,
        hash_key=redaction.hash_key.get_secret_value().encode() if redaction.hash_key else None,
        opaque=redaction.opaque,
        client_ip=redaction.client_ip,
        budget=redaction.budget,
        on_timeout=redaction.on_timeout,
        max_depth=settings.limits.max_depth,
        safe_keys=redaction.safe_keys,
        sensitive_keys=redaction.sensitive_keys,
        rules=tuple(_rule(one, packs) for one in redaction.rule),
        dormant=_ids(select(packs, _of_rules(redaction))) - _ids(_everywhere(redaction, packs)),
    )


def _rule(rule: RuleSettings, packs: Sequence[Pack]) -> PathRule:
    named = rule.patterns or rule.safe
    ids = _ids(select(packs, [name for name in named if name != ANYTHING]))
    return PathRule(parse(rule.where), ids, ANYTHING in named, rule.action, safe=bool(rule.safe))


def rule_warnings(redaction: RedactionSettings) -> Iterator[str]:
    """Yield where a rule does not do what Sentry would do."""
    for number, rule in enumerate(redaction.rule, start=1):
        for warning in parse(rule.where).warnings:
            yield f"[[redaction.rule]] number {number} where: {warning}"
    for key in ("safe_keys", "sensitive_keys"):
        for name in (one for one in getattr(redaction, key) if _SELECTOR.search(one)):
            yield f"[redaction] {key}: {name!r} is no key; selectors are for [[redaction.rule]]"


def _wrong_rules(redaction: RedactionSettings, packs: Sequence[Pack], at: str) -> Iterator[str]:
    for number, rule in enumerate(redaction.rule, start=1):
        place = f"{at[: at.rindex('redaction')].rstrip('[')}[[redaction.rule]] number {number}"
        if bool(rule.patterns) == bool(rule.safe):
            yield f"{place}: expected either patterns or safe"
        if rule.safe and rule.action:
            yield f"{place} action: expected none, as nothing is done to what is safe"
        try:
            parse(rule.where)
        except ConfigError as error:
            yield from (f"{place} where: {problem}" for problem in error.problems)
        for key in ("patterns", "safe"):
            try:
                select(packs, [name for name in getattr(rule, key) if name != ANYTHING])
            except ConfigError as error:
                theirs = any(one.startswith("@") for one in getattr(rule, key))
                hint = "; `scrubrelay import sentry-rules` translates Sentry's names" if theirs else ""
                yield from (f"{place} {key}: {problem}{hint}" for problem in error.problems)


def _unknown_names(redaction: RedactionSettings, packs: Sequence[Pack], at: str) -> Iterator[str]:
    for key in ("packs", "disable", "actions"):
        try:
            select(packs, getattr(redaction, key))
        except ConfigError as error:
            yield from (f"{at} {key}: {problem}" for problem in error.problems)
    yield from _wrong_rules(redaction, packs, at)


def _clashes(ours: Sequence[Pack], theirs: Sequence[Pack]) -> Iterator[str]:
    owners = {pattern.id: f"patterns/{pack.name}" for pack in ours for pattern in pack.patterns}
    names = {pack.name: f"a pack called {pack.name} comes with the relay" for pack in ours}
    for pack in theirs:
        if pack.name in names:
            yield f"{pack.name}.toml: expected another name: {names[pack.name]}"
        names.setdefault(pack.name, "another pattern file is called so")
        for pattern in pack.patterns:
            if owners.setdefault(pattern.id, pack.name) != pack.name:
                yield f"{pack.name}.toml: pattern {pattern.id}: id: also used by {owners[pattern.id]}.toml"


def _project(settings: Settings, project: ProjectSettings, redactor: Redactor) -> Project:
    """Return a listed project with its targets: its own DSNs, else the common upstream, else none."""
    upstreams = [
        Upstream(one.dsn, one.encoding or settings.upstream.encoding, _keys_at(settings, one.dsn))
        for one in project.upstreams
    ]
    common = _common_upstream(settings)
    if not upstreams and common is not None:
        upstreams = [common]
    targets = tuple(upstream.target(project.key, project.id) for upstream in upstreams)
    keeps = settings.redaction_of(project).client_ip == "keep"
    policies = _policies(settings, project)
    return Project(project.id, project.key, project.name, redactor, targets, keeps, policies)


def _policies(settings: Settings, project: ProjectSettings | None = None) -> Policies:
    """Return the policies of a project, or of all that are not listed."""
    filters, sampling = (project.filters, project.sampling) if project is not None else (None, None)
    return Policies(
        filters_of(over(filters, settings.filters)),
        sampling_of(over(sampling, settings.sampling)),
        cap_of(settings, project),
    )


def _common_upstream(settings: Settings) -> Upstream | None:
    upstream = settings.upstream
    place = upstream.dsn or upstream.url
    return Upstream(place, upstream.encoding) if place else None


def _keys_at(settings: Settings, dsn: Dsn) -> Mapping[str, str]:
    """Return what a server calls those keys of ours that go there: a trace may begin in another project."""
    return {
        project.key: one.dsn.public_key
        for project in settings.project
        for one in project.upstreams
        if _server(one.dsn) == _server(dsn)
    }


def _server(dsn: Dsn) -> tuple[str, int | None, str]:
    return dsn.host, dsn.port, dsn.path
