import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.rules.schema import TYPES
from scrubrelay.core.redaction.rules.selectors import parse

FRAME = "exception.values.*.stacktrace.frames.*"


def covers(selector: str, path: str, **more: object) -> bool:
    return parse(selector).covers(path.split(".") if path else (), **more)


@pytest.mark.parametrize(
    ("selector", "path"),
    [
        ("email", "user.email"),
        ("EMAIL", "user.Email"),
        ("user.email", "user.email"),
        ("a.foo", "extra.a.foo"),
        ("$user.email", "user.email"),
        ("$user.**", "user.data.nick"),
        ("$user.*", "user.email"),
        ("$user.geo.*", "user.geo.city"),
        ("user.*", "user.geo"),
        ("extra.**", "extra.a.b.c"),
        ("extra.**.foo", "extra.a.foo"),
        ("**.foo", "extra.foo"),
        ("**", "extra"),
        ("a.b.**.c", "a.x.a.b.y.c"),
        ("$http.headers.x-forwarded-for", "request.headers.X-Forwarded-For"),
        ("$request.headers.*", "request.headers.Via"),
        ("$frame.vars.foo", f"{FRAME}.vars.foo"),
        ("$error.**.vars.foo", f"{FRAME}.vars.foo"),
        ("$stack.frames.*.vars", f"{FRAME}.vars"),
        ("$error.value", "exception.values.*.value"),
        ("$exception.value", "exception.*.value"),
        ("$error.value", "exception.value"),
        ("$breadcrumb.message", "breadcrumbs.values.*.message"),
        ("$breadcrumb.data.**", "breadcrumbs.*.data.url"),
        ("$thread.name", "threads.values.*.name"),
        ("$span.data.*", "spans.*.data.url"),
        ("$logentry.formatted", "logentry.formatted"),
        ("$logentry.formatted", "message"),
        ("$message", "message"),
        ("message", "message"),
        ("$sdk.client_ip", "sdk.client_ip"),
        ("$event.**", "extra.foo"),
        ("'a key'", "extra.a key"),
        ("'it''s'", "extra.it's"),
        ("'größe'", "extra.GRÖSSE".replace("SS", "ß")),
        ("'12'", "extra.12"),
        ("values.0.x", "values.*.x"),
        ("tags.plan", "tags.plan"),
        ("tags.**", "tags.plan"),
        ("tags.* && !tags.plan", "tags.user"),
        ("a || b", "extra.b"),
        ("a | b", "extra.b"),
        ("extra.* & !b", "extra.a"),
        ("extra.* && ~b", "extra.a"),
        ("!(a || b) && extra.*", "extra.c"),
        ("!(!a)", "a"),
        ("release", "release"),
        ("$frame.filename", f"{FRAME}.filename"),
        ("transaction || !foo", "transaction"),
    ],
)
def test_it_covers(selector, path):
    assert covers(selector, path)


@pytest.mark.parametrize(
    ("selector", "path"),
    [
        ("email", "user.email.domain"),
        ("user.email", "extra.email"),
        ("$user.email", "extra.user.email"),
        ("$user.email", "email"),
        ("extra.**", "extra"),
        ("extra.**.foo", "extra.foo"),
        ("**.foo", "foo"),
        ("extra.*", "extra.a.b"),
        ("$frame.vars", "stacktrace.vars"),
        ("12", "extra.12"),
        ("'12'", "extra.*"),
        ("tags.* && !tags.plan", "tags.plan"),
        ("!(a || b) && extra.*", "extra.b"),
        ("!a", "a"),
        ("values.0.x", "values.x"),
        ("$string", "event_id"),
        ("**", "timestamp"),
        ("**", "modules.django"),
        ("$frame.**", f"{FRAME}.function"),
        ("!foo", "event_id"),
        ("$message", "extra.message"),
        ("**", ""),
    ],
)
def test_it_does_not_cover(selector, path):
    assert not covers(selector, path)


@pytest.mark.parametrize(
    ("selector", "type_", "expected"),
    [
        ("$string", "string", True),
        ("$string", "number", False),
        ("$number", "number", True),
        ("$bool", "boolean", True),
        ("$list", "array", True),
        ("$object", "object", True),
        ("$object.a", "string", True),
        ("$array.a", "string", False),
        ("$string && a", "string", True),
        ("!$string", "string", False),
    ],
)
def test_the_type_of_a_value_counts(selector, type_, expected):
    assert covers(selector, "extra.a", type_=type_) is expected


@pytest.mark.parametrize("selector", ["$string", "!$string", "values.0", "!values.0", "values.1"])
def test_what_a_path_does_not_tell_is_covered_unless_it_must_be_sure(selector):
    path = "values.*"
    assert covers(selector, path)
    assert not covers(selector, path, sure=True)


@pytest.mark.parametrize(
    ("kind", "selector", "path"),
    [
        ("transaction", "$span.description", "spans.*.description"),
        ("transaction", "$user.email", "user.email"),
        ("replay_event", "$replay.**", "urls.*"),
        ("feedback", "contexts.feedback.message", "contexts.feedback.message"),
        ("span", "$span.data.*", "data.url"),
        ("span", "$span.attributes.**", "items.*.attributes.url.value"),
        ("log", "$log.body", "items.*.body"),
        ("log", "attributes.user.value", "items.*.attributes.user.value"),
        ("attachment", "$attachments.'notes.txt'", "notes.txt"),
        ("attachment", "$binary", "notes.txt"),
        ("check_in", "monitor_slug", "monitor_slug"),
    ],
)
def test_items_of_every_kind(kind, selector, path):
    parts = [path] if kind == "attachment" else path.split(".")
    assert parse(selector).covers(parts, kind)


