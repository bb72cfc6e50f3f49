import tomllib
from contextlib import suppress
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.config.foreign.importing import import_relay, import_sentry_rules
from scrubrelay.config.foreign.relay_rules import _METHODS, _PATTERNS, key_words
from scrubrelay.config.packs import embedded
from scrubrelay.config.settings import Settings
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.pattern import Own, parse_pack
from scrubrelay.core.redaction.rules.selectors import parse

KEY = "0123456789abcdef0123456789abcdef"


def rules(applications: dict[str, list[str]], specs: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return imported(applications, specs).settings.get("redaction", {}).get("rule", [])


def imported(applications: dict[str, list[str]], specs: dict[str, Any] | None = None):
    return import_sentry_rules({"rules": specs or {}, "applications": applications}, "imported.toml")


def spec(type_: str, method: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": type_, **({"redaction": {"method": method}} if method else {}), **more}


@pytest.mark.parametrize(
    ("name", "pattern", "action"),
    [
        ("@email", "contact.email", "replace"),
        ("@email:hash", "contact.email", "hash"),
        ("@ip:remove", "network.ipv4", "remove"),
        ("@creditcard:filter", "payment.card", "replace"),
        ("@mac", "network.mac", "mask"),
        ("@uuid", "sentry.uuid", "mask"),
        ("@usssn", "identity.us_ssn", "mask"),
        ("@urlauth:legacy", "web.url_password", "replace"),
        ("@pemkey", "keys_material.pem", "replace"),
        ("@userpath:mask", "identity.user_path", "mask"),
        ("@password", "keys.password", "remove"),
        ("@bearer", "web.bearer", "replace"),
        ("@imei:mask", "identity.imei", "mask"),
        ("@iban", "payment.iban", "replace"),
        ("@anything:hash", "anything", "hash"),
        ("@cookies:filter", "keys.cookie", "replace"),
        ("@ip:filter", "network.ipv6", "replace"),
    ],
)
def test_a_built_in_rule(name, pattern, action):
    (rule,) = rules({"extra.**": [name]})
    assert (rule["where"], rule["action"]) == ("extra.**", action)
    assert pattern in rule["patterns"]


def test_every_pattern_that_is_named_exists():
    known = {name for pack in embedded() for one in pack.patterns for name in (one.id, pack.name)}
    assert {name for names in _PATTERNS.values() for name in names} - known == {"anything"}
    assert _METHODS.keys() == _PATTERNS.keys()


def test_a_safe_field_that_is_a_selector_is_no_key():
    done = import_sentry_rules(
        {"dataScrubber": False, "safeFields": ["plan", "$frame.vars.x"]}, "imported.toml"
    )
    redaction = done.settings["redaction"]
    assert redaction["safe_keys"] == ["plan"]
    assert [one["where"] for one in redaction["rule"]] == ["plan", "$frame.vars.x"]


def test_expressions_are_written_as_people_write_them():
    done = imported({"foo": ["0"]}, {"0": spec("pattern", "mask", pattern=r"(?i)cust-\d{6}\.\p{Lu}")})
    assert done.pack["pattern"][0]["match"] == r"(?i)cust\-\d{6}\.\p{Lu}"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "there are no rules"),
        ({"slug": "x"}, "there are no rules"),
        ({"relayPiiConfig": "{x"}, "is no JSON"),
    ],
)
def test_another_document_is_refused(document, told):
    """Else a configuration of nothing but the defaults would look like an import."""
    with pytest.raises(ConfigError) as caught:
        import_sentry_rules(document, "imported.toml")
    assert told in caught.value.problems[0]


def test_what_is_common_and_filtered_has_no_addresses_nor_names_of_users():
    found = {name for rule in rules({"**": ["@common:filter"]}) for name in rule["patterns"]}
    assert found >= {"payment.iban", "keys.password", "identity.us_ssn", "sentry.bearer"}
    assert not found & {"contact.email", "network.ipv4", "identity.user_path"}


