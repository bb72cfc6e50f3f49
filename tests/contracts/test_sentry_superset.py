"""Imported configurations beside the engine they come from: ours hides all that it hides, and perhaps more.

Runs where its wheel is (`pip install sentry-relay`). A *miss* is a word, a number or a value that
Sentry's engine takes out of an event and that is still there after ours.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import regex
import tomli_w
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scrubrelay.config.build import build
from scrubrelay.config.foreign.importing import HASH_KEY, import_relay, import_sentry_rules
from scrubrelay.config.load import load
from scrubrelay.core.errors import ScrubrelayError
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.encoding import inflate
from scrubrelay.core.wire.envelope import decode
from tests.helpers.material import RECORDINGS

engine = pytest.importorskip("sentry_relay.processing")

KEY = "0123456789abcdef0123456789abcdef"
ENVIRONMENT = {"SCRUBRELAY_HASH_KEY": "k" * 32}
_WORD = regex.compile(r"[^\W_]{2,}")
_NAMES_OF_FINDS = frozenset({"Bearer", "true"})
"""A word before a find, which Sentry's `replace` leaves and its `filter` cuts; whether something was set."""
_MARK = regex.compile(r"\[[A-Za-z][A-Za-z -]*(?::[0-9a-f]{32})?\]|[0-9A-F]{40}")


def normalised(event: Any) -> Any:
    """Return an event as Sentry's engine writes it when it hides nothing; both engines get this."""
    plain = engine.pii_strip_event({}, event)
    plain.pop("_meta", None)
    return plain


def theirs(event: Any, pii: Mapping[str, Any], scrubbing: Mapping[str, Any]) -> Any:
    """Return what Sentry's engine leaves: by the switches of data scrubbing first, then by the rules."""
    for config in (engine.convert_datascrubbing_config(scrubbing) if scrubbing else None, pii):
        if config:
            event = engine.pii_strip_event(config, event)
            event.pop("_meta", None)
    return event


def redactor_of(done: Any, folder: Path) -> Redactor:
    """Return what an import makes of its written files; our own packs are off, so that nothing helps."""
    tables = dict(done.settings)
    for holder in (tables, *tables.get("project", ())):
        holder["redaction"] = {"packs": [], **holder.get("redaction", {})}
    text = tomli_w.dumps(tables)
    (folder / "scrubrelay.toml").write_text(text)
    if done.pack:
        (folder / "imported.toml").write_text(tomli_w.dumps(done.pack))
    environment = ENVIRONMENT if HASH_KEY in text else {}
    projects = build(load(folder / "scrubrelay.toml", environment))
    return projects.find(KEY, 42).redactor  # of the project, or the common one where none is listed


def ours(redactor: Redactor, event: Any) -> Any:
    scrubbed = orjson.loads(redactor.json_document(orjson.dumps(event))[0])
    scrubbed.pop("_meta", None)
    return scrubbed


