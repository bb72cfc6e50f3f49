"""`[[redaction.rule]]`: what a configuration wants at some paths, from TOML to scrubbed bytes."""

from typing import Any

import orjson
import pytest

from scrubrelay.config.build import build, redactor_of, rule_warnings
from scrubrelay.config.load import load
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Item

KEY = 'hash_key = "0123456789abcdef0123456789abcdef"\n'
MAIL = "jane@example.com"


def redactor(tmp_path, toml: str) -> Redactor:
    """Return what a configuration file makes."""
    path = tmp_path / "scrubrelay.toml"
    path.write_text("[redaction]\n" + toml)
    return redactor_of(load(path, {}))


def scrub(redactor: Redactor, event: Any) -> Any:
    """Return an event as it leaves, without remarks."""
    data, _ = redactor.json_document(orjson.dumps(event))
    return {key: value for key, value in orjson.loads(data).items() if key != "_meta"}


def rule(where: str, **keys: Any) -> str:
    """Return a rule as TOML."""
    lines = [f"{key} = {orjson.dumps(value).decode()}" for key, value in {"where": where, **keys}.items()]
    return "[[redaction.rule]]\n" + "\n".join(lines) + "\n"


ACTIONS = [
    ("replace", {"user": {"email": "[email]"}}),
    ("mask", {"user": {"email": "*" * len(MAIL)}}),
    ("partial", {"user": {"email": "*" * len(MAIL)}}),
    ("remove", {"user": {"email": ""}}),
]


@pytest.mark.parametrize(("action", "becomes"), ACTIONS)
def test_an_action_holds_where_its_rule_says(tmp_path, action, becomes):
    """Elsewhere the common action stays."""
    own = redactor(tmp_path, rule("$user.email", patterns=["contact.email"], action=action))
    assert scrub(own, {"user": {"email": MAIL}, "message": MAIL}) == becomes | {"message": "[email]"}


H = "[hidden]"
PLANS = "tags.* && !tags.plan"
FORWARDED = "$http.headers.x-forwarded-for"
WHOLE = {
    "a string": ("extra.note", {"extra": {"note": "it", "b": "x"}}, {"extra": {"note": H, "b": "x"}}),
    "a number": ("extra.note", {"extra": {"note": 7}}, {"extra": {"note": H}}),
    "a boolean": ("extra.note", {"extra": {"note": True, "b": True}}, {"extra": {"note": H, "b": True}}),
    "a dict": ("extra.a", {"extra": {"a": {"b": "c", "d": ["e"]}}}, {"extra": {"a": {"b": H, "d": [H]}}}),
    "an exception": (PLANS, {"tags": {"plan": "pro", "a": "b"}}, {"tags": {"plan": "pro", "a": H}}),
    "pairs": (PLANS, {"tags": [["plan", "pro"], ["a", "b"]]}, {"tags": [["plan", "pro"], ["a", H]]}),
    "either": ("extra.a || extra.b", {"extra": {"a": "1", "c": "3"}}, {"extra": {"a": H, "c": "3"}}),
    "a header": (
        FORWARDED,
        {"request": {"headers": {"x-forwarded-for": "abc"}}},
        {"request": {"headers": {"x-forwarded-for": H}}},
    ),
}


@pytest.mark.parametrize(("where", "event", "becomes"), WHOLE.values(), ids=WHOLE)
def test_anything_hides_the_whole_value(tmp_path, where, event, becomes):
    """Strings, numbers, and whatever is in a container."""
    assert scrub(redactor(tmp_path, rule(where, patterns=["anything"])), event) == becomes


VALUES = {"string": "text", "number": 7, "boolean": True, "dict": {"a": 1}, "list": ["a"]}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_removing_anything_deletes_its_key(tmp_path, value):
    """Nothing is set to null: servers crash on that."""
    own = redactor(tmp_path, rule("extra.note", patterns=["anything"], action="remove"))
    for _ in range(2):  # the second time from memory
        assert scrub(own, {"extra": {"note": value, "kept": "x"}}) == {"extra": {"kept": "x"}}


def test_what_is_removed_has_a_remark_and_a_redaction(tmp_path):
    """The redaction names the rule."""
    own = redactor(tmp_path, rule("extra.note", patterns=["anything"], action="remove"))
    data, redactions = own.json_document(b'{"extra":{"note":"text"}}')
    assert orjson.loads(data)["_meta"]["extra"]["note"][""]["rem"] == [["rules.1", "x"]]
    assert [(one.path, one.pattern, one.action, one.rule) for one in redactions] == [
        ("extra.note", "rules.1", "remove", 1)
    ]


