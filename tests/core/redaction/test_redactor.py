"""The redactor as its users see it: items, headers, documents, texts."""

import zlib

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.redaction.text.marks import key_id
from scrubrelay.core.wire.envelope import Item

CANARIES = {
    "card": "4111 1111 1111 1111",
    "email": "jane.canary@example.com",
    "bearer": "Bear" + "er q7Fz1kP0sVx9LwT3mN5b",
}
PLACES = [
    "message",
    "culprit",
    "transaction",
    "logger",
    "release",
    "dist",
    "environment",
    "platform",
    "level",
    "server_name",
    "type",
    "site",
    "logentry.message",
    "logentry.formatted",
    "logentry.params.0",
    "fingerprint.0",
    "tags.plan",
    "modules.django",
    "extra.note",
    "extra.deep.er.est",
    "exception.values.0.type",
    "exception.values.0.value",
    "exception.values.0.module",
    "exception.values.0.mechanism.data.info",
    "exception.values.0.stacktrace.frames.0.function",
    "exception.values.0.stacktrace.frames.0.filename",
    "exception.values.0.stacktrace.frames.0.abs_path",
    "exception.values.0.stacktrace.frames.0.module",
    "exception.values.0.stacktrace.frames.0.context_line",
    "exception.values.0.stacktrace.frames.0.pre_context.0",
    "exception.values.0.stacktrace.frames.0.post_context.0",
    "exception.values.0.stacktrace.frames.0.vars.note",
    "exception.values.0.stacktrace.frames.0.instruction_addr",
    "exception.values.0.stacktrace.frames.0.package",
    "threads.values.0.name",
    "threads.values.0.stacktrace.frames.0.function",
    "breadcrumbs.values.0.message",
    "breadcrumbs.values.0.category",
    "breadcrumbs.values.0.data.note",
    "breadcrumbs.values.0.type",
    "breadcrumbs.values.0.timestamp",
    "request.url",
    "request.method",
    "request.query_string",
    "request.data.note",
    "request.env.NOTE",
    "request.headers.X-Note",
    "request.fragment",
    "user.id",
    "user.username",
    "user.name",
    "user.data.note",
    "user.segment",
    "contexts.os.name",
    "contexts.os.version",
    "contexts.browser.name",
    "contexts.custom.note",
    "contexts.trace.op",
    "contexts.trace.description",
    "contexts.trace.trace_id",
    "contexts.trace.data.note",
    "spans.0.description",
    "spans.0.op",
    "spans.0.tags.plan",
    "spans.0.data.note",
    "spans.0.span_id",
    "sdk.name",
    "sdk.version",
    "sdk.packages.0.name",
    "sdk.integrations.0",
    "debug_meta.images.0.code_file",
    "debug_meta.images.0.debug_id",
    "event_id",
    "timestamp",
    "start_timestamp",
    "received",
    "_meta.message..val",
    "_meta.message..rem.0.0",
]


def planted(path: str, value: object) -> dict:
    document: dict = {}
    holder: object = document
    steps = path.split(".")
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        child = value if after is None else [] if after.isdigit() else {}
        if isinstance(holder, list):
            holder.append(child)
        else:
            holder[step] = child
        holder = child
    return document


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("place", PLACES)
def test_a_canary_survives_nowhere(redactor, place, canary):
    data = orjson.dumps(planted(place, f"x {CANARIES[canary]} y"))
    scrubbed, redactions = redactor.json_document(data)
    assert CANARIES[canary].encode() not in scrubbed
    assert redactions
    assert not any(CANARIES[canary] in repr(one) for one in redactions)


@pytest.mark.parametrize(
    "place", ["tags", "extra", "modules", "contexts.x", "request.headers", "spans.0.data"]
)
def test_a_canary_in_a_key_is_cut_out_of_the_key(redactor, place):
    data = orjson.dumps(planted(f"{place}.x {CANARIES['email'].replace('.', '%2E')}", 1))
    scrubbed, redactions = redactor.json_document(data)
    assert b"canary" not in scrubbed
    assert "canary" not in repr(redactions)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["password", "value", "name", "key", "type", "_meta", "", "user"]) | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)
SPICE = st.lists(
    st.sampled_from(
        [
            *CANARIES.values(),
            "[email]",
            "[",
            "]",
            "'",
            '"',
            "{",
            "}",
            ":",
            "=",
            "&",
            "%40",
            "\\u0040",
            "\\",
            "@",
        ]
    )
    | st.text(max_size=6),
    max_size=9,
).map("".join)
unhurried = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(
    data=st.binary(max_size=60)
    | JSON.map(
        lambda value: orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS) if _fits(value) else b"{}"
    )
)
def test_scrubbing_refuses_or_answers(redactor, data):
    try:
        scrubbed, redactions = redactor.json_document(data)
    except Unscrubbable:
        return
    assert scrubbed is data or redactions or b":" in data


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