def test_common_is_its_parts_by_action():
    found = rules({"**": ["@common"]})
    assert {rule["action"] for rule in found} == {"replace", "remove", "mask"}
    assert {rule["where"] for rule in found} == {"**"}


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        ({"a": spec("ip", "mask")}, ["mask"]),
        ({"a": spec("ip")}, ["remove"]),
        ({"a": spec("ip", "pseudonymize")}, ["remove"]),
        ({"a": spec("alias", rule="b"), "b": spec("email", "hash")}, ["hash"]),
        ({"a": spec("alias", "mask", rule="b"), "b": spec("email", "hash")}, ["hash"]),
        ({"a": spec("alias", "mask", rule="b", hideInner=True), "b": spec("email", "hash")}, ["mask"]),
        ({"a": spec("alias", rule="@email", hideInner=True)}, ["replace"]),
        ({"a": spec("multiple", rules=["@email:mask", "@ip:hash"])}, ["mask", "hash"]),
        ({"a": spec("multiple", rules=["@email:mask", "@ip:mask"])}, ["mask"]),
        ({"a": spec("alias", rule="a")}, []),
        ({"a": spec("unknown_thing")}, []),
        ({"a": 5}, []),
        ({}, []),
    ],
)
def test_a_rule_of_ones_own(specs, expected):
    assert [rule["action"] for rule in rules({"foo": ["a"]}, specs)] == expected


def test_a_regular_expression_becomes_a_pattern():
    done = imported(
        {"foo": ["0"]}, {"0": spec("pattern", "hash", pattern=r"(cus|emp)-(\d{6}) #x", replaceGroups=[2])}
    )
    (pattern,) = parse_pack(tomli_w.dumps(done.pack), "imported.toml", Own(lambda name: (name, ""))).patterns
    (rule,) = done.settings["redaction"]["rule"]
    assert rule == {"where": "foo", "patterns": [pattern.id], "action": "hash"}
    assert pattern.id == "imported.0"
    assert not pattern.default
    assert "(?P<cut>" in pattern.match
    assert done.settings["redaction"]["pattern_files"] == ["imported.toml"]


def test_a_rule_for_keys_becomes_a_pattern_of_keys_and_one_of_texts():
    """Sentry looks for the expression in both, and hides the whole text."""
    done = imported({"**": ["k"]}, {"k": spec("redactPair", "replace", keyPattern=r"api\.key|^pin$")})
    text, key = done.pack["pattern"]
    assert key["key_match"] == text["match"] == r"api\.key|^pin\Z"
    assert text["whole"] is True
    assert any("hides whole texts" in note for note in done.notes)


def test_a_rule_for_keys_that_is_no_expression_here_becomes_words():
    done = imported({"**": ["k"]}, {"k": spec("redactPair", "replace", keyPattern=r"api\.key|^pin$|(?<x")})
    (table,) = done.pack["pattern"]
    assert (table["words"], table["names"]) == (["api key"], ["pin"])
    assert any("1 of the parts" in note for note in done.notes)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("my_key|a b", (["my key", "a b"], [], 0)),
        (r"foo\.bar", (["foo bar"], [], 0)),
        ("^otp$", ([], ["otp"], 0)),
        ("(?i)token", (["token"], [], 0)),
        ("a.*|b", (["b"], [], 1)),
        ("", ([], [], 1)),
    ],
)
def test_key_words(expression, expected):
    assert key_words(expression) == expected


