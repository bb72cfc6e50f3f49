"""What each action leaves: in texts, numbers, containers and keys, in `_meta`, and to issues and users."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.redaction.rules.rules import PathRule
from scrubrelay.core.redaction.rules.selectors import parse
from scrubrelay.core.redaction.text.marks import PLAIN_ACTIONS, token
from scrubrelay.core.wire.envelope import Item

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


USERS = ["longer@example.cd", "jo@example.cd", "j.doe@mail.example.org"]
ALIKE = ["anna@example.cd", "olga@example.cd", "igor@example.cd"]  # of one length


def failed(user: str) -> dict[str, Any]:
    """The event of one bug that this user met."""
    error = {"type": "MailError", "value": f"no mail to {user}, retry 3"}
    return {"user": {"id": user, "email": user}, "exception": {"values": [error]}}


def noted(user: str) -> dict[str, Any]:
    return {"user": {"id": user, "email": user}, "message": f"no mail to {user}, retry 3"}


def issues(redactor: Redactor, events: Iterable[dict[str, Any]]) -> set[tuple[str, ...]]:
    """Return what Sentry groups the scrubbed events by."""
    return {issue_keys(scrub(redactor, event)[0]).hashes for event in events}


@pytest.mark.parametrize("event", [failed, noted])
def test_a_bug_that_many_users_met_stays_one_issue(acting, event):
    """As it was before: Sentry sets addresses aside, and what stands there afterwards too."""
    action, redactor = acting
    # A mask keeps the length of what it hides; docs/rules.md says so.
    users = ALIKE if action in {"mask", "partial"} else USERS
    assert len(issues(redactor, map(event, users))) == 1


@pytest.mark.parametrize("event", [failed, noted])
def test_two_bugs_stay_two_issues(acting, event):
    _, redactor = acting
    other = orjson.loads(orjson.dumps(event(ALIKE[0])).replace(b"no mail to", b"twice to"))
    assert len(issues(redactor, [event(ALIKE[0]), other])) == 2


def test_a_new_key_splits_no_issue(small_pack):
    """Its id stands within the digits that grouping sets aside."""
    library = Library.compile([small_pack])
    policies = (Policy(action="hash", hash_key=key, budget=5) for key in (b"new", b"old"))
    assert len({key for one in policies for key in issues(Redactor(library, one), [noted(MAIL)])}) == 1


ACTS = {"hash": 3, "replace": 1, "mask": 3, "partial": 3, "remove": 0}
"""How many of three users are told apart afterwards: their masks are of three lengths, and 0 is no user."""


@pytest.mark.parametrize("where", ["$user.id", "$user.email", "did"])
def test_of_three_users_as_many_are_told_apart_as_the_action_says(acting, small_pack, where):
    """A rule for the place: what stands there is hidden whole, an id as well as an address."""
    action, _ = acting
    rule = PathRule(parse(where), whole=True, action=action)
    redactor = Redactor(Library.compile([small_pack]), Policy(hash_key=KEY, rules=(rule,), budget=5))
    left = {value for user in USERS * 2 if (value := there(redactor, where, user))}
    assert len(left) == ACTS[action]


def there(redactor: Redactor, where: str, user: str) -> str | None:
    """Return what becomes of a user in an event, or in a session."""
    name = where.removeprefix("$user.")
    whole = {"did": user, "sid": "1"} if name == "did" else {"user": {name: user, "plan": "gold"}}
    item = Item({"type": "session" if name == "did" else "event"}, orjson.dumps(whole))
    left = orjson.loads(redactor.item(item).item.payload)
    return left.get("user", left).get(name)


@pytest.mark.parametrize(("action", "users"), [("hash", 3), ("replace", 1)])
def test_hashing_keeps_the_number_of_users(small_pack, action, users):
    """Sentry counts what stands in `user.email`; a label makes one user of all."""
    redactor = Redactor(Library.compile([small_pack]), Policy(action=action, hash_key=KEY, budget=5))
    events = [{"user": {"email": user}, "message": f"{n}"} for n, user in enumerate(USERS * 2)]
    assert len({scrub(redactor, event)[0]["user"]["email"] for event in events}) == users