@unhurried
@given(document=st.dictionaries(SPICE, SPICE | st.lists(SPICE) | st.dictionaries(SPICE, SPICE), max_size=4))
def test_scrubbing_twice_is_scrubbing_once(redactor, document):
    once, _ = redactor.json_document(orjson.dumps(document))
    again, redactions = redactor.json_document(once)
    assert redactions == ()
    assert again is once


@unhurried
@given(text=SPICE)
def test_the_engine_changes_nothing_but_the_speed(redactor, engineless, text):
    assert redactor.text(text) == Redactor(engineless, Policy(budget=5)).text(text)


@pytest.mark.parametrize(
    "unit", ["a.", "x@", "1", " ", '"', "'", "\\", "{", "[", "=", "a=", "%4", "&a", "ey", "a:", "-", "\u200b"]
)
def test_a_long_monotonous_string_takes_no_long_time(redactor, unit):
    text = unit * (300_000 // len(unit))
    # Time is the test run's own limit; here it must not end in a timeout, which would hide the text whole.
    assert redactor.text(text)[0] != "[hidden]"


def test_the_item_itself_comes_back_if_nothing_was_found(small):
    item = Item({"type": "event"}, b'{ "message" : "fine" }')
    assert small.item(item).item is item


def test_names_of_attachments_are_scrubbed(small):
    item = Item({"type": "attachment", "filename": "a@b.cd.txt", "length": 2}, b"ok", b"line")
    scrubbed = small.item(item)
    assert scrubbed.item.headers["filename"] == "[email]"
    assert scrubbed.item.line is None
    assert scrubbed.redactions[0].path == "headers.filename"


def test_an_envelope_header_keeps_its_own_fields(small):
    headers = {"event_id": "1" * 32, "dsn": "https://a@b.cd/1", "trace": {"user_id": "a@b.cd"}}
    scrubbed, redactions = small.headers(headers)
    assert scrubbed == {**headers, "trace": {"user_id": "[email]"}}
    assert [one.path for one in redactions] == ["trace.user_id"]


@pytest.mark.parametrize("kind", ["replay_recording", "replay_video", "minidump", "form_data"])
def test_what_nobody_understands_is_refused(small, kind):
    with pytest.raises(Unscrubbable) as caught:
        small.item(Item({"type": kind}, zlib.compress(b"x")))
    assert caught.value.reason is Reason.NOT_UNDERSTOOD


def test_opaque_payloads_pass_where_the_project_says_so(small_pack):
    from scrubrelay.core.redaction.detectors.library import Library

    item = Item({"type": "attachment"}, b"\x89PNG\r\n\x1a\n\x00\x00")
    assert Redactor(Library.compile([small_pack]), Policy(opaque="forward")).item(item).item is item


@pytest.mark.parametrize(
    ("action", "becomes"),
    [("replace", "[email]"), ("mask", "******"), ("remove", ""), ("partial", "******")],
)
def test_actions(small_pack, action, becomes):
    from scrubrelay.core.redaction.detectors.library import Library

    redactor = Redactor(Library.compile([small_pack]), Policy(action=action))
    assert redactor.text("a@b.cd")[0] == becomes


def test_a_hash_is_the_same_for_the_same_text_and_key(small_pack):
    from scrubrelay.core.redaction.detectors.library import Library

    library = Library.compile([small_pack])
    one, two = (
        Redactor(library, Policy(action="hash", hash_key=key)).text("a@b.cd")[0] for key in (b"1", b"2")
    )
    assert one.startswith(f"[email:{key_id(b'1')}")
    assert two.startswith(f"[email:{key_id(b'2')}")
    assert one[-28:] != two[-28:]
    assert Redactor(library, Policy(action="hash", hash_key=b"1")).text(one)[0] == one


@pytest.mark.parametrize("key", ["item_count", "meta_length", "dsn", "content_type", "filename", "anything"])
def test_no_key_of_an_item_header_takes_out_what_does_not_belong_there(small, key):
    scrubbed = small.item(Item({"type": "event", "length": 2, key: "a@b.cd"}, b"{}"))
    assert scrubbed.item.headers == {"type": "event", "length": 2, key: "[email]"}


def test_the_numbers_of_an_item_header_stay(small):
    item = Item({"type": "log", "length": 12, "item_count": 3}, b'{"items":[]}')
    assert small.item(item).item is item


@pytest.mark.parametrize("key", ["type", "length", "item_count", "event_id", "sent_at"])
def test_no_key_of_an_envelope_header_takes_out_what_does_not_belong_there(small, key):
    assert small.headers({key: "a@b.cd"})[0] == {key: "[email]"}
