"""The names a setting goes by: in the file, in the environment, and the nearest one to a typo."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

import regex

from scrubrelay.config.filters import FilterSettings, IgnoredSettings, TrivialSettings
from scrubrelay.config.sampling import SamplingRuleSettings, SamplingSettings
from scrubrelay.config.settings import (
    AdminSettings,
    AuditSettings,
    CapRuleSettings,
    CapsSettings,
    ConditionSettings,
    DestinationSettings,
    LimitSettings,
    ProjectSettings,
    RedactionSettings,
    ReportSettings,
    ServerSettings,
    Settings,
    StoreSettings,
    TokenSettings,
    UpstreamSettings,
)
from scrubrelay.config.table import Table

Location = tuple[str | int, ...]
PREFIX: Final = "SCRUBRELAY_"
CONFIG: Final = "SCRUBRELAY_CONFIG"
ISSUE_LIMIT: Final = "SENTRY_MAX_EVENTS_PER_ISSUE"
SHORT: Final[Mapping[str, tuple[str, str]]] = {
    "SCRUBRELAY_LISTEN": ("server", "listen"),
    "SCRUBRELAY_DATA_DIR": ("store", "url"),
    "SCRUBRELAY_UPSTREAM_URL": ("upstream", "url"),
    "SCRUBRELAY_UPSTREAM_DSN": ("upstream", "dsn"),
    "SCRUBRELAY_ADMIN_TOKEN": ("admin", "token"),
    ISSUE_LIMIT: ("caps", "max_events_per_issue"),
}
TABLES: Final[Mapping[tuple[str, ...], type[Table]]] = {
    (): Settings,
    ("server",): ServerSettings,
    ("admin",): AdminSettings,
    ("admin", "tokens"): TokenSettings,
    ("store",): StoreSettings,
    ("upstream",): UpstreamSettings,
    ("project",): ProjectSettings,
    ("project", "upstreams"): DestinationSettings,
    ("project", "redaction"): RedactionSettings,
    ("redaction",): RedactionSettings,
    ("project", "caps"): CapsSettings,
    ("caps",): CapsSettings,
    ("caps", "rule"): CapRuleSettings,
    ("caps", "exempt"): ConditionSettings,
    ("project", "caps", "rule"): CapRuleSettings,
    ("project", "caps", "exempt"): ConditionSettings,
    ("filters",): FilterSettings,
    ("filters", "ignore_errors"): IgnoredSettings,
    ("filters", "trivial_transactions"): TrivialSettings,
    ("project", "filters"): FilterSettings,
    ("project", "filters", "ignore_errors"): IgnoredSettings,
    ("project", "filters", "trivial_transactions"): TrivialSettings,
    ("sampling",): SamplingSettings,
    ("sampling", "rule"): SamplingRuleSettings,
    ("project", "sampling"): SamplingSettings,
    ("project", "sampling", "rule"): SamplingRuleSettings,
    ("reports",): ReportSettings,
    ("limits",): LimitSettings,
    ("audit",): AuditSettings,
}

# Not settings: what Kubernetes puts into the containers of a namespace with a service called "scrubrelay"
# (kubernetes.io/docs/concepts/services-networking/service/#environment-variables), and what tests read.
_FOREIGN = regex.compile(
    r"""SCRUBRELAY_(?: SERVICE_HOST | SERVICE_PORT(_\w+)? | PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?
        | RECORDINGS | CORPORA )""",
    regex.VERBOSE,
)


def is_foreign(variable: str) -> bool:
    """Return whether a variable has our prefix but was put there for somebody else."""
    return _FOREIGN.fullmatch(variable) is not None


def variables() -> tuple[str, ...]:
    """Return every environment variable there is, but those of projects, which are numbered."""
    settings = (
        f"{PREFIX}{path[0]}__{key}".upper()
        for path, table in TABLES.items()
        if len(path) == 1 and path[0] != "project"
        for key in table.model_fields
    )
    return (CONFIG, *SHORT, *settings)


def location_of(variable: str) -> Location | None:
    """Return the setting that an environment variable stands for, None if there is no such one."""
    if variable in SHORT:
        return SHORT[variable]
    steps = variable.removeprefix(PREFIX).lower().split("__")
    location = tuple(int(step) if step.isdecimal() else step for step in steps)
    table = TABLES.get(_names(location[:-1]))
    numbered = any(isinstance(step, int) for step in location[1:2])
    known = table is not None and len(location) > 1 and location[-1] in table.model_fields
    return location if known and numbered == (location[0] == "project") else None


def show(location: Location) -> str:
    """Return a location as a reader of the file looks for it: `[server] workers`."""
    if not location:
        return ""
    table, *rest = location
    shown = f"[[{table}]]" if table == "project" else f"[{table}]"
    for before, step in zip(location, rest, strict=False):
        numbered = f" number {step + 1}" if isinstance(step, int) else ""
        shown += numbered or ("," if isinstance(before, int) else "") + f" {step}"
    return shown


def unknown(location: Location) -> str:
    """Return what to say of a key or table that does not exist, with the nearest that does."""
    *parents, name = location
    what = "key" if parents else "table"
    table = TABLES.get(_names(tuple(parents)))
    elsewhere = [
        show((*path, str(name)))
        for path, other in TABLES.items()
        if len(path) == 1 and name in other.model_fields
    ]
    known = list(table.model_fields) if table else []
    hint = nearest(str(name), known)
    if not hint and elsewhere:
        hint = f", did you mean {elsewhere[0]}?"
    return f"unknown {what}{hint or ', expected one of ' + ', '.join(known)}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `, did you mean "…"?` for the nearest known name, empty if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f', did you mean "{near[0]}"?' if near else ""


def _names(location: Location) -> tuple[str, ...]:
    return tuple(step for step in location if isinstance(step, str))
