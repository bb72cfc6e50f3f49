"""From a request of an SDK to a durable entry of the outbox."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable
from typing import Final, ParamSpec, Protocol, TypeVar

from aiohttp import web

from scrubrelay.config.settings import AuditSettings
from scrubrelay.core.errors import BadRequest, RateLimited, Reason, ScrubrelayError, Unauthorized
from scrubrelay.core.evidence import Evidence
from scrubrelay.core.fates import Dropped, Kept
from scrubrelay.core.inspection import Circumstances, Inspection, inspect
from scrubrelay.core.pipeline import Outcome, finish
from scrubrelay.core.policy.caps import Capped, Untold
from scrubrelay.core.project import Project, Projects
from scrubrelay.core.redaction.engine.scanner import LATE
from scrubrelay.core.wire.auth import read_auth
from scrubrelay.core.wire.dsn import Dsn
from scrubrelay.core.wire.envelope import Envelope, decode
from scrubrelay.core.wire.ratelimits import RateLimits
from scrubrelay.core.wire.reports import RELAY_LISTS
from scrubrelay.core.wire.store import envelope_of_store
from scrubrelay.service.caps import Caps
from scrubrelay.service.clock import Clock
from scrubrelay.service.gone import Gone
from scrubrelay.service.listener.answers import pixel, reply
from scrubrelay.service.listener.body import Bodies
from scrubrelay.service.listener.client import client_of
from scrubrelay.service.listener.strangers import Strangers
from scrubrelay.service.log import Once, is_debugging, log
from scrubrelay.service.process.watch import Watch
from scrubrelay.service.stores.base import Entry
from scrubrelay.service.telling.evidence import Witness
from scrubrelay.service.telling.meters import Meters
from scrubrelay.service.telling.tap import Tap
from scrubrelay.service.traffic import Traffic

_INLINE: Final = 100_000
"""Bytes that are scrubbed on the event loop, in a few ms; more go to a thread, lest others wait."""
_QUOTA = (
    "Sentry dropped data due to a quota or internal rate limit being reached. This will not affect your "
    "application. See https://docs.sentry.io/product/accounts/quotas/ for more information."
)
_EXPECTED: Final = frozenset({Reason.CAPPED, Reason.CAPTURE_OFF})
"""Reasons that are no surprise to whoever set them."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Keeper(Protocol):
    """What the intake asks of the outbox."""

    @property
    def caps(self) -> Caps:
        """What is known of issues that are over their cap."""

    @property
    def traffic(self) -> Traffic:
        """What sampling has to know."""

    async def keep(self, entry: Entry) -> None:
        """Return when the entry is durable; an entry for which there is no room is counted there.

        Raises what `Count.admit` does, and then has neither kept nor counted it.
        """

    async def drop(self, entry: Entry) -> None:
        """Return when an entry of which nothing is to be kept has been counted."""

    def lose(self, entry: Entry) -> None:
        """Count what the client is refused: an SDK does not count what a 429 costs it, the limiter does."""

    def captures(self, project: Project) -> bool:
        """Return whether anything of the project is taken."""

    def limits(self, project: Project) -> RateLimits:
        """Return what the project's SDKs should be told to hold back."""