def test_a_hashed_user_is_the_same_user_in_events_and_sessions(tmp_path):
    """Sentry counts affected users by what stands in these fields."""
    own = redactor(tmp_path, KEY + rule("$user.id || did", patterns=["anything"], action="hash"))
    by_id = [scrub(own, {"user": {"id": user}})["user"]["id"] for user in (42, "42", 43)]
    session = scrub(own, {"did": "42"})["did"]
    assert by_id[0] == by_id[1] == session != by_id[2]
    assert scrub(own, {"user": {"id": by_id[0]}}) == {"user": {"id": by_id[0]}}


@pytest.mark.parametrize(
    ("action", "becomes"), [("mask", '{"gate": "****", "b": 1}'), ("remove", '{"gate": "", "b": 1}')]
)
def test_a_rule_for_a_value_has_its_action_in_data_within_a_text_too(tmp_path, action, becomes):
    """Where the text itself stands no rule is."""
    own = redactor(tmp_path, rule("gate", patterns=["anything"], action=action))
    event = {"extra": {"body": '{"gate": "west", "b": 1}'}}
    assert scrub(own, event) == {"extra": {"body": becomes}}
    _, redactions = own.json_document(orjson.dumps(event))
    assert [(one.action, one.rule) for one in redactions] == [(action, 1)]


def test_of_a_list_the_entries_are_emptied_and_not_deleted(tmp_path):
    """What stood behind them keeps its place."""
    own = redactor(tmp_path, rule("extra.names.*", patterns=["anything"], action="remove"))
    assert scrub(own, {"extra": {"names": ["jane", "joe"]}}) == {"extra": {"names": ["", ""]}}


def test_a_file_called_rules_is_a_pattern_file_like_others(tmp_path):
    """Its ids are none of rules, that are numbered."""
    text = '[[pattern]]\nid = "rules.gate"\nlabel = "[gate]"\nwords = ["gate"]\n'
    (tmp_path / "rules.toml").write_text(text)
    own = redactor(tmp_path, f'pattern_files = ["{tmp_path}/rules.toml"]\n')
    assert scrub(own, {"extra": {"gate": "west", "b": '{"gate": 7}'}}) == {
        "extra": {"gate": "[gate]", "b": '{"gate": [gate]}'}
    }


def test_safe_patterns_do_not_look_where_a_rule_says(tmp_path):
    """Others do, and these do elsewhere."""
    own = redactor(tmp_path, rule("tags.owner", safe=["contact.email"]))
    event = {"tags": {"owner": f"{MAIL} 4111 1111 1111 1111", "other": MAIL}}
    assert scrub(own, event) == {"tags": {"owner": f"{MAIL} [card]", "other": "[email]"}}


def test_a_safe_path_is_not_safe_inside_a_text(tmp_path):
    """Else a log line that looks like the path would carry things out."""
    own = redactor(tmp_path, rule("extra.password", safe=["anything"]))
    assert scrub(own, {"extra": {"password": "hunter2!x"}}) == {"extra": {"password": "hunter2!x"}}
    text = '{"extra": {"password": "hunter2!x"}}'
    assert "hunter2" not in scrub(own, {"message": text})["message"]


def test_a_pattern_that_is_off_looks_where_a_rule_names_it(tmp_path):
    """And nowhere else."""
    own = redactor(tmp_path, 'disable = ["contact.email"]\n' + rule("extra.**", patterns=["contact.email"]))
    assert scrub(own, {"extra": {"a": {"b": MAIL}}, "message": MAIL}) == {
        "extra": {"a": {"b": "[email]"}},
        "message": MAIL,
    }


def test_the_last_rule_that_speaks_of_a_pattern_counts(tmp_path):
    """As in any list of exceptions."""
    rules = rule("extra.**", patterns=["contact.email"], action="mask") + rule(
        "extra.a", safe=["contact.email"]
    )
    own = redactor(tmp_path, rules)
    assert scrub(own, {"extra": {"a": MAIL, "b": MAIL}}) == {"extra": {"a": MAIL, "b": "*" * len(MAIL)}}


WRONG = [
    (rule("$usr.email", patterns=["contact.email"]), "[[redaction.rule]] number 1 where: "),
    (rule("extra.a"), "[[redaction.rule]] number 1: expected either patterns or safe"),
    (rule("extra.a", patterns=["contact.emial"]), "contact.emial: unknown pack, set, category or pattern"),
    (
        rule("extra.a", patterns=["email"]),
        "unknown pack, set, category or pattern, did you mean 'contact.email'?",
    ),
    (rule("extra.a", patterns=["@email"]), "`scrubrelay import sentry-rules` translates"),
    ('adds = ["rule"]\n', "[redaction] adds: expected it in [project.redaction]"),
    ('action = "hash"\nhash_key = "short"\n', "[redaction] hash_key: expected at least 16 characters"),
    (rule("extra.a", safe=["anything"], action="mask"), "action: expected none"),
    (
        rule("extra.a", patterns=["anything"], action="hash"),
        'hash_key: is missing, the action "hash" needs one',
    ),
]