def misses(raw: Any, sentry: Any, own: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield the path of each miss and what is still there."""
    if own is None or raw is None:
        return
    if isinstance(raw, dict):
        for key, value, left in _entries(raw, own):
            yield from misses(
                value, sentry.get(key) if isinstance(sentry, dict) else None, left, (*path, key)
            )
    elif isinstance(raw, list):
        others = sentry if isinstance(sentry, list) and len(sentry) == len(raw) else [None] * len(raw)
        for number, (value, other, left) in enumerate(zip(raw, others, own, strict=True)):
            yield from misses(value, other, left, (*path, str(number)))
    elif isinstance(raw, str):
        if raw != sentry:
            found = _still_there(raw, sentry if isinstance(sentry, str) else "", str(own))
            yield from ((".".join(path), word) for word in found)
    elif raw != sentry and raw == own and not isinstance(raw, bool):
        yield ".".join(path), str(raw)


def _entries(raw: dict[str, Any], own: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield key, raw value and ours; a renamed key has its old place."""
    if not isinstance(own, dict):
        return
    if len(own) == len(raw):
        yield from ((key, value, left) for (key, value), left in zip(raw.items(), own.values(), strict=True))
    else:
        yield from ((key, value, own.get(key)) for key, value in raw.items())


def _still_there(raw: str, sentry: str, own: str) -> list[str]:
    was, left, kept = (
        Counter(_WORD.findall(text)) for text in (raw, _MARK.sub(" ", sentry), _MARK.sub(" ", own))
    )
    return [word for word in was - left if kept[word] > left[word] and word not in _NAMES_OF_FINDS]


TYPES = [
    "ip",
    "imei",
    "mac",
    "uuid",
    "email",
    "userpath",
    "anything",
    "iban",
    "creditcard",
    "pemkey",
    "us_ssn",
    "password",
    "bearer",
    "url_auth",
]
BUILTIN = [f"@{'urlauth' if one == 'url_auth' else 'usssn' if one == 'us_ssn' else one}" for one in TYPES]
METHODS = ["replace", "mask", "hash", "remove"]
NAMES = st.sampled_from(
    [*BUILTIN, *(f"{one}:{method}" for one in BUILTIN for method in METHODS), "@common", "@common:filter"]
)
OWN = st.sampled_from(["own", "other"])
REGEXES = st.sampled_from(
    [
        r"\d{6}",
        r"(?i)order-(\d+)",
        r"[A-Z]{3}-[0-9]{4}",
        "[[:alpha:]]+@",
        r"\bacct\s*=\s*\w+",
        r"\p{Lu}\p{Ll}+ ",
    ]
)
KEYS = st.sampled_from(["plan", "(?i)order|acct", r"^note$|my_secret", "x-.*", "pin"])
REDACTION = st.fixed_dictionaries(
    {}, optional={"redaction": st.fixed_dictionaries({"method": st.sampled_from(METHODS)})}
)


def spec(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    made = {name: one if isinstance(one, st.SearchStrategy) else st.just(one) for name, one in fields.items()}
    return st.tuples(st.fixed_dictionaries(made), REDACTION).map(lambda both: both[0] | both[1])


# A group within a group makes their engine panic (relay-pii/src/processor.rs), so that one alone is replaced.
SPECS = st.one_of(
    spec(type=st.sampled_from(TYPES)),
    spec(type="pattern", pattern=REGEXES),
    spec(type="pattern", pattern=r"(?i)order-(\d+)", replaceGroups=st.sampled_from([[1], [0]])),
    spec(type="redact_pair", keyPattern=KEYS),
    spec(type="multiple", rules=st.lists(NAMES, max_size=3), hideInner=st.booleans()),
    spec(type="alias", rule=NAMES, hideInner=st.booleans()),
)
PATHS = [
    "$string",
    "**",
    "$user.*",
    "$user.**",
    "$user.email",
    "user.id",
    "extra.**",
    "extra.*",
    "extra.note",
    "foo",
    "$http.**",
    "$http.headers.*",
    "$http.headers.x-foo",
    "$http.cookies.*",
    "$http.env.*",
    "$http.data.**",
    "$http.query_string.*",
    "tags.*",
    "$message",
    "$logentry.**",
    "$logentry.formatted",
    "$error.value",
    "$error.**",
    "$frame.vars.**",
    "$frame.vars.foo",
    "$frame.abs_path",
    "$frame.context_line",
    "$breadcrumb.**",
    "$breadcrumb.message",
    "contexts.**",
    "contexts.*.name",
    "$span.**",
    "$span.description",
    "transaction",
    "email",
    "freeform",
    "databag",
    "$number",
    "$object",
    "$array",
    "$sdk.**",
    "server_name",
    "$exception.value",
    "$stack.**",
    "$thread.**",
    "culprit",
]
PATH = st.sampled_from(PATHS)
SELECTOR = (
    PATH
    | st.tuples(PATH, st.sampled_from([" || ", " && ", " && !"]), PATH).map("".join)
    | PATH.map("!{}".format)
    | st.tuples(PATH, PATH).map("!({0[0]} || {0[1]})".format)
)
PII = st.fixed_dictionaries(
    {"applications": st.dictionaries(SELECTOR, st.lists(NAMES | OWN, min_size=1, max_size=3), max_size=3)},
    optional={"rules": st.fixed_dictionaries({}, optional={"own": SPECS, "other": SPECS})},
)
SCRUBBING = st.just({}) | st.fixed_dictionaries(
    {"scrubData": st.booleans(), "scrubDefaults": st.booleans(), "scrubIpAddresses": st.booleans()},
    optional={
        "sensitiveFields": st.lists(st.sampled_from(["plan", "my_secret", "x-foo", "note"]), max_size=2),
        "excludeFields": st.lists(st.sampled_from(["plan", "note", "$user.email", "tags.plan"]), max_size=2),
    },
)

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAvRzTgV8q\nkQ0nX1pQ\n-----END RSA PRIVATE KEY-----"
SAMPLES = [
    "hello",
    "order-204417 for Jane",
    "from 192.168.1.17",
    "at 8.8.8.8:443",
    "on fe80::1ff:fe23:4567:890a end",
    "mail jane@example.com",
    "Jane Doe <j.d+x@mail.example.org>",
    "card 4571-2348-1111-1111 ok",
    "378282246310005",
    "DE89370400440532013000",
    "imei 35-209900-176148-1",
    "mac 4a:00:04:10:9b:50",
    "id ceee0822-ed8f-4622-b2a3-789e73e75cd1",
    "https://jo:hunter2@example.com/x",
    "ssn 078-05-1120",
    "C:\\Users\\jane\\app.py",
    "/home/jane/app.py",
    "my password is set",
    "Bearer " + "abcdef0123456789",
    "acct = zx81",
    "ABC-1234",
    "123456",
    PEM,
    "auth failed",
    "true",
    "",
]
TEXT = st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=2).map(" and ".join)
VALUE = TEXT | st.integers(-5, 999_999_999) | st.booleans() | st.sampled_from([1.5, -20417.25])
DATA = st.recursive(
    VALUE,
    lambda one: (
        st.lists(one, max_size=2)
        | st.dictionaries(st.sampled_from(["foo", "note", "plan", "password", "x"]), one, max_size=2)
    ),
    max_leaves=4,
)
NAMED = st.dictionaries(
    st.sampled_from(["foo", "note", "plan", "my_secret", "x-foo", "authToken", "pin"]), DATA, max_size=3
)
FLAT = st.dictionaries(
    st.sampled_from(["foo", "plan", "x-foo", "Authorization", "sessionid"]), TEXT, max_size=3
)
FRAME = st.fixed_dictionaries(
    {"function": st.just("f"), "filename": TEXT, "abs_path": TEXT},
    optional={"context_line": TEXT, "vars": NAMED},
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "message": TEXT,
        "logentry": st.fixed_dictionaries(
            {"formatted": TEXT}, optional={"message": TEXT, "params": st.lists(TEXT, max_size=2)}
        ),
        "user": st.fixed_dictionaries(
            {},
            optional={
                "id": TEXT,
                "email": TEXT,
                "username": TEXT,
                "ip_address": st.just("8.8.8.8"),
                "data": NAMED,
            },
        ),
        "extra": NAMED,
        "tags": FLAT,
        "transaction": TEXT,
        "culprit": TEXT,
        "server_name": TEXT,
        "request": st.fixed_dictionaries(
            {},
            optional={
                "url": TEXT,
                "data": NAMED | TEXT,
                "headers": FLAT,
                "cookies": FLAT,
                "env": FLAT,
                "query_string": st.sampled_from(
                    ["foo=jane@example.com&plan=8.8.8.8", "password=x&note=order-204417"]
                ),
            },
        ),
        "exception": st.fixed_dictionaries(
            {"type": st.just("E"), "value": TEXT},
            optional={
                "stacktrace": st.fixed_dictionaries({"frames": st.lists(FRAME, min_size=1, max_size=2)})
            },
        ).map(lambda one: {"values": [one]}),
        "breadcrumbs": st.fixed_dictionaries(
            {}, optional={"message": TEXT, "data": NAMED, "category": TEXT}
        ).map(lambda one: {"values": [one]}),
        "contexts": st.fixed_dictionaries({}, optional={"device": FLAT, "own": NAMED}),
        "spans": st.fixed_dictionaries({}, optional={"description": TEXT, "data": NAMED}).map(
            lambda one: [one]
        ),
    },
)


