"""The projects that are configured or were seen, with what came of their items."""

from collections import Counter

from pydantic import BaseModel, Field

from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import RELAY, Fate
from scrubrelay.service.admin.route import Call


class ProjectLine(BaseModel):
    """One project. What is counted are items in Sentry's data categories, of the last 90 days or more."""

    id: int = Field(description="As the apps know it.")
    names: list[str] = Field(description="What the configuration calls it.")
    configured: bool = Field(description="Whether the configuration lists it.")
    taken: bool = Field(description="Whether it is taken, or an operator has switched it off.")
    received: int = Field(description="What came in.")
    dropped: dict[str, int] = Field(description="What did not go on, by reason.")
    waiting: int = Field(description="What waits, once for each target.")
    forwarded: int = Field(description="What went out, once for each target.")


class ProjectsAnswer(BaseModel):
    """Every project."""

    projects: list[ProjectLine]


async def list_projects(call: Call) -> ProjectsAnswer:
    """Answer with a line for each project."""
    services = call.services
    counts: dict[int, Counter[str]] = {}
    for account, quantity in await services.outbox.store.books():
        # An envelope is received once by the relay, and then once by each of its targets.
        if account.target == RELAY or account.fate != Fate.RECEIVED:
            counts.setdefault(account.project_id, Counter())[account.fate] += quantity
    names: dict[int, list[str]] = {}
    for project in services.configuration.projects.listed:
        names.setdefault(project.id, []).extend([project.name] if project.name else [])
    switches = services.outbox.switches
    return ProjectsAnswer(
        projects=[
            _line(number, counts.get(number, Counter()), names.get(number), taken=switches.takes(number))
            for number in sorted(counts.keys() | names.keys())
        ]
    )


def _line(number: int, counts: Counter[str], names: list[str] | None, *, taken: bool) -> ProjectLine:
    return ProjectLine(
        id=number,
        names=names or [],
        configured=names is not None,
        taken=taken,
        received=counts[Fate.RECEIVED],
        dropped={reason: counts[reason] for reason in Reason if counts[reason]},
        waiting=counts[Fate.WAITING],
        forwarded=counts[Fate.FORWARDED],
    )
