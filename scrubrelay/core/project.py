"""Which client keys are accepted, and what becomes of the envelopes they bring."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from scrubrelay.core.delivery import Target
from scrubrelay.core.errors import Forbidden
from scrubrelay.core.policy.policies import KEEP_ALL, Policies
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.dsn import Dsn

BIGGEST_ID = 2**63 - 1
"""The biggest project id that a store can hold; Sentry's own are below 2**53."""

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost.

    A body of 20 MiB holds the largest replay segment that Sentry takes (10 MiB) and its neighbours.
    """

    max_body_bytes: int = 20 * _MIB
    max_inflated_bytes: int = 100 * _MIB
    max_ratio: float = 200.0
    max_items: int = 500


@dataclass(frozen=True, slots=True)
class Project:
    """One client key, compiled: how its envelopes are scrubbed and where they go.

    Args:
        id: The number in the DSN that the app uses.
        key: The public key in that DSN.
        name: What logs and reports call it.
        redactor: What is found, and what stands there afterwards.
        targets: Each of them gets every envelope; none in inspect mode.
        keep_client_ip: Whether the client's address may go on.
        policies: What is kept and what is dropped.
    """

    id: int
    key: str
    name: str
    redactor: Redactor
    targets: tuple[Target, ...] = ()
    keep_client_ip: bool = False
    policies: Policies = KEEP_ALL


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server that envelopes go to.

    Args:
        place: The server's URL, where key and project stay as they came; or a DSN, whose own replace them.
        encoding: Compression on the way there.
        keys: Client keys of ours -> what they are called there; only these are translated in a trace header.
    """

    place: str | Dsn
    encoding: Literal["gzip", "zstd", "identity"] = "gzip"
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the ledger and the command line call it: no secret, the same in every run."""
        return str(self.place)

    def target(self, key: str, project_id: int) -> Target:
        """Return where an envelope goes that came with this key and project."""
        if isinstance(self.place, Dsn):
            dsn = self.place
            keys = {**self.keys, key: dsn.public_key}
            return Target(self.name, dsn.envelope_url, dsn.public_key, dsn.project_id, self.encoding, keys)
        url = f"{self.place.rstrip('/')}/api/{project_id}/envelope/"
        return Target(self.name, url, key, project_id, self.encoding, self.keys)


@dataclass(frozen=True, slots=True)
class PassThrough:
    """Every well-formed key is accepted, whatever its project.

    Args:
        redactor: What is found, and what stands there afterwards.
        upstream: Where all of it goes; None in inspect mode.
        keep_client_ip: Whether the client's address may go on.
        policies: What is kept and what is dropped.
    """

    redactor: Redactor
    upstream: Upstream | None = None
    keep_client_ip: bool = False
    policies: Policies = KEEP_ALL

    def project(self, key: str, project_id: int) -> Project:
        """Return the project of a key that nobody has listed."""
        targets = (self.upstream.target(key, project_id),) if self.upstream else ()
        return Project(project_id, key, "", self.redactor, targets, self.keep_client_ip, self.policies)

    @property
    def only_project(self) -> int | None:
        """The project that everything ends up in, where there is just one."""
        place = self.upstream.place if self.upstream else None
        return place.project_id if isinstance(place, Dsn) else None


class Projects:
    """All that is accepted: the listed projects, or with none listed everything well-formed.

    Immutable: a reload makes another and swaps the whole.

    Args:
        listed: Projects by their keys; no other key is accepted if there are any.
        passing: What holds for every other key; None accepts no other.
        limits: What one request may cost.
    """

    def __init__(
        self,
        listed: Iterable[Project] = (),
        *,
        passing: PassThrough | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.listed = tuple(listed)
        self.passing = passing
        self.limits = limits or Limits()
        self._by_key = {project.key: project for project in self.listed}

    def find(self, key: str, project_id: int | None) -> Project:
        """Return the project of a client key.

        Args:
            key: The public key that a request brought.
            project_id: The project that it named; None where the path has none (`/api/store/`).

        Raises:
            Forbidden: The key is not one of ours, or not of this project.
        """
        project = self._by_key.get(key) or self._unlisted(key, project_id)
        if project is None or project_id not in {None, project.id}:
            raise Forbidden("event submission rejected with_reason: ProjectId")
        return project

    def target(self, name: str, project_id: int, key: str) -> Target | None:
        """Return where an envelope kept earlier goes today; None if its target is gone."""
        try:
            project = self.find(key, project_id)
        except Forbidden:
            return None
        return next((target for target in project.targets if target.name == name), None)

    @property
    def forwards(self) -> bool:
        """Whether anything goes anywhere; not so in inspect mode."""
        passes = self.passing is not None and self.passing.upstream is not None
        return passes or any(project.targets for project in self.listed)

    def _unlisted(self, key: str, project_id: int | None) -> Project | None:
        if self.passing is None:
            return None
        known = self.passing.only_project if project_id is None else project_id
        return None if known is None or known > BIGGEST_ID else self.passing.project(key, known)