def checked(done: Any, folder: Path, pii: Any, scrubbing: Any, events: list[Any]) -> None:
    """Assert that nothing is left that Sentry's engine hides, but for what the import has told."""
    redactor = redactor_of(done, folder)
    notes = "\n".join(done.notes)
    for event in events:
        raw = normalised(event)
        found = misses(raw, theirs(raw, pii, scrubbing), ours(redactor, raw))
        assert [miss for miss in found if not told(miss[0], notes)] == []


def told(path: str, notes: str) -> bool:
    """Tell whether the import says of a path that Sentry may hide more there."""
    if "Sentry ignores it for" in notes:  # an exception that holds here, and not there
        return True
    if "names of query parameters" in notes and _PARAMETER.search(path):
        return True
    return "with `!` Sentry also hides" in notes and _STAYS.search(path) is not None


_PARAMETER = regex.compile(r"^request\.\w+\.\d+\.0$")
_STAYS = regex.compile(r"\.frames\.\d+\.\w+$|^tags\.\d+\.0$|^request\.\w+\.\d+\.0$")


def valid(pii: Any) -> bool:
    try:
        engine.validate_pii_config(orjson.dumps(pii).decode())
    except ValueError:
        return False
    return True


# Each example compiles a library, so that shrinking one would take minutes.
SLOW = settings(
    max_examples=20, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)


