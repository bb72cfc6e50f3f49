"""The shipped patterns, compiled once, with the engine and without it."""

from pathlib import Path

import pytest

from scrubrelay.core.redaction.detectors.library import Library, select
from scrubrelay.core.redaction.detectors.pattern import Pack, parse_pack
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from tests.helpers.compiled import library_of_packs

PACKS = Path(__file__).parents[3] / "patterns"


@pytest.fixture(scope="session")
def packs() -> tuple[Pack, ...]:
    return tuple(parse_pack(path.read_text(), path.name) for path in sorted(PACKS.glob("*.toml")))


@pytest.fixture(scope="session")
def library(packs) -> Library:
    return library_of_packs(select(packs, ["default"]))


@pytest.fixture(scope="session")
def engineless(packs) -> Library:
    return Library.compile(select(packs, ["default"]), engine=False)


@pytest.fixture(scope="session")
def redactor(library) -> Redactor:
    return Redactor(library, Policy(budget=5))


SMALL = r"""
title = "small"
categories = ["pii"]
[[pattern]]
id = "small.mail"
label = "[email]"
why = "An address is a person."
keywords = ["@"]
match = '(?<![\w.]) [\w.]+ @ [\w.]+ \. [a-z]{2,} '
example = [{text = "a@b.cd", becomes = "[email]"}, {text = "x a@b.cd", becomes = "x [email]"}]
counterexample = [{text = "a@b", why = "no domain"}, {text = "@b.cd", why = "nobody"}]
[[pattern]]
id = "small.number"
label = "[number]"
why = "A number in context is a person."
context = ["ssn", "social security"]
near = 24
match = '(?<!\d) \d{9} (?!\d)'
example = [
  {text = "ssn 123456789", becomes = "ssn [number]"},
  {key = "ssn", text = "123456789", becomes = "[number]"},
]
counterexample = [{text = "123456789", why = "says nothing"}, {text = "assn 123456789", why = "another word"}]
[[pattern]]
id = "small.address"
label = "[ip]"
why = "An address is a person."
not_at = ["modules.**", "release", "contexts.*.version"]
match = '(?<![\w.]) \d{1,3} (?: \. \d{1,3} ){3} (?![\w.])'
example = [{text = "1.2.3.4", becomes = "[ip]"}, {text = "at 1.2.3.4", becomes = "at [ip]"}]
counterexample = [{text = "1.2.3", why = "short"}, {key = "modules.x", text = "1.2.3.4", why = "a version"}]
[[pattern]]
id = "small.password"
label = "[password]"
why = "Opens accounts."
words = ["password", "api key"]
names = ["pin"]
safe = ["password length"]
example = [
  {key = "userPassword", text = "x", becomes = "[password]"},
  {key = "PIN", text = "x", becomes = "[password]"},
]
counterexample = [
  {key = "spin", text = "x", why = "another word"},
  {key = "password_length", text = "9", why = "a fact"},
]
"""


@pytest.fixture(scope="session")
def small_pack() -> Pack:
    return parse_pack(SMALL, "small.toml")


@pytest.fixture(scope="session")
def small(small_pack) -> Redactor:
    return Redactor(Library.compile([small_pack]), Policy(budget=5))