@pytest.mark.parametrize(
    ("applications", "specs", "told"),
    [
        ({"email": ["@ip"]}, {}, "alone it means $string"),
        ({"$usr.x": ["@ip"]}, {}, "did you mean 'user'?"),
        ({"a[0]": ["@ip"]}, {}, "not carried over"),
        ({"$user": ["@ip"]}, {}, "hits nothing in Sentry"),
        ({"a": ["@ip:filter"]}, {}, "Sentry knows no such rule"),
        ({"a": ["@imei:mask"]}, {}, "Sentry hashes instead"),
        ({"a": ["@emial"]}, {}, "did you mean '@email'?"),
        ({"a": ["nope"]}, {}, "there is none of this name"),
        ({"a": ["@password"]}, {}, "merely contain auth"),
        ({"a": ["0"]}, {"0": spec("pattern", "zap", pattern="x")}, "unknown redaction"),
        ({"a": ["0"]}, {"0": spec("pattern", pattern="(")}, "its pattern is not carried over"),
        ({"a": ["0"]}, {"0": spec("pattern", pattern="x*")}, "matches the empty string"),
        ({"a": ["0"]}, {"0": spec("pattern", pattern="x", replaceGroups=[3])}, "there is no group 3"),
        ({"a": ["0"]}, {"0": spec("pattern", pattern="x", replaceGroups=[])}, "replaceGroups is empty:"),
        ({"a": ["0"]}, {"0": spec("alias", rule="0")}, "refers to itself"),
        ({"a": ["0"]}, {"0": {**spec("ip"), "redaction": {"method": "mask", "maskChar": "x"}}}, "maskChar"),
        (
            {"a": ["0"]},
            {"0": {**spec("ip"), "redaction": {"method": "replace", "text": "z"}}},
            "the label of our",
        ),
        ({}, {"0": spec("ip")}, "no selector applies"),
        ({"a": ["@email:hash"]}, {}, "set SCRUBRELAY_HASH_KEY"),
    ],
)
def test_what_differs_is_told(applications, specs, told):
    assert [note for note in imported(applications, specs).notes if told in note]


def test_the_settings_of_a_project_in_sentry():
    done = import_sentry_rules(
        {
            "relayPiiConfig": '{"applications": {"$user.email": ["@email:hash"]}}',
            "dataScrubber": True,
            "dataScrubberDefaults": True,
            "scrubIPAddresses": True,
            "sensitiveFields": ["my_key", " "],
            "safeFields": ["plan", "$http.headers.via", "a b"],
        },
        "imported.toml",
    )
    redaction = done.settings["redaction"]
    assert redaction["sensitive_keys"] == ["my_key"]
    safe = [rule["where"] for rule in redaction["rule"] if rule.get("safe")]
    assert safe == ["plan", "$http.headers.via", "'a b'"]
    assert redaction["rule"][-1]["where"] == "$user.email"
    assert any(
        rule["action"] == "remove" and "$user.ip_address" in rule["where"] for rule in redaction["rule"][3:]
    )


def test_a_relay_of_static_mode():
    config = {
        "relay": {
            "mode": "static",
            "upstream": "https://sentry.example.com/",
            "host": "0.0.0.0",
            "port": 3000,
        },
        "http": {"timeout": 5, "encoding": "zstd"},
        "limits": {"max_envelope_size": "50MB", "shutdown_timeout": 20},
        "logging": {"level": "info"},
    }
    project = {
        "slug": "shop",
        "publicKeys": [{"publicKey": KEY, "isEnabled": True}, {"publicKey": "f" * 32, "isEnabled": False}],
        "config": {
            "allowedDomains": ["example.com"],
            "piiConfig": {"applications": {"$string": ["@ip:mask"]}},
            "datascrubbingSettings": {"scrubData": False},
            "filterSettings": {"localhost": {"isEnabled": True}, "webCrawlers": {"isEnabled": False}},
        },
    }
    done = import_relay(config, {"42": project, "x": {}}, "imported.toml")
    (only,) = done.settings["project"]
    assert (only["id"], only["key"], only["name"]) == (42, KEY, "shop")
    assert only["redaction"]["rule"][0]["action"] == "mask"
    assert done.settings["upstream"] == {
        "url": "https://sentry.example.com/",
        "encoding": "zstd",
        "timeout": "5s",
    }
    notes = "\n".join(done.notes)
    for told in (
        "logging.level",
        "a key that is off",
        "not carried over: localhost\n",
        "allowedDomains",
        "no project number",
    ):
        assert told in notes


