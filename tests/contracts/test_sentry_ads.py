"""Rules as people make them in Sentry's Advanced Data Scrubbing, imported: what Sentry hides is hidden here.

Runs where Sentry's engine is. These were written before they were tried; none was made to fit.
"""

import orjson
import pytest

from scrubrelay.config.foreign.importing import import_sentry_rules

pytest.importorskip("sentry_relay.processing")
from tests.contracts.test_sentry_superset import PEM, checked, normalised, valid

CONFIGS = {}


def rule(type_, method=None, **more):
    return {"type": type_, **({"redaction": {"method": method}} if method else {}), **more}


def shape(pattern, method="mask", **more):
    text = {"text": "Scrubbed"} if method == "replace" else {}
    return {"type": "pattern", "pattern": pattern, "redaction": {"method": method, **text}, **more}


def case(name, applications, rules=None):
    CONFIGS[name] = {"rules": rules or {}, "applications": applications}


case("ui password everywhere", {"**": ["0"]}, {"0": rule("password", "replace")})
case("ui email msg", {"$message": ["0"]}, {"0": rule("email", "mask")})
case("ui anything user", {"$user.*": ["0"]}, {"0": rule("anything", "remove")})
case("ui ip hash http", {"$http.**": ["0"]}, {"0": rule("ip", "hash")})
case("ui ip not ua", {"$http.** && !$http.headers.user-agent": ["0"]}, {"0": rule("ip", "hash")})
case("ui creditcard err", {"$error.value": ["0"]}, {"0": rule("creditcard", "mask")})
case("ui iban extra", {"extra.**": ["0"]}, {"0": rule("iban", "replace")})
case("ui uuid url", {"$http.url": ["0"]}, {"0": rule("uuid", "replace")})
case("ui imei", {"contexts.**": ["0"]}, {"0": rule("imei", "hash")})
case("ui mac", {"contexts.**": ["0"]}, {"0": rule("mac", "mask")})
case("ui ssn", {"$string": ["0"]}, {"0": rule("us_ssn", "remove")})
case("ui pem", {"$frame.vars.**": ["0"]}, {"0": rule("pemkey", "replace")})
case("ui urlauth", {"$breadcrumb.data.url": ["0"]}, {"0": rule("url_auth", "replace")})
case("ui userpath", {"$frame.abs_path": ["0"]}, {"0": rule("userpath", "replace")})
case("ui bearer", {"$http.headers.authorization": ["0"]}, {"0": rule("bearer", "replace")})
case("ui regex order", {"**": ["0"]}, {"0": shape(r"ORD-\d{6}")})
case("ui regex group", {"$message": ["0"]}, {"0": shape(r"user=(\w+)", "replace", replaceGroups=[1])})
case(
    "ui regex two groups",
    {"$message": ["0"]},
    {"0": shape(r"user=(\w+) id=(\d+)", "hash", replaceGroups=[1, 2])},
)
case("ui regex case", {"$message": ["0"]}, {"0": shape(r"(?i)confidential:.*", "remove")})
case("ui regex multiline", {"$message": ["0"]}, {"0": shape(r"(?m)^secret .*$", "replace")})
case("ui regex dotall", {"$message": ["0"]}, {"0": shape(r"(?s)<ssn>.*?</ssn>", "replace")})
case("ui regex unicode", {"$message": ["0"]}, {"0": shape(r"\bmüller\b|\p{Cyrillic}+", "mask")})
case("ui regex x", {"$message": ["0"]}, {"0": shape(r"(?x) acct \s* [:=] \s* (\w+) # account", "mask")})
case("ui regex sets", {"$message": ["0"]}, {"0": shape(r"id=[a-z0-9&&[^aeiou]]{4,}", "mask")})
case("ui regex posix", {"$message": ["0"]}, {"0": shape(r"[[:upper:]]{3}-[[:digit:]]{4}\b", "mask")})
case("ui regex alt", {"$message": ["0"]}, {"0": shape(r"^(?:alice|bob)\b|carol$", "mask")})
case(
    "ui regex named",
    {"$message": ["0"]},
    {"0": shape(r"(?P<k>token)=(?P<v>[0-9a-f]{8,})", "replace", replaceGroups=[2])},
)
case("ui regex big", {"$message": ["0"]}, {"0": shape(r"[A-Za-z0-9+/]{40,200}={0,2}", "replace")})
case("ui regex anchored", {"tags.order": ["0"]}, {"0": shape(r"^\d{4,}$", "mask")})
case("ui regex end", {"$message": ["0"]}, {"0": shape(r"pin \d{4}$", "mask")})
case(
    "ui several",
    {"$message": ["0", "1"], "$user.email": ["2"]},
    {"0": rule("email", "hash"), "1": rule("ip", "mask"), "2": rule("anything", "hash")},
)
case("ui tags all", {"tags.*": ["0"]}, {"0": rule("anything", "replace")})
case("ui tags but", {"tags.* && !tags.plan": ["0"]}, {"0": rule("anything", "replace")})
case("ui query", {"$http.query_string.*": ["0"]}, {"0": rule("email", "mask")})
case("ui header", {"$http.headers.x-forwarded-for": ["0"]}, {"0": rule("anything", "remove")})
case("ui cookies", {"$http.cookies.sid": ["0"]}, {"0": rule("anything", "remove")})
case("ui data", {"$http.data.**": ["0"]}, {"0": rule("creditcard", "mask")})
case("ui vars key", {"$frame.vars.card": ["0"]}, {"0": rule("anything", "mask")})
case("ui ctx", {"contexts.device.name": ["0"]}, {"0": rule("anything", "replace")})
case("ui quoted", {"extra.'my key!'": ["0"]}, {"0": rule("anything", "remove")})
case("ui quoted apostrophe", {"extra.'it''s'": ["0"]}, {"0": rule("anything", "remove")})
case("ui array", {"extra.names.*": ["0"]}, {"0": rule("anything", "mask")})
case("ui index", {"extra.names.0": ["0"]}, {"0": rule("anything", "mask")})
case("ui number", {"$number && extra.**": ["0"]}, {"0": rule("anything", "mask")})
case("ui bc", {"$breadcrumb.message": ["0"]}, {"0": rule("email", "remove")})
case("ui bc data", {"$breadcrumb.data.**": ["0"]}, {"0": rule("email", "remove")})
case("ui span", {"$span.description": ["0"]}, {"0": rule("creditcard", "mask")})
case("ui span data", {"$span.data.**": ["0"]}, {"0": rule("ip", "replace")})
case("ui logentry params", {"$logentry.params.*": ["0"]}, {"0": rule("anything", "mask")})
case("ui transaction", {"transaction": ["0"]}, {"0": rule("uuid", "mask")})
case("ui server", {"server_name": ["0"]}, {"0": rule("anything", "hash")})
case("ui geo", {"$user.geo.*": ["0"]}, {"0": rule("anything", "remove")})
case("ui username", {"$user.username || $user.id": ["0"]}, {"0": rule("anything", "hash")})
case("ui sdk", {"$sdk.client_ip": ["0"]}, {"0": rule("anything", "remove")})
case("ui thread", {"$thread.name": ["0"]}, {"0": rule("anything", "replace")})
case("ui fn", {"$frame.function": ["0"]}, {"0": rule("anything", "replace")})
case("ui ctxline", {"$frame.context_line": ["0"]}, {"0": rule("password", "replace")})
case("ui deep", {"extra.**.secret": ["0"]}, {"0": rule("anything", "remove")})
case("ui suffix", {"a.b": ["0"]}, {"0": rule("anything", "mask")})
case("ui not all", {"!$user.**": ["0"]}, {"0": rule("email", "mask")})
case("ui paren", {"(extra.** || contexts.**) && $string": ["0"]}, {"0": rule("email", "mask")})
case("legacy email", {"email": ["0"]}, {"0": rule("anything", "remove")})
case("legacy freeform", {"freeform": ["@creditcard:filter", "@email:mask"]})
case("legacy databag", {"databag": ["@password:remove"]})
case("common", {"$string": ["@common"]})
case("common filter", {"**": ["@common:filter"]})
case(
    "multi",
    {"$message": ["m"]},
    {"m": rule("multiple", "replace", rules=["@email", "@ip:hash"], hideInner=True)},
)
case("alias", {"$message": ["al"]}, {"al": rule("alias", rule="@ip:mask", hideInner=False)})
case("redactpair", {"**": ["kp"]}, {"kp": rule("redact_pair", "replace", keyPattern="(?i)my_?secret|pin")})
case("redactpair anchored", {"extra.**": ["kp"]}, {"kp": rule("redact_pair", "remove", keyPattern="^card$")})
case("imei mask", {"**": ["@imei:mask"]})
case("uuid hash", {"extra.**": ["@uuid:hash"]})
case("strip", {"$http.headers.*": ["@anything:hash"]})

