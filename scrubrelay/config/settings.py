"""Every setting there is: its table, name, type, default and what it is for."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from scrubrelay.config.filters import FilterSettings
from scrubrelay.config.sampling import SamplingSettings
from scrubrelay.config.table import Table, over
from scrubrelay.config.values import (
    Address,
    BearerToken,
    CapLimit,
    DsnText,
    Duration,
    Encoding,
    HttpUrl,
    Key,
    ListenAddress,
    ProjectId,
    Secret,
    Size,
    StoreUrl,
    Workers,
    check_globs,
    check_stack_rules,
)
from scrubrelay.core.wire.dsn import Dsn

_MIB = 2**20
_DAY = 86400.0
Action = Literal["replace", "mask", "hash", "partial", "remove"]
Scope = Literal["read", "write"]
LogForm = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class ServerSettings(Table):
    """The listener that SDKs talk to."""

    listen: Annotated[
        ListenAddress, Field(description="Where SDKs send to. `$PORT` means `0.0.0.0:$PORT`.")
    ] = Address("127.0.0.1", 3000)
    workers: Annotated[
        Workers, Field(description='Processes that share the port; `"auto"` is one per core.')
    ] = 1
    shutdown_timeout: Annotated[
        Duration, Field(description="How long a stop waits for requests in flight and a last delivery.")
    ] = 10.0
    log: Annotated[
        LogForm, Field(description='Lines on stderr for people, or with `"json"` a document on each.')
    ] = "text"
    log_level: Annotated[
        LogLevel,
        Field(description='`"debug"` has a line for each request and each dropped item, no payload.'),
    ] = "info"


class TokenSettings(Table):
    """One token of the admin listener."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[\w.@-]{1,64}$",
            description="What the log and the audit call whoever uses it, such as a team.",
        ),
    ]
    token: Annotated[BearerToken, Field(description='The token itself: `"${file:/run/secrets/…}"`.')]
    scope: Annotated[
        Scope, Field(description='`"read"` looks only; `"write"` may change things as well.')
    ] = "read"


class AdminSettings(Table):
    """The other listener, for operators."""

    listen: Annotated[ListenAddress, Field(description="Where operators look; keep it on loopback.")] = (
        Address("127.0.0.1", 3001)
    )
    token: Annotated[
        BearerToken | None,
        Field(description='Short for one of `tokens`: called `"admin"`, for reading and writing.'),
    ] = None
    tokens: Annotated[
        tuple[TokenSettings, ...],
        Field(
            description="`[[admin.tokens]]`; with none at all, loopback only, with one that a start prints."
        ),
    ] = ()

    @property
    def every_token(self) -> tuple[TokenSettings, ...]:
        """All tokens, the short one included."""
        if self.token is None:
            return self.tokens
        return (*self.tokens, TokenSettings.model_construct(name="admin", token=self.token, scope="write"))


class StoreSettings(Table):
    """What survives a restart: the outbox and the ledger."""

    url: Annotated[
        StoreUrl, Field(description="The SQLite file; its folder is the data folder and must be writable.")
    ] = "sqlite:///scrubrelay-data/scrubrelay.db"
    durability: Annotated[
        Literal["fsync", "os"],
        Field(description='`"fsync"` survives a power cut; `"os"` survives a crash of the relay only.'),
    ] = "fsync"
    max_bytes: Annotated[
        Size, Field(gt=0, description="Most bytes of envelopes that wait on disk; then 429.")
    ] = 2048 * _MIB
    max_memory_bytes: Annotated[
        Size, Field(description="Most bytes of waiting envelopes also held in memory, per worker.")
    ] = 64 * _MIB
    max_age: Annotated[
        Duration, Field(gt=0, description="How long an envelope is retried before it expires.")
    ] = 86400.0
    keep_envelopes: Annotated[
        int,
        Field(
            ge=1, description="Inspect mode (no upstream): how many scrubbed envelopes are kept to look at."
        ),
    ] = 200

    @property
    def path(self) -> Path:
        """The database file."""
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def data_dir(self) -> Path:
        """The one folder that the relay writes to."""
        return self.path.parent


class UpstreamSettings(Table):
    """Where scrubbed envelopes go."""

    url: Annotated[
        HttpUrl | None,
        Field(description="Every DSN whose host is ours goes to this server, key and project kept."),
    ] = None
    dsn: Annotated[DsnText | None, Field(description="Everything goes to this one DSN instead.")] = None
    encoding: Annotated[
        Encoding, Field(description='Compression towards upstream; every server reads `"gzip"`.')
    ] = "gzip"
    timeout: Annotated[Duration, Field(gt=0, description="How long one request to upstream may take.")] = 30.0
    connections: Annotated[
        int, Field(ge=1, le=1000, description="Most simultaneous connections to one upstream, per worker.")
    ] = 8


