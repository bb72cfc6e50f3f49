"""What caps say of events, and how their issues stand in the store, for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from scrubrelay.cli.caps import SHOWN
from scrubrelay.cli.stored import with_store
from scrubrelay.config.values import show_duration
from scrubrelay.core.errors import NotFound
from scrubrelay.core.explain import Explanation, explain
from scrubrelay.core.inspection import Circumstances
from scrubrelay.core.policy.caps import Counted
from scrubrelay.core.project import Project
from scrubrelay.core.wire.envelope import Envelope
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import Store
from scrubrelay.service.stores.issues import Issue

Issues = Mapping[tuple[bytes, ...], Issue | None]
"""Keys of an issue -> how it stands in the store; None if it is not counted there."""


def explained(
    envelopes: Sequence[Envelope], project: Project, circumstances: Circumstances, config: Path | None
) -> tuple[Sequence[Explanation], Issues]:
    """Return the explanations and, where there is a store, how their issues stand in it."""

    async def work(store: Store) -> tuple[Sequence[Explanation], Issues]:
        keyed = replace(circumstances, secret=await store.issues.secret())
        told = [explain(one, project, keyed) for one in envelopes]
        claims = [one.counted.claim for each in told for one in each.items if one.counted]
        now = SystemClock().now()
        return told, {one.keys: await store.issues.find(one.keys, now) for one in claims if one}

    try:
        return with_store(config, work)
    except NotFound:
        return [explain(one, project, circumstances) for one in envelopes], {}


def as_json(counted: Counted | None, issues: Issues) -> dict[str, Any] | None:
    """Return plain values."""
    if counted is None:
        return None
    claim = counted.claim
    limits = {} if claim is None else {"limit": claim.limit, "window": claim.window}
    there = issues.get(claim.keys) if claim else None
    return {"by": counted.by, "made_of": counted.made_of, **limits, "issue": asdict(there) if there else None}


def lines(counted: Counted | None, issues: Issues) -> Sequence[str]:
    """Return what makes an event's issue, and what caps it."""
    if counted is None:
        return ()
    return f"  issue     by {', '.join(counted.made_of)}", f"  cap       {_cap(counted, issues)}"


def _cap(counted: Counted, issues: Issues) -> str:
    claim = counted.claim
    if claim is None:
        return f"none by {counted.by}"
    there = issues.get(claim.keys)
    stands = f"; {there.count} so far" if there else "; none so far" if issues else ""
    named = f", issue {there.key[:SHOWN]}" if there else ""
    return f"{claim.limit} in {show_duration(claim.window)} by {counted.by}{stands}{named}"
