"""What each action leaves: in texts, numbers, containers and keys, in `_meta`, and to issues and users."""

from typing import Any

import orjson
import pytest
import regex

from scrubrelay.core.redaction.library import Library
from scrubrelay.core.redaction.marks import PLAIN_ACTIONS, token
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor

KEY = b"0123456789abcdef"
ACTIONS = (*PLAIN_ACTIONS, "hash")
MAIL = "longer@example.cd"


@pytest.fixture(scope="module", params=ACTIONS)
def acting(request, small_pack) -> tuple[str, Redactor]:
    """An action, and a redactor that does nothing else."""
    policy = Policy(action=request.param, hash_key=KEY, budget=5)
    return request.param, Redactor(Library.compile([small_pack]), policy)


def scrub(redactor: Redactor, event: Any) -> tuple[Any, Any]:
    """Return what becomes of an event, and its remarks; a second scrubbing must change nothing."""
    once, _ = redactor.json_document(orjson.dumps(event))
    assert redactor.json_document(once) == (once, ())
    scrubbed = orjson.loads(once)
    return scrubbed, scrubbed.pop("_meta", {})


def tok(label: str, text: str) -> str:
    return f"[{label}:{token(KEY, text)}]"


TEXT = {
    "replace": "to [email] now",
    "mask": f"to {'*' * len(MAIL)} now",
    "partial": f"to {'*' * len(MAIL)} now",
    "hash": f"to {tok('email', MAIL)} now",
    "remove": "to  now",
}
KINDS = {"replace": "s", "mask": "m", "partial": "m", "hash": "p", "remove": "x"}


def test_a_text_is_cut_where_the_find_stands_and_meta_says_where_and_how(acting):
    action, redactor = acting
    event, meta = scrub(redactor, {"message": f"to {MAIL} now"})
    assert event == {"message": TEXT[action]}
    end = len(TEXT[action]) - len(" now")
    remark = {"rem": [["small.mail", KINDS[action], 3, end]], "len": 7 + len(MAIL)}
    assert meta == {"message": {"": remark}}


NUMBER = {
    "replace": "[password]",
    "mask": "******",
    "partial": "******",
    "hash": tok("password", "204417"),
    "remove": "",
}


def test_a_number_becomes_a_text(acting):
    """It had no length in characters, so that none is told."""
    action, redactor = acting
    event, meta = scrub(redactor, {"extra": {"password": 204417}})
    assert event == {"extra": {"password": NUMBER[action]}}
    remark = {"rem": [["small.password", KINDS[action], 0, len(NUMBER[action])]]}
    assert meta == {"extra": {"password": {"": remark}}}


def test_the_type_of_a_typed_attribute_follows_its_value(acting):
    action, redactor = acting
    event, _ = scrub(redactor, {"attributes": {"password": {"type": "integer", "value": 204417}}})
    assert event == {"attributes": {"password": {"type": "string", "value": NUMBER[action]}}}


def test_in_a_container_each_value_is_hidden_and_the_shape_stays(acting):
    """True, false and null say only whether something was set."""
    action, redactor = acting
    event, meta = scrub(redactor, {"extra": {"password": {"a": 204417, "b": [204417, True, None]}}})
    inner = NUMBER[action]
    assert event == {"extra": {"password": {"a": inner, "b": [inner, True, None]}}}
    remarks = meta["extra"]["password"]
    assert [one[""]["rem"][0][1] for one in (remarks["a"], remarks["b"]["0"])] == [KINDS[action]] * 2


def test_a_key_is_renamed(acting):
    """`_meta` has no place for remarks on a key."""
    action, redactor = acting
    event, meta = scrub(redactor, {"extra": {f"to {MAIL} now": 1}})
    assert (event, meta) == ({"extra": {TEXT[action]: 1}}, {})


def test_two_keys_that_become_one_are_numbered(acting):
    """No value is lost for its key."""
    _, redactor = acting
    event, _ = scrub(redactor, {"extra": {"a@b.cd": 1, "c@b.cd": 2}})
    assert sorted(event["extra"].values()) == [1, 2]


# Sentry's parameterisation of messages, as far as what redaction leaves can meet it (grouping, 2023 to 2026).
_PARAMETERS = regex.compile(
    r"""(?P<email>[\w.+-]+@[\w.-]+\.\w+) | (?P<uuid>\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)
      | (?P<sha1>\b[0-9a-f]{40}\b) | (?P<md5>\b[0-9a-f]{32}\b) | (?P<hex>\b0x[0-9a-f]+\b)
      | (?P<int>-?\b\d+\b) """,
    regex.VERBOSE | regex.IGNORECASE,
)


def parameterised(text: str) -> str:
    return _PARAMETERS.sub(lambda found: f"<{found.lastgroup}>", text)


USERS = ["longer@example.cd", "jo@example.cd", "j.doe@mail.example.org"]


@pytest.mark.parametrize("action", ["replace", "hash", "remove"])
def test_a_message_about_many_users_stays_one_issue(small_pack, action):
    """As it was before: Sentry sets addresses aside, and what stands there afterwards too."""
    redactor = Redactor(Library.compile([small_pack]), Policy(action=action, hash_key=KEY, budget=5))
    messages = {f"no mail to {user}, retry 3" for user in USERS}
    assert len(set(map(parameterised, messages))) == 1
    assert len({parameterised(redactor.text(one)[0]) for one in messages}) == 1


def test_a_new_key_splits_no_issue(small_pack):
    """Its id stands within the digits that grouping sets aside."""
    library = Library.compile([small_pack])
    left = {
        parameterised(Redactor(library, Policy(action="hash", hash_key=key)).text(f"no mail to {MAIL}")[0])
        for key in (b"new", b"old")
    }
    assert left == {"no mail to [email:<md5>]"}


@pytest.mark.parametrize(("action", "users"), [("hash", 3), ("replace", 1)])
def test_hashing_keeps_the_number_of_users(small_pack, action, users):
    """Sentry counts what stands in `user.email`; a label makes one user of all."""
    redactor = Redactor(Library.compile([small_pack]), Policy(action=action, hash_key=KEY, budget=5))
    events = [{"user": {"email": user}, "message": f"{n}"} for n, user in enumerate(USERS * 2)]
    assert len({scrub(redactor, event)[0]["user"]["email"] for event in events}) == users