EVENTS = [
    {
        "message": "user=jane id=42 mailed jane@example.com from 10.1.2.3"
        " about ORD-204417 acct = zx81 id=bcdfg1 ABC-1234 token=deadbeef01 Müller müller Иванов carol",
        "logentry": {
            "formatted": "alice paid 4111 1111 1111 1111 CONFIDENTIAL: all of it pin 1234",
            "message": "alice paid %s",
            "params": ["jane@example.com", "10.1.2.3", "plain"],
        },
        "transaction": "/u/ceee0822-ed8f-4622-b2a3-789e73e75cd1",
        "server_name": "web-1.internal",
        "user": {
            "id": "77",
            "email": "jane@example.com",
            "username": "jane",
            "ip_address": "8.8.8.8",
            "geo": {"city": "Rome", "region": "IT"},
            "data": {"nick": "jd"},
        },
        "tags": {"order": "204417", "plan": "gold", "who": "jane"},
        "request": {
            "url": "https://jo:pw@example.com/u/ceee0822-ed8f-4622-b2a3-789e73e75cd1",
            "query_string": "mail=jane@example.com&x=1",
            "headers": {
                "User-Agent": "curl 8.8.8.8",
                "X-Forwarded-For": "8.8.4.4",
                "Authorization": "Bearer abcdefghijklmnop",
            },
            "cookies": {"sid": "abc", "theme": "dark"},
            "data": {"card": "4111111111111111", "note": "from 8.8.8.8", "list": ["4111111111111111"]},
            "env": {"REMOTE_ADDR": "9.9.9.9"},
        },
        "extra": {
            "my key!": "v1",
            "it's": "v2",
            "names": ["anna", "berta"],
            "n": 204417,
            "a": {"b": "x1", "secret": "s1"},
            "deep": {"er": {"secret": "s2"}},
            "secret": "s0",
            "iban": "DE89370400440532013000",
            "my_secret": "q",
            "pin": 1234,
            "card": "visa",
            "mail": "jane@example.com",
            "u": "ceee0822-ed8f-4622-b2a3-789e73e75cd1",
            "ssn": "078-05-1120",
        },
        "contexts": {
            "device": {"name": "Jane's phone", "model": "x"},
            "own": {"imei": "35-209900-176148-1", "mac": "4a:00:04:10:9b:50", "mail": "jane@example.com"},
        },
        "exception": {
            "values": [
                {
                    "type": "E",
                    "value": "card 4111-1111-1111-1111 my password is set",
                    "stacktrace": {
                        "frames": [
                            {
                                "function": "f",
                                "filename": "a.py",
                                "abs_path": "/home/jane/a.py",
                                "context_line": "password = 'x'",
                                "vars": {"card": "visa", "key": PEM, "o": {"card": "deep"}},
                            }
                        ]
                    },
                }
            ]
        },
        "breadcrumbs": {
            "values": [
                {
                    "message": "jane@example.com in",
                    "data": {"url": "https://jo:hunter2@example.com/x", "to": "jane@example.com"},
                }
            ]
        },
        "spans": [{"description": "pay 4111111111111111", "data": {"net": "8.8.8.8"}, "op": "x"}],
        "threads": {"values": [{"name": "main"}]},
        "sdk": {"name": "s", "version": "1", "client_ip": "7.7.7.7"},
    },
    {"message": "secret line one\nother\nsecret two", "extra": {"a": {"b": {"c": 5}}}},
    {"message": "<ssn>1\n2</ssn> bob " + "QUJD" * 15 + "== token=abc pin 9999"},
]


@pytest.mark.parametrize("name", CONFIGS)
def test_what_sentry_hides_is_hidden(name, tmp_path):
    assert valid(CONFIGS[name])
    document = {"relayPiiConfig": orjson.dumps(CONFIGS[name]).decode(), "dataScrubber": False}
    done = import_sentry_rules(document, "imported.toml")
    checked(done, tmp_path, CONFIGS[name], {}, [normalised(one) for one in EVENTS])
