"""The `[sampling]` table, and what it becomes."""

from typing import Annotated, Literal

from pydantic import Field

from scrubrelay.config.table import Given, Table
from scrubrelay.config.wildcards import Globs, GlobText
from scrubrelay.core.policy.globs import Globs as Compiled
from scrubrelay.core.policy.sampling import Rule, Sampling, What

Share = Annotated[float, Field(ge=0, le=1)]
_OF_UNIT = ("transaction", "op", "release", "environment")


class SamplingRuleSettings(Given):
    """A share for some of it; all that is said must hold, and of several rules the first that does counts."""

    rate: Annotated[Share, Field(description="The share that goes on, from 0 to 1.")]
    what: Annotated[
        What,
        Field(description='What it is about: `"traces"` (transactions and spans), `"errors"`, `"logs"`.'),
    ] = "traces"
    transaction: Annotated[
        Globs, Field(description="The name of the transaction at the head of the trace.")
    ] = ()
    op: Annotated[Globs, Field(description="The operation of the transaction or span itself.")] = ()
    release: Annotated[Globs, Field(description="The release at the head of the trace.")] = ()
    environment: Annotated[Globs, Field(description="The environment at the head of the trace.")] = ()
    tags: dict[str, Globs] = Field(
        default_factory=dict, description="Tags of the transaction itself, attributes of a span or a log."
    )


class SamplingSettings(Table):
    """Which share is enough; nothing is sampled that nobody asked for."""

    preset: Annotated[
        Literal["by-environment"] | None,
        Field(
            description='`"by-environment"`: of the traces of development all, of staging 0.3, of production '
            "0.1, and 0.05 of a project with more than 10,000 transactions a day."
        ),
    ] = None
    rates: dict[GlobText, Share] = Field(
        default_factory=dict,
        description="Shares of traces by environment; they come before the preset's.",
    )
    rule: Annotated[
        tuple[SamplingRuleSettings, ...],
        Field(description="`[[sampling.rule]]` tables: other shares for some; they come before the rates."),
    ] = ()
    minimum_per_hour: Annotated[
        int,
        Field(ge=0, description="So many transactions of each name go on in an hour, whatever its share."),
    ] = 0
    adds: Annotated[
        tuple[Literal["rule"], ...],
        Field(description="In `[project.sampling]`: those of its lists that add to the common ones."),
    ] = ()


def sampling_of(settings: SamplingSettings) -> Sampling:
    """Return what is sampled, and how much of it."""
    rates = (
        Rule(share, f'rates "{name}"', fields={"environment": Compiled.parse([name])})
        for name, share in settings.rates.items()
    )
    rules = (_rule(number, one) for number, one in enumerate(settings.rule, start=1))
    by_environment = settings.preset == "by-environment"
    return Sampling(tuple(rules), tuple(rates), by_environment, settings.minimum_per_hour)


def _rule(number: int, one: SamplingRuleSettings) -> Rule:
    return Rule(
        one.rate,
        f"rule number {number}",
        one.what,
        {name: Compiled.parse(globs) for name in _OF_UNIT if (globs := getattr(one, name))},
        {name: Compiled.parse(globs) for name, globs in one.tags.items()},
    )