def without_rules(settings: dict[str, Any]) -> dict[str, Any]:
    """Drop what the settings do not know by themselves, and the variable that nobody set."""
    for redaction in (
        settings.get("redaction", {}),
        *(one.get("redaction", {}) for one in settings.get("project", [])),
    ):
        redaction.pop("rule", None)
        redaction.pop("hash_key", None)
    return settings


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["@ip", "@email:hash", "@common", "@anything:remove", "@imei:mask", "@x", "a", "b", "c"]
)
REGEXES = st.text(max_size=12) | st.sampled_from(
    [r"\d{6}", "(a)(b)", "(?i)x", "[[:alpha:]]+", "^pin$|key", "a|", r"\p{L}"]
)
SPECS = st.fixed_dictionaries(
    {"type": st.sampled_from([*_PATTERNS, "pattern", "redact_pair", "multiple", "alias", "zap"]) | ANY},
    optional={
        "redaction": st.fixed_dictionaries({"method": st.sampled_from(["mask", "hash", "default", "zap"])})
        | ANY,
        "pattern": REGEXES | ANY,
        "keyPattern": REGEXES | ANY,
        "replaceGroups": st.lists(st.integers(-1, 3), max_size=3) | ANY,
        "rules": st.lists(NAMES, max_size=3) | ANY,
        "rule": NAMES | ANY,
        "hideInner": st.booleans() | ANY,
    },
)
SELECTORS = st.sampled_from(
    ["$string", "**", "email", "$user.*", "extra.** && !a", "[", "values.0"]
) | st.text(max_size=10)
PII = st.fixed_dictionaries(
    {},
    optional={
        "rules": st.dictionaries(
            st.sampled_from(["a", "b", "c"]) | st.text(max_size=5), SPECS | ANY, max_size=3
        )
        | ANY,
        "applications": st.dictionaries(SELECTORS, st.lists(NAMES, max_size=3) | ANY, max_size=3) | ANY,
        "vars": ANY,
    },
)
SCRUBBING = st.fixed_dictionaries(
    {},
    optional={
        "scrubData": st.booleans(),
        "scrubDefaults": st.booleans(),
        "scrubIpAddresses": st.booleans() | ANY,
        "sensitiveFields": st.lists(st.text(max_size=8), max_size=3) | ANY,
        "excludeFields": st.lists(st.text(max_size=8), max_size=3) | ANY,
    },
)
PROJECTS = st.fixed_dictionaries(
    {"publicKeys": st.lists(st.fixed_dictionaries({"publicKey": st.just(KEY) | ANY}), max_size=2) | ANY},
    optional={
        "slug": ANY,
        "disabled": st.booleans(),
        "config": st.fixed_dictionaries(
            {},
            optional={
                "piiConfig": PII | ANY,
                "datascrubbingSettings": SCRUBBING | ANY,
                "filterSettings": ANY,
            },
        ),
    },
)
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "relay": st.fixed_dictionaries(
            {}, optional={"upstream": ANY, "host": ANY, "port": st.integers(0, 70_000) | ANY}
        ),
        "http": st.fixed_dictionaries({}, optional={"timeout": ANY, "encoding": ANY}),
        "limits": st.fixed_dictionaries({}, optional={"max_envelope_size": ANY, "shutdown_timeout": ANY}),
        "logging": ANY,
    },
)


@given(CONFIGS | ANY, st.dictionaries(st.sampled_from(["1", "42", "x"]), PROJECTS | ANY, max_size=2))
def test_every_configuration_of_relay_is_imported(config, projects):
    done = import_relay(config, projects, "imported.toml")
    written = tomllib.loads(tomli_w.dumps(done.settings))
    tables = [written, *written.get("project", [])]
    for rule in (one for table in tables for one in table.get("redaction", {}).get("rule", [])):
        assert str(parse(rule["where"])) == rule["where"]
    Settings.model_validate(without_rules(written))
    if done.pack:
        parse_pack(tomli_w.dumps(done.pack), "imported.toml", Own(lambda name: (name, "")))


@given(PII | SCRUBBING | ANY)
def test_every_export_of_sentry_is_imported(document):
    """Or refused, if it is none."""
    settings: dict[str, Any] = {}
    with suppress(ConfigError):
        settings.update(import_sentry_rules(document, "imported.toml").settings)
    Settings.model_validate(without_rules(tomllib.loads(tomli_w.dumps(settings))))