@pytest.mark.parametrize(("toml", "says"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_rule_is_refused_with_its_place(tmp_path, toml, says):
    """Before anything is served."""
    with pytest.raises(ConfigError) as refused:
        redactor(tmp_path, toml)
    assert says in "\n".join(refused.value.problems)


def test_a_projects_lists_replace_the_common_ones_or_add_to_them(tmp_path):
    """Said explicitly, list by list."""
    path = tmp_path / "scrubrelay.toml"
    projects = "".join(
        f'[[project]]\nid = {number}\nkey = "{number:032}"\n[project.redaction]\n{adds}'
        f'sensitive_keys = ["own"]\n'
        for number, adds in ((1, ""), (2, 'adds = ["sensitive_keys"]\n'))
    )
    path.write_text('[redaction]\nsensitive_keys = ["common"]\n' + projects)
    found = build(load(path, {}))
    event = {"extra": {"common": "a", "own": "b"}}
    replaced, added = (scrub(found.find(f"{number:032}", number).redactor, event) for number in (1, 2))
    assert replaced == {"extra": {"common": "a", "own": "[hidden]"}}
    assert added == {"extra": {"common": "[hidden]", "own": "[hidden]"}}


def test_what_sentry_would_do_otherwise_is_a_warning(tmp_path):
    """Its words for types of old stand for other things there."""
    path = tmp_path / "scrubrelay.toml"
    path.write_text("[redaction]\n" + rule("email", patterns=["contact.email"]))
    assert any("rule]] number 1 where" in one for one in rule_warnings(load(path, {}).redaction))


def test_a_selector_among_keys_is_a_warning(tmp_path):
    """It would silently be the name of a key that nobody has."""
    path = tmp_path / "scrubrelay.toml"
    path.write_text("[redaction]\nsafe_keys = ['plan', '$user.email']\nsensitive_keys = ['extra.**']\n")
    told = list(rule_warnings(load(path, {}).redaction))
    assert [one.partition(":")[0] for one in told] == ["[redaction] safe_keys", "[redaction] sensitive_keys"]


def test_a_key_may_come_from_any_variable_that_the_file_names(tmp_path):
    """What `scrubrelay import` writes; other unknown names with our prefix stay mistakes."""
    path = tmp_path / "scrubrelay.toml"
    path.write_text('[redaction]\naction = "hash"\nhash_key = "${SCRUBRELAY_HASH_KEY}"\n')
    environ = {"SCRUBRELAY_HASH_KEY": "0123456789abcdef0123456789abcdef"}
    assert load(path, environ).redaction.action == "hash"
    with pytest.raises(ConfigError, match="SCRUBRELAY_HASH_KEYS: unknown environment variable"):
        load(path, environ | {"SCRUBRELAY_HASH_KEYS": "x"})


def test_a_rule_for_the_value_of_an_attribute_covers_it(tmp_path):
    """As Sentry's selectors spell it; the type follows."""
    own = redactor(tmp_path, rule("attributes.foo.value", patterns=["anything"]))
    log = {"attributes": {"foo": {"type": "integer", "value": 5}, "bar": {"type": "string", "value": "x"}}}
    data = own.item(Item({"type": "log"}, orjson.dumps({"items": [log]}))).item.payload
    (left,) = orjson.loads(data)["items"]
    assert left["attributes"]["foo"] == {"type": "string", "value": H}
    assert left["attributes"]["bar"] == {"type": "string", "value": "x"}


TEXTS = {
    "the value of a key that hides it": (
        '{"user": {"email": "jane@example.com"}, "to": "jane@example.com"}',
        '{"user": {"email": "****************"}, "to": "[email]"}',
    ),
    "with escapes": (
        '{"user": {"name": "by jane\\u0040example.com"}}',
        '{"user": {"name": "by *********************"}}',
    ),
    "repr": ("{'user': {'name': 'jane@example.com'}}", "{'user': {'name': '****************'}}"),
    "a text within it": (
        '{"user": {"name": "{\\"a\\": \\"jane@example.com\\"}"}}',
        '{"user": {"name": "{\\"a\\": \\"****************\\"}"}}',
    ),
    "what is off elsewhere": (
        '{"user": {"tax": "Steuer-ID 65929970489", "b": 65929970489}, "tax": "Steuer-ID 65929970489"}',
        '{"user": {"tax": "Steuer-ID ***********", "b": ***********}, "tax": "Steuer-ID 65929970489"}',
    ),
    "no rule": ('{"name": "jane@example.com"}', '{"name": "[email]"}'),
}


@pytest.mark.parametrize(("text", "becomes"), TEXTS.values(), ids=TEXTS)
def test_a_rule_that_names_patterns_has_its_action_in_data_within_a_text_too(tmp_path, text, becomes):
    own = redactor(tmp_path, rule("user.**", patterns=["contact.email", "ids_de"], action="mask"))
    left = scrub(own, {"message": text})
    assert left == {"message": becomes}
    assert scrub(own, left) == left


def test_in_a_text_the_inner_rule_goes_before_the_one_for_the_text(tmp_path):
    rules = (
        rule("extra.body", patterns=["contact.email"], action="hash"),
        rule("to", patterns=["contact.email"]),
    )
    own = redactor(tmp_path, KEY + "".join(rules) + rule("cc", patterns=["contact.email"], action="remove"))
    event = {"extra": {"body": f'{{"to": "{MAIL}", "cc": "{MAIL}", "bcc": "{MAIL}"}}'}}
    token = own.text(MAIL, "extra.body")[0]
    assert token.startswith("[email:")
    assert scrub(own, event) == {"extra": {"body": f'{{"to": "{token}", "cc": "", "bcc": "{token}"}}'}}


def test_an_exception_of_a_type_and_a_value_is_no_attribute(tmp_path):
    """It looks like one; its value is covered as that of an exception."""
    own = redactor(tmp_path, rule("$error.**", patterns=["anything"], action="mask"))
    event = {"exception": {"values": [{"type": "E", "value": "text"}]}}
    assert scrub(own, event)["exception"]["values"] == [{"type": "E", "value": "****"}]


def test_a_key_that_is_renamed_has_the_rules_of_its_own_name(tmp_path):
    """Not those of the label that stands there afterwards, whichever was met first."""
    own = redactor(tmp_path, rule(f"extra.'{MAIL}'", patterns=["anything"]))
    for event in ({"extra": {"[email]": "a"}}, {"extra": {MAIL: "b"}}, {"extra": {MAIL: "c"}}):
        scrubbed = scrub(own, event)
    assert scrubbed == {"extra": {"[email]": H}}


OWN_FILE = """
[[pattern]]
id = "own.key"
label = "[own-key]"
key_match = '(?i) \\A x- .* ref'

[[pattern]]
id = "own.text"
label = "[own-text]"
match = 'classified'
whole = true
"""


@pytest.fixture
def own_file(tmp_path):
    (tmp_path / "own.toml").write_text(OWN_FILE)
    return redactor(tmp_path, 'pattern_files = ["own.toml"]\n')


def test_an_expression_for_keys_hides_their_values(own_file):
    event = {"extra": {"X-Order-Ref": 7, "x-ref": "a", "ref": "b", "y": {"x-my-ref": ["c"]}}}
    hidden = "[own-key]"
    assert scrub(own_file, event) == {
        "extra": {"X-Order-Ref": hidden, "x-ref": hidden, "ref": "b", "y": {"x-my-ref": [hidden]}}
    }


def test_a_pattern_of_whole_texts_hides_all_of_the_text_but_no_key(own_file):
    """A key of which nothing is left would say nothing about its value."""
    event = {"message": f"this is classified, {MAIL}", "extra": {"classified by": "me", f"by {MAIL}": "x"}}
    assert scrub(own_file, event) == {
        "message": "[own-text]",
        "extra": {"classified by": "me", "by [email]": "x"},
    }


def test_a_word_of_a_label_hides_no_whole_text(tmp_path):
    text = '[[pattern]]\nid = "own.text"\nlabel = "[own-text]"\nmatch = "email|classified"\nwhole = true\n'
    (tmp_path / "own.toml").write_text(text)
    own = redactor(tmp_path, 'pattern_files = ["own.toml"]\n')
    event = {"message": f"to {MAIL}", "extra": {"a": f"e-mail {MAIL}", "b": f"email {MAIL}"}}
    left = {"message": "to [email]", "extra": {"a": "e-mail [email]", "b": "[own-text]"}}
    assert scrub(own, event) == left
    assert scrub(own, left) == left


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("key_match = '('", "key_match: line 1, column"),
        ("key_match = 'a*'", "key_match: matches the empty string"),
        ("words = ['a']\nwhole = true", "whole: only with match"),
        ("match = 'a'\nkey_match = 'b'", "match: expected one of match (a shape), list (of names)"),
    ],
)
def test_a_wrong_expression_for_keys_is_refused(tmp_path, line, says):
    (tmp_path / "own.toml").write_text(f'[[pattern]]\nid = "own.a"\nlabel = "[a]"\n{line}\n')
    with pytest.raises(ConfigError) as refused:
        redactor(tmp_path, 'pattern_files = ["own.toml"]\n')
    assert says in "\n".join(refused.value.problems)