class DestinationSettings(Table):
    """One server that a project's envelopes go to; a bare DSN is short for `{dsn = "…"}`."""

    dsn: Annotated[DsnText, Field(description="The DSN that this server gave out.")]
    encoding: Annotated[
        Encoding | None,
        Field(description="Compression towards this server; `[upstream] encoding` if not set."),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _from_dsn(cls, value: Any) -> Any:
        return {"dsn": value} if isinstance(value, str | Dsn) else value


Added = Literal["packs", "disable", "pattern_files", "safe_keys", "sensitive_keys", "rule"]


class RuleSettings(Table):
    """What holds at some paths only; of several rules that speak of a pattern, the last one counts."""

    where: Annotated[
        str, Field(description="The values it is about, and all in them, as Sentry's selectors say it.")
    ]
    patterns: Annotated[
        tuple[str, ...],
        Field(description='Sets, packs, categories or ids that look there; `"anything"` is the whole value.'),
    ] = ()
    action: Annotated[
        Action | None, Field(description="What becomes of a find there; as elsewhere if not set.")
    ] = None
    safe: Annotated[
        tuple[str, ...],
        Field(description='In place of `patterns`: those that do not look there; `"anything"`: none does.'),
    ] = ()


class RedactionSettings(Table):
    """What is found, and what stands there afterwards."""

    packs: Annotated[
        tuple[str, ...], Field(description="Sets, packs, categories or pattern ids that are switched on.")
    ] = ("default",)
    disable: Annotated[
        tuple[str, ...], Field(description="Packs, categories or pattern ids that are switched off again.")
    ] = ()
    pattern_files: Annotated[
        tuple[str, ...],
        Field(description="Your own pattern files, folders, globs; on, unless `default = false`."),
    ] = ()
    action: Annotated[
        Action,
        Field(description="What becomes of a find: its label, asterisks, a keyed hash, its end, or nothing."),
    ] = "replace"
    actions: dict[str, Action] = Field(
        default_factory=dict, description="The same for single packs, categories or pattern ids."
    )
    hash_key: Annotated[
        Secret | None,
        Field(description='The key of `"hash"`: the same text gives the same token while it stays.'),
    ] = None
    previous_hash_key: Annotated[
        Secret | None,
        Field(description="The key before: makes no tokens any more, but `scrubrelay token` still knows it."),
    ] = None
    opaque: Annotated[
        Literal["drop", "forward"],
        Field(
            description='Payloads nobody can look into (images, other binaries); `"forward"` sends them raw.'
        ),
    ] = "drop"
    client_ip: Annotated[
        Literal["drop", "keep"],
        Field(description="The address of the client: of the connection and in `user.ip_address`."),
    ] = "drop"
    budget: Annotated[Duration, Field(gt=0, description="The time one pattern may take on one string.")] = (
        0.05
    )
    on_timeout: Annotated[
        Literal["hide", "drop"],
        Field(description="When a pattern takes longer: the string is hidden whole, or its item is dropped."),
    ] = "hide"
    safe_keys: Annotated[
        tuple[str, ...], Field(description="Keys whose values are not hidden for their name.")
    ] = ()
    sensitive_keys: Annotated[
        tuple[str, ...], Field(description="More keys whose values are hidden whole.")
    ] = ()
    rule: Annotated[
        tuple[RuleSettings, ...], Field(description="`[[redaction.rule]]` tables: what holds at some paths.")
    ] = ()
    adds: Annotated[
        tuple[Added, ...],
        Field(description="In `[project.redaction]`: those of its lists that add to the common ones."),
    ] = ()


Globs = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    AfterValidator(check_globs),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One wildcard, or a list of them."""


class ConditionSettings(Table):
    """What an event must be like: each key that is given must match, by one of its wildcards."""

    type: Annotated[Globs, Field(description="The type of any of its exceptions.")] = ()
    message: Annotated[Globs, Field(description="Its message, or that of any of its exceptions.")] = ()
    environment: Annotated[Globs, Field(description="Where it happened.")] = ()
    release: Annotated[Globs, Field(description="The version it happened in.")] = ()
    logger: Annotated[Globs, Field(description="Who logged it.")] = ()
    level: Annotated[Globs, Field(description="How grave it is.")] = ()
    transaction: Annotated[Globs, Field(description="The name of its transaction.")] = ()

    @model_serializer(mode="wrap")
    def _given(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in written(self).items() if value not in ((), [], None)}


class CapRuleSettings(ConditionSettings):
    """What holds for some events instead; of several rules that match one, the last counts."""

    limit: Annotated[
        CapLimit | None,
        Field(description='Most of them in a window, counted apart; `"none"`: all of them.'),
    ] = None
    window: Annotated[
        Duration | None, Field(gt=0, description="How long a window is; as elsewhere if not set.")
    ] = None


class CapsSettings(Table):
    """How many events of one issue go on."""

    max_events_per_issue: Annotated[
        int, Field(ge=0, description="Most events of one issue that go on in a window; 0 is no cap.")
    ] = 50
    window: Annotated[
        Duration, Field(gt=0, description="How long a window is; it begins with an issue's first event.")
    ] = 3600.0
    scope: Annotated[
        tuple[Literal["project", "environment"], ...],
        Field(description='What has a count of its own; with `"environment"` each environment has.'),
    ] = ("project",)
    trickle: Annotated[bool, Field(description="Whether one goes on after 10, 100, 1,000… that did not.")] = (
        True
    )
    exempt: Annotated[
        ConditionSettings, Field(description='What is never capped, such as `{level = "fatal"}`.')
    ] = ConditionSettings()
    rule: Annotated[
        tuple[CapRuleSettings, ...],
        Field(description="`[[caps.rule]]` tables: another limit for some events."),
    ] = ()
    stack_rules: Annotated[
        str,
        AfterValidator(check_stack_rules),
        Field(
            description="The project's Stack Trace Rules in Sentry, as written there: what makes an issue."
        ),
    ] = ""


class ProjectSettings(Table):
    """One client key that is accepted; with any `[[project]]`, no other key is."""

    id: Annotated[ProjectId, Field(description="The project number in the DSN that apps use.")]
    key: Annotated[Key, Field(description="The public key in the DSN that apps use: 32 characters.")]
    name: Annotated[str, Field(description="What logs and reports call it.")] = ""
    upstreams: Annotated[
        tuple[DestinationSettings, ...],
        Field(description="DSNs, each of which gets every envelope; `[upstream]` if there are none."),
    ] = ()
    redaction: Annotated[
        RedactionSettings | None,
        Field(description="A `[project.redaction]` table: what differs from `[redaction]`."),
    ] = None
    caps: Annotated[
        CapsSettings | None, Field(description="A `[project.caps]` table: what differs from `[caps]`.")
    ] = None
    filters: Annotated[
        FilterSettings | None,
        Field(description="A `[project.filters]` table: what differs from `[filters]`."),
    ] = None
    sampling: Annotated[
        SamplingSettings | None,
        Field(description="A `[project.sampling]` table: what differs from `[sampling]`."),
    ] = None


class ReportSettings(Table):
    """How Sentry is told of what was dropped."""

    relay_lists: Annotated[
        bool,
        Field(
            description="Whether client reports use the lists that are for relays, with Sentry's own names "
            "of filters; Sentry may not take these from everybody."
        ),
    ] = False


class LimitSettings(Table):
    """What one request may cost."""

    max_body: Annotated[Size, Field(gt=0, description="A request body as it arrives.")] = 20 * _MIB
    max_inflated: Annotated[Size, Field(gt=0, description="A request body after decompression.")] = 100 * _MIB
    max_ratio: Annotated[
        int, Field(ge=2, description="How many times its size a body may become; more is a bomb.")
    ] = 200
    max_items: Annotated[int, Field(ge=1, le=500, description="Items in one envelope.")] = 500
    max_depth: Annotated[
        int, Field(ge=8, le=1000, description="Nesting of a document; deeper is dropped.")
    ] = 128


class AuditSettings(Table):
    """What is kept for those who ask what became of the data; no text of a payload is ever in it."""

    findings: Annotated[
        bool, Field(description="Count what is found, by hour, project, item type, pattern and path.")
    ] = True
    findings_retention: Annotated[Duration, Field(gt=0, description="How long these counts are kept.")] = (
        90 * _DAY
    )
    max_paths: Annotated[
        int,
        Field(ge=1, description="Most paths told apart in one hour of a project; the rest is `(other)`."),
    ] = 500
    words: Annotated[
        tuple[str, ...],
        Field(description="Names of your fields that stored paths may show; a key not known is `*` there."),
    ] = ()
    events: Annotated[
        bool,
        Field(
            description="Note of each event what became of it, to be found by its id; not without `findings`."
        ),
    ] = True
    retention: Annotated[Duration, Field(gt=0, description="How long that is kept.")] = 7 * _DAY
    max_bytes: Annotated[
        Size, Field(ge=2**20, description="Most bytes of that on disk; then the oldest makes room.")
    ] = 256 * _MIB
    log_retention: Annotated[
        Duration, Field(gt=0, description="How long the log of who read or did what is kept.")
    ] = 365 * _DAY


class Settings(Table):
    """The whole configuration."""

    server: ServerSettings = ServerSettings()
    admin: AdminSettings = AdminSettings()
    store: StoreSettings = StoreSettings()
    upstream: UpstreamSettings = UpstreamSettings()
    project: tuple[ProjectSettings, ...] = ()
    redaction: RedactionSettings = RedactionSettings()
    caps: CapsSettings = CapsSettings()
    filters: FilterSettings = FilterSettings()
    sampling: SamplingSettings = SamplingSettings()
    reports: ReportSettings = ReportSettings()
    limits: LimitSettings = LimitSettings()
    audit: AuditSettings = AuditSettings()

    @property
    def inspect_mode(self) -> bool:
        """Whether nothing at all is forwarded, for want of an upstream."""
        anywhere = self.upstream.url or self.upstream.dsn or any(one.upstreams for one in self.project)
        return not anywhere

    def redaction_of(self, project: ProjectSettings) -> RedactionSettings:
        """Return what holds for a project: its own settings over the common ones."""
        return over(project.redaction, self.redaction)

    def caps_of(self, project: ProjectSettings | None) -> CapsSettings:
        """Return what holds for a project: its own settings over the common ones."""
        return over(project.caps if project is not None else None, self.caps)