def test_a_type_is_only_where_its_kind_of_item_has_it():
    assert not parse("$user.email").covers(("user", "email"), "session")


@pytest.mark.parametrize(
    ("selector", "column", "told"),
    [
        ("", 1, "expected a key, a $type"),
        ("a &&", 5, "found the end"),
        ("a b", 3, "expected `)`, `.`, `&&`, `||`, found `b`"),
        ("(a", 3, "expected `)`"),
        ("a)", 2, "expected the end"),
        ("a..b", 3, "found `.`"),
        ("a[0]", 2, "values.0"),
        ("*a", 2, "`*` stands for a whole key"),
        ("a.b*", 4, "`*` stands for a whole key"),
        ("*", 1, "expected `**`"),
        ("a.**.b.**", 8, "expected `**` once"),
        ("!!a", 2, "write !(!...)"),
        ("über", 1, "into quotes"),
        ("''", 1, "at least one character"),
        ("'a", 1, "a quote at its end"),
        ('"a"', 1, "quoted with '"),
        ("$User", 1, "lower case"),
        ("$usr.email", 1, "did you mean 'user'?"),
        ("a || $exeption", 6, "did you mean 'exception'?"),
        ("$zzz", 1, "expected one of string, number"),
        ("12345678901", 1, "at most 9 digits"),
    ],
)
def test_what_is_malformed_is_refused_with_its_column(selector, column, told):
    with pytest.raises(ConfigError) as caught:
        parse(selector)
    (problem,) = caught.value.problems
    assert problem.startswith(f"column {column}: ")
    assert told in problem


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ("$error.$stack.$frame.vars.foo", "a `$frame` is at stacktrace.frames.*"),
        ("extra.$user", "a `$user` is at user"),
        ("$string.foo", "nothing stands below a `$string`"),
        ("a" * 10_001, "at most 10000"),
        ("!(" * 40 + "a" + ")" * 40, "nested deeper than 30"),
    ],
)
def test_what_can_select_nothing_is_refused(selector, told):
    with pytest.raises(ConfigError, match=r".") as caught:
        parse(selector)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ("email", "alone means `$string`"),
        ("databag", "alone means `$object`"),
        ("a || extra.$user", "selects nothing"),
        ("values.0", "covers all of them"),
        ("$boolean", "never hides true and false"),
        ("$datetime", "covers nothing"),
        ("$stack_memory", "minidumps are not opened"),
        ("$user", "`$user.**` is what is in it"),
        ("$frame", "hits nothing in Sentry"),
        ("extra.**.foo", "one step at least"),
        ("tags.**", "hits nothing in Sentry"),
        ("$event.**", "hits nothing in Sentry"),
        ("$thread.name", "never hides this field"),
        ("$frame.context_line", "never hides this field"),
        ("transaction", "never hides this field"),
        ("extra.* && !$frame.**", "Sentry ignores it"),
    ],
)
def test_what_sentry_does_otherwise_is_told(selector, told):
    assert any(told in warning for warning in parse(selector).warnings)


@pytest.mark.parametrize(
    "selector", ["$user.email", "extra.**", "tags.* && !tags.plan", "a || $http.headers.*"]
)
def test_nothing_is_told_of_the_ordinary(selector):
    assert parse(selector).warnings == ()


@pytest.mark.parametrize(
    ("selector", "canonical"),
    [
        ("a|b", "a || b"),
        ("~a", "!a"),
        ("a&(b|c)", "a && (b || c)"),
        ("(a&b)|c", "a && b || c"),
        ("!(!a)", "!(!a)"),
        ("!(a && b)", "!(a && b)"),
        ("(((a)))", "a"),
        ("a && (b && c)", "a && b && c"),
        ("$exception . value", "$error.value"),
        ("'foo'", "foo"),
        ("'it''s'.007", "'it''s'.7"),
    ],
)
def test_it_is_written_in_one_way(selector, canonical):
    assert str(parse(selector)) == canonical
    assert parse(canonical) == parse(selector)


KEYS = st.one_of(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True),
    st.text(min_size=1, max_size=8).map(lambda key: "'" + key.replace("'", "''") + "'"),
)
STEPS = st.one_of(
    KEYS, KEYS, st.just("*"), st.integers(0, 99).map(str), st.sampled_from(TYPES).map(lambda name: f"${name}")
)
PATHS = st.builds(".".join, st.lists(STEPS, min_size=1, max_size=4)) | st.just("extra.**")
SELECTORS = st.recursive(
    PATHS,
    lambda inner: st.one_of(
        st.builds(
            lambda parts: " && ".join(f"({one})" for one in parts), st.lists(inner, min_size=2, max_size=3)
        ),
        st.builds(
            lambda parts: "|".join(f"({one})" for one in parts), st.lists(inner, min_size=2, max_size=3)
        ),
        inner.map(lambda one: f"!({one})"),
    ),
    max_leaves=6,
)


@given(SELECTORS | st.text() | st.text(alphabet="ab$*.&|!~()'[]0 \"", max_size=30))
def test_parse_only_ever_refuses_and_reads_what_it_writes(text):
    try:
        selector = parse(text)
    except ConfigError as error:
        assert all(error.problems)  # noqa: PT017 - refusing is one of the two things it may do
        return
    again = parse(str(selector))
    assert again.node == selector.node
    assert str(again) == str(selector)


@given(SELECTORS, st.lists(st.text(max_size=6) | st.sampled_from(["user", "email", "*"]), max_size=6))
def test_what_is_surely_covered_is_covered(text, path):
    try:
        selector = parse(text)
    except ConfigError:
        return
    assert selector.covers(path) or not selector.covers(path, sure=True)


def test_long_chains_do_not_nest():
    text = " || ".join(f"key_{number}" for number in range(500))
    assert covers(text, "extra.key_499")