@SLOW
@given(PII.filter(valid), SCRUBBING, st.lists(EVENTS, min_size=4, max_size=4))
def test_a_project_of_static_mode(tmp_path_factory, pii, scrubbing, events):
    config = {"piiConfig": pii, "datascrubbingSettings": scrubbing}
    projects = {"42": {"publicKeys": [{"publicKey": KEY}], "config": config}}
    done = import_relay({"relay": {"mode": "static"}}, projects, "imported.toml")
    checked(done, tmp_path_factory.mktemp("static"), pii, scrubbing, events)


@SLOW
@given(PII.filter(valid), SCRUBBING, st.lists(EVENTS, min_size=4, max_size=4))
def test_an_export_of_advanced_data_scrubbing(tmp_path_factory, pii, scrubbing, events):
    document = {"relayPiiConfig": orjson.dumps(pii).decode(), **as_project(scrubbing)}
    done = import_sentry_rules(document, "imported.toml")
    checked(done, tmp_path_factory.mktemp("export"), pii, scrubbing, events)


def as_project(scrubbing: Mapping[str, Any]) -> dict[str, Any]:
    """Return the switches of data scrubbing as Sentry's API names them."""
    names = {
        "scrubData": "dataScrubber",
        "scrubDefaults": "dataScrubberDefaults",
        "scrubIpAddresses": "scrubIPAddresses",
        "sensitiveFields": "sensitiveFields",
        "excludeFields": "safeFields",
    }
    return {"dataScrubber": False} | {names[key]: value for key, value in scrubbing.items()}


FRAMES = {
    "frames": [{"function": "f", "filename": "/home/jane/a.py", "context_line": "x", "vars": {"foo": "y"}}]
}
EVENT = {
    "message": "hello",
    "user": {"email": "jane@example.com", "id": "7", "data": {"nick": "jd"}},
    "extra": {"foo": "top", "a": {"foo": "low", "12": "key"}, "FOO": "case", "list": ["first", "second"]},
    "tags": {"plan": "gold"},
    "request": {"headers": [["X-Foo", "bar"]], "cookies": [["foo", "crumb"]]},
    "exception": {"values": [{"type": "T", "value": "wrong", "stacktrace": FRAMES}]},
    "threads": {"values": [{"name": "main"}]},
}
ODDITIES = {
    "a path matches by its end": ("foo", ""),
    "at any depth": ("a.foo", ""),
    "keys have no case": ("extra.Foo", ""),
    "a quoted number is a key": ("extra.a.'12'", ""),
    "a number is an index": ("extra.list.1", "places in a list are not told apart"),
    "two stars take one level at least": ("extra.**.foo", "takes one step at least"),
    "tags below two stars": ("tags.**", "hits nothing in Sentry"),
    "an object by its type": ("$user", "hits nothing in Sentry; here it is the whole object"),
    "an exception by its type": ("$error", "hits nothing in Sentry"),
    "a frame by its type": ("$frame", "hits nothing in Sentry"),
    "the whole event": ("$event.**", "hits nothing in Sentry"),
    "a thread's name": ("$thread.name", "which never hides this field"),
    "a line of code": ("$frame.context_line", "which never hides this field"),
    "a function": ("$frame.function", "which never hides this field"),
    "types that do not follow each other": ("$error.$stack.$frame.vars.foo", "not carried over"),
    "a word of old": ("email", "alone it means $string to Sentry"),
    "another": ("databag", "alone it means $object to Sentry"),
    "a word of old, not alone": ("email && $string", ""),
    "general selectors leave what Sentry needs": ("$string", ""),
    "all stars": ("**", ""),
    "an exception that Sentry ignores": ("!$frame.**", "Sentry ignores it for"),
    "an exception hits more": ("!foo", "with `!` Sentry also hides"),
    "an element of a pair list by its key": ("$http.headers.x-foo", ""),
    "what is not said by one exclamation mark": ("!(!extra.foo)", "with `!`"),
}


