"""The `[filters]` table, and what it becomes."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from scrubrelay.config.agents import agent
from scrubrelay.config.table import Given, Table
from scrubrelay.config.values import Duration
from scrubrelay.config.wildcards import Globs, MessageText, NetworkText, Several, StatusText
from scrubrelay.core.policy.filters import (
    Filter,
    Filters,
    Trivial,
    client_addresses,
    environments,
    error_messages,
    releases,
    trivial_transactions,
)
from scrubrelay.core.policy.globs import Glob, message_matcher
from scrubrelay.core.policy.globs import Globs as Compiled
from scrubrelay.core.policy.groups import Group, group
from scrubrelay.core.policy.ignored import Ignored, ignore_errors
from scrubrelay.core.policy.status import Status

_OF_AGENTS = frozenset({"legacy-browsers", "web-crawlers"})
_OF_EVENT = ("level", "logger", "transaction", "environment", "release")


class IgnoredSettings(Given):
    """An error that is expected; all that is said here must hold. A bare text is short for `{type = "…"}`."""

    type: Annotated[
        Globs,
        Field(description="Its exception: class name, qualified name, wildcard; letters' case counts."),
    ] = ()
    message: Annotated[
        MessageText | None, Field(description="That exception's text: a wildcard, or `/an expression/`.")
    ] = None
    status: Annotated[
        StatusText | None,
        Field(description='The HTTP status it stands for: `404`, `"< 500"`, `"4xx"`, `"400-499"`.'),
    ] = None
    level: Annotated[Globs, Field(description="How grave it is.")] = ()
    logger: Annotated[Globs, Field(description="Who logged it.")] = ()
    transaction: Annotated[Globs, Field(description="The transaction it happened in.")] = ()
    environment: Annotated[Globs, Field(description="Where it happened.")] = ()
    release: Annotated[Globs, Field(description="The version it happened in.")] = ()
    tags: dict[str, Globs] = Field(default_factory=dict, description="Tags and their values.")

    @model_validator(mode="before")
    @classmethod
    def _from_type(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value


class TrivialSettings(Given):
    """Transactions that say nothing; all that is said here must hold."""

    names: Annotated[Globs, Field(description="What they are called.")] = ()
    ops: Annotated[Globs, Field(description="Their operations, such as `queue.process`.")] = ()
    shorter_than: Annotated[
        Duration | None, Field(gt=0, description="How long they took at most, such as `5ms`.")
    ] = None


Added = Literal[
    "ignore_errors",
    "error_messages",
    "releases",
    "environments",
    "client_addresses",
    "groups",
    "trivial_transactions",
]


class FilterSettings(Table):
    """What nobody wants to see in Sentry."""

    ignore_errors: Annotated[
        tuple[IgnoredSettings, ...],
        Field(description="Errors by the type of their exception, or tables with more conditions."),
    ] = ()
    ignore_errors_match: Annotated[
        Literal["any", "outermost"],
        Field(description="Whether any exception of a chain counts, or only the one that was raised last."),
    ] = "any"
    error_messages: Annotated[
        tuple[MessageText, ...],
        Field(description="Wildcards, or `/expressions/`, for messages and for `Type: text` of exceptions."),
    ] = ()
    releases: Annotated[Globs, Field(description="Wildcards for releases.")] = ()
    environments: Annotated[Globs, Field(description="Wildcards for environments.")] = ()
    client_addresses: Annotated[
        tuple[NetworkText, ...], Field(description="Addresses and networks of senders.")
    ] = ()
    groups: Annotated[
        tuple[Group, ...],
        Field(
            description="Ready-made filters: `localhost`, `browser-extensions`, `legacy-browsers`, "
            "`web-crawlers`, `health-checks`, `csp-noise`."
        ),
    ] = ()
    trivial_transactions: Annotated[
        Several[TrivialSettings], Field(description="Transactions that say nothing.")
    ] = ()
    adds: Annotated[
        tuple[Added, ...],
        Field(description="In `[project.filters]`: those of its lists that add to the common ones."),
    ] = ()


def filters_of(settings: FilterSettings) -> Filters:
    """Return the filters in the order in which they are tried, the cheapest first."""
    if not _OF_AGENTS.isdisjoint(settings.groups):
        agent("")  # reads the lists now, which takes some 0.2 s, and not while an event waits
    return Filters(tuple(_filters(settings)))


def _filters(settings: FilterSettings) -> Iterator[Filter]:
    if settings.client_addresses:
        yield client_addresses(settings.client_addresses)
    yield from releases(Glob.parse(one) for one in settings.releases)
    yield from environments(Glob.parse(one) for one in settings.environments)
    yield from ignore_errors(_ignored(one, settings) for one in settings.ignore_errors)
    yield from error_messages(message_matcher(one) for one in settings.error_messages)
    yield from (group(name, agent) for name in dict.fromkeys(settings.groups))
    yield from trivial_transactions(_trivial(one) for one in settings.trivial_transactions)


def _ignored(one: IgnoredSettings, settings: FilterSettings) -> Ignored:
    return Ignored(
        types=Compiled.parse(one.type, ignore_case=False) if one.type else None,
        message=message_matcher(one.message) if one.message else None,
        status=Status.parse(one.status) if one.status else None,
        fields={name: Compiled.parse(globs) for name in _OF_EVENT if (globs := getattr(one, name))},
        tags={name: Compiled.parse(globs) for name, globs in one.tags.items()},
        match=settings.ignore_errors_match,
        shown=_shown(one),
    )


def _shown(one: IgnoredSettings) -> str:
    """Return what a filter is called: its types, else its number would say nothing to anyone."""
    rest = [name for name, value in one.model_dump().items() if name != "type"]
    types = " ".join(f'"{name}"' for name in one.type)
    return " and ".join(filter(None, (types, *rest)))


def _trivial(one: TrivialSettings) -> Trivial:
    return Trivial(
        Compiled.parse(one.names) if one.names else None,
        Compiled.parse(one.ops) if one.ops else None,
        one.shorter_than,
    )