class Intake:
    """Takes what SDKs send, in each of the forms they send it.

    Args:
        projects: Returns the projects of this moment; a request keeps those it began with.
        outbox: Where entries are kept.
        clock: The time.
        witness: Takes evidence for the audit; one that takes what it takes by default, if not given.
        watch: What counts, and where decisions are shown; nobody's if not given.
    """

    def __init__(
        self,
        projects: Callable[[], Projects],
        outbox: Keeper,
        clock: Clock,
        witness: Witness | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch or Watch(Meters(clock), Tap())
        self._witness = witness or Witness(AuditSettings)
        self._projects = projects
        self._outbox = outbox
        self._clock = clock
        self._once = Once()
        self._bodies = Bodies()
        self._gone = Gone()
        self._strangers = Strangers()

    async def envelope(self, request: web.BaseRequest, project_id: int | None) -> web.Response:
        """Take an envelope; its header's `dsn` speaks for a client that brings no other key."""
        projects = self._projects()
        auth = read_auth(request.headers, request.query)
        project = projects.find(auth.public_key, project_id) if auth else None
        async with self._bodies.read(request, projects.limits) as body:
            envelope = await _aside(len(body), decode, body)
            dsn = _dsn_of(envelope)
            project = project or projects.find(_named(dsn).public_key, project_id)
            _agree(dsn, project)
            return await self._take(request, envelope, project, len(body))

    async def store(self, request: web.BaseRequest, project_id: int | None) -> web.Response:
        """Take an event as SDKs sent it before there were envelopes."""
        projects = self._projects()
        project = self._authorized(request, projects, project_id)
        async with self._bodies.read(request, projects.limits) as body:
            envelope = await _aside(len(body), envelope_of_store, body, self._clock.now())
            _agree(_dsn_of(envelope), project)
            return await self._take(request, envelope, project, len(body))

    async def pixel(self, request: web.BaseRequest, project_id: int | None) -> web.Response:
        """Take an event out of the query, as browsers send it that can load an image only."""
        project = self._authorized(request, self._projects(), project_id)
        data = request.query.get("sentry_data", "").replace(" ", "+")  # a + of base64 came through unquoted
        envelope = envelope_of_store(data.encode(errors="replace"), self._clock.now())
        await self._take(request, envelope, project, len(data))
        return pixel()

    async def tunnel(self, request: web.BaseRequest, _project_id: int | None) -> web.Response:
        """Take an envelope whose header says whose it is; where it goes is never the client's choice."""
        projects = self._projects()
        async with self._bodies.read(request, projects.limits) as body:
            envelope = await _aside(len(body), decode, body)
            dsn = _named(_dsn_of(envelope))
            project = projects.find(dsn.public_key, dsn.project_id)
            return await self._take(request, envelope, project, len(body))

    def _authorized(self, request: web.BaseRequest, projects: Projects, project_id: int | None) -> Project:
        auth = read_auth(request.headers, request.query)
        if auth is None:
            raise _nobody()
        return projects.find(auth.public_key, project_id)

    async def _take(
        self, request: web.BaseRequest, envelope: Envelope, project: Project, size: int
    ) -> web.Response:
        now = self._clock.now()
        projects = self._projects()
        if projects.passing is not None:
            self._strangers.check(project, projects.listed)
        if len(envelope.items) > projects.limits.max_items:
            raise BadRequest("invalid event envelope", "too many individual items")
        limits = self._outbox.limits(project)
        captured = self._outbox.captures(project)
        daily = self._outbox.traffic.daily(project.id) if project.policies.sampling.by_environment else 0
        secret, gone = self._outbox.caps.secret, self._gone.reasons
        circumstances = Circumstances(now, limits, client_of(request), captured, secret, daily, gone)
        inspection = await _aside(size, inspect, envelope, project, circumstances)
        inspection = await self._outbox.traffic.among_first(inspection, now)
        self._tell_timeouts(inspection, project)
        outcome = await self._finish(self._outbox.caps.spare(inspection, now), circumstances, size)
        self._gone.note(outcome, project.id)
        self._tell(outcome, project)
        self._watch.tap.tell(outcome, project.id, now)
        told = limits.header(now)
        answer = {"id": outcome.event_id} if outcome.event_id else {}
        return reply(answer, headers={"X-Sentry-Rate-Limits": told} if told else None)

    def _tell_timeouts(self, inspection: Inspection, project: Project) -> None:
        """Log the first time that an expression of a filter ran out of time."""
        for source in inspection.late:
            if self._once.first("late", source):
                log(
                    "filter_timed_out",
                    level=logging.WARNING,
                    expression=source,
                    project=project.id,
                    note="it was taken not to match; told once",
                )

    async def _finish(self, inspection: Inspection, circumstances: Circumstances, size: int) -> Outcome:
        """Scrub and keep; once more without its event, or telling more, if the event may not go on so."""
        while True:
            begun = self._watch.meters.moment()
            outcome = await _aside(size, finish, inspection)
            self._watch.meters.scrub(begun)
            try:
                await self._keep(outcome, inspection.project, circumstances)
            except (Capped, Untold) as refusal:
                inspection = self._outbox.caps.answer(refusal, inspection)
            else:
                return outcome

    async def _keep(self, outcome: Outcome, project: Project, circumstances: Circumstances) -> None:
        evidence = self._witness.evidence(outcome, project.id, circumstances.now)
        entry = _entry(outcome, project, circumstances.now, evidence)
        refused = {one.reason for one in outcome.decisions if isinstance(one, Dropped)}
        if outcome.clean is None and refused == {Reason.RATE_LIMITED}:
            self._outbox.lose(entry)
            raise _limited(outcome, circumstances.limits, circumstances.now)
        if outcome.clean is None and entry.capped:
            await self._outbox.drop(entry)
        elif outcome.decisions:
            await self._outbox.keep(entry)

    def _tell(self, outcome: Outcome, project: Project) -> None:
        """Log the first of each kind of thing that was dropped, or all at level debug; the ledger counts.

        What was asked for in the configuration is no reason to warn anybody.
        """
        debugging = is_debugging()
        for one in outcome.decisions:
            if isinstance(one, Kept):
                self._tell_late(one, project)
                continue
            why = {"type": one.type, "reason": one.reason, "detail": one.detail or "-", "project": project.id}
            if one.reason not in _EXPECTED and self._once.first(one.type, one.reason, one.detail):
                note = "first of its kind; the ledger counts all"
                level = logging.INFO if one.reason in RELAY_LISTS else logging.WARNING
                log("dropped", level=level, **why, event_id=outcome.event_id or "-", note=note)
            elif debugging:
                log("dropped", level=logging.DEBUG, **why, event_id=outcome.event_id or "-")

    def _tell_late(self, kept: Kept, project: Project) -> None:
        """Count strings on which a pattern ran out of its budget, so that they were hidden; log the first."""
        for one in kept.redactions:
            if not one.pattern.startswith(LATE):
                continue
            pattern = one.pattern.removeprefix(LATE)
            self._watch.meters.late(pattern, one.count)
            if self._once.first(one.pattern):
                log(
                    "pattern_timed_out",
                    level=logging.WARNING,
                    pattern=pattern,
                    type=kept.type,
                    project=project.id,
                    note="a string was hidden whole; first of its kind",
                )


async def _aside(size: int, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do small work here and big work in a thread."""
    return await asyncio.to_thread(work, *args, **kwargs) if size > _INLINE else work(*args, **kwargs)


def _dsn_of(envelope: Envelope) -> Dsn | None:
    dsn = envelope.headers.get("dsn")
    if dsn is None:
        return None
    try:
        return Dsn.parse(dsn)
    except ScrubrelayError as error:
        raise BadRequest("invalid event envelope", "invalid envelope header") from error


def _named(dsn: Dsn | None) -> Dsn:
    if dsn is None:
        raise _nobody()
    return dsn


def _nobody() -> Unauthorized:
    return Unauthorized("missing authorization information")


def _agree(dsn: Dsn | None, project: Project) -> None:
    """Refuse an envelope that says it is another project's; its host may be the relay's or upstream's."""
    if dsn is None:
        return
    for name, theirs, ours in (
        ("project id", dsn.project_id, project.id),
        ("public key", dsn.public_key, project.key),
    ):
        if theirs != ours:
            raise BadRequest("invalid event envelope", f"{name} header mismatch between envelope and request")


def _entry(outcome: Outcome, project: Project, now: float, evidence: tuple[Evidence, ...]) -> Entry:
    kept: Counter[str] = Counter()
    dropped: Counter[tuple[str, Reason]] = Counter()
    for one in outcome.decisions:
        for category, quantity in one.quantities:
            if isinstance(one, Kept):
                kept[category] += quantity
            else:
                dropped[category, one.reason] += quantity
    return Entry(
        project_id=project.id,
        key=project.key,
        event_id=outcome.event_id,
        received_at=now,
        clean=outcome.clean,
        targets=tuple(target.name for target in project.targets),
        kept=tuple(kept.items()),
        dropped=tuple((category, reason, quantity) for (category, reason), quantity in dropped.items()),
        evidence=evidence,
        claim=outcome.claim,
        capped=dropped["error", Reason.CAPPED],
    )


def _limited(outcome: Outcome, limits: RateLimits, now: float) -> RateLimited:
    categories = {category for one in outcome.decisions for category, _ in one.quantities}
    wait = max((limits.limited(category, now) for category in categories), default=0)
    return RateLimited(_QUOTA, max(1, math.ceil(wait)), limits.header(now))