@pytest.mark.parametrize(("selector", "note"), ODDITIES.values(), ids=ODDITIES)
@pytest.mark.parametrize("rule", ["@anything:remove", "@email:replace", "@userpath:mask"])
def test_each_oddity_of_its_selectors(tmp_path, selector, note, rule):
    """What it covers there is covered here, and where they differ the import says so."""
    pii = {"applications": {selector: [rule]}}
    done = import_sentry_rules(pii, "imported.toml")
    assert note in "\n".join(done.notes)
    checked(done, tmp_path, pii, {}, [EVENT])


def test_a_safe_field_is_read_without_the_words_of_old(tmp_path):
    """There `email` is the key email."""
    scrubbing = {"scrubData": True, "scrubDefaults": True, "excludeFields": ["email"]}
    done = import_sentry_rules(as_project(scrubbing), "imported.toml")
    checked(done, tmp_path, {}, scrubbing, [{"extra": {"email": "jane@example.com", "a": "jo@example.com"}}])


def test_the_measure_sees_what_is_left(tmp_path):
    """A configuration that hides less than Sentry does is found out."""
    done = import_sentry_rules({"applications": {"extra.foo": ["@anything:remove"]}}, "imported.toml")
    with pytest.raises(AssertionError, match="top"):
        checked(
            done, tmp_path, {"applications": {"extra.*": ["@anything:remove"]}}, {}, [{"extra": {"a": "top"}}]
        )


SWITCHES = {"scrubData": True, "scrubDefaults": True, "scrubIpAddresses": True, "sensitiveFields": ["lang"]}
COMMON = {
    "the default data scrubbing": ({}, SWITCHES),
    "all strings": ({"applications": {"$string": ["@anything:mask"]}}, {}),
    "addresses by hash": (
        {"applications": {"**": ["@email:hash", "@ip:hash"], "$user.*": ["@anything:hash"]}},
        {},
    ),
    "common everywhere": ({"applications": {"**": ["@common"]}}, {}),
    "some fields": (
        {"applications": {"$http.** || extra.** || $frame.vars.** || contexts.**": ["@anything:remove"]}},
        {},
    ),
    "all but": ({"applications": {"($string || $number) && !($error.value || $message)": ["@anything"]}}, {}),
}


@pytest.mark.skipif(not RECORDINGS.exists(), reason="no recordings here")
@pytest.mark.parametrize(("pii", "scrubbing"), COMMON.values(), ids=COMMON)
def test_recorded_events(tmp_path, pii, scrubbing):
    document = {"relayPiiConfig": orjson.dumps(pii).decode(), **as_project(scrubbing)}
    done = import_sentry_rules(document, "imported.toml")
    events = list(recorded())
    assert len(events) > 90
    checked(done, tmp_path, pii, scrubbing, events)


@cache
def recorded() -> tuple[Any, ...]:
    """Return the events and transactions of all recorded envelopes."""
    return tuple(event for path in sorted((RECORDINGS / "corpus").glob("*.json")) for event in _events(path))


def _events(path: Path) -> Iterator[Any]:
    if not path.with_suffix(".bin").exists():
        return
    headers = {key.lower(): value for key, value in orjson.loads(path.read_bytes())["headers"]}
    try:
        body = inflate(path.with_suffix(".bin").read_bytes(), headers.get("content-encoding"), 10**8)
        items = decode(body).items
    except ScrubrelayError:
        return
    for item in items:
        if item.type in {"event", "transaction"}:
            with suppress(orjson.JSONDecodeError):  # a lone surrogate: the test hands values over, not bytes
                yield orjson.loads(item.payload)
