"""Pattern files of the user come, change and go while the relay runs; a wrong one changes nothing."""

import asyncio

import orjson
import pytest

from scrubrelay.service.process.reload import Configuration, Source
from scrubrelay.testing import ManualClock
from tests.service.test_reload import KEYS, project, until

RULE = """
[[pattern]]
id    = "shop.customer"
label = "[customer]"
match = '''\\b CUS- [0-9]{6} \\b'''
"""


@pytest.fixture
def folder(tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\npattern_files = ["rules"]\n' + project(1, "a"))
    return rules


@pytest.fixture
async def relay(folder):
    """A configuration whose files are watched, and the clock that moves the watch."""
    clock = ManualClock()
    configuration = Configuration(Source(folder.parent / "scrubrelay.toml", {}), clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(configuration.follow(clock))
        yield configuration, clock
        task.cancel()


def scrubbed(configuration: Configuration, text: str) -> str:
    redactor = configuration.projects.find(KEYS["a"], 1).redactor
    return orjson.loads(redactor.json_document(orjson.dumps({"message": text}))[0])["message"]


async def test_a_file_comes_changes_and_goes(relay, folder):
    configuration, clock = relay
    (folder / "shop.toml").write_text(RULE)
    await until(lambda: configuration.generation == 2, clock)
    assert scrubbed(configuration, "for CUS-204417") == "for [customer]"
    (folder / "shop.toml").write_text(RULE.replace("[customer]", "[buyer]"))
    await until(lambda: configuration.generation == 3, clock)
    assert scrubbed(configuration, "for CUS-204417") == "for [buyer]"
    (folder / "shop.toml").unlink()
    await until(lambda: configuration.generation == 4, clock)
    assert scrubbed(configuration, "for CUS-204417") == "for CUS-204417"


async def test_a_wrong_file_is_refused_whole_and_the_old_set_stays(relay, folder):
    configuration, clock = relay
    (folder / "shop.toml").write_text(RULE)
    await until(lambda: configuration.generation == 2, clock)
    loaded_at = configuration.loaded_at
    (folder / "more.toml").write_text(RULE.replace("shop.customer", "more.one") + "[[pattern]]\nid = 'x'\n")
    (folder / "shop.toml").write_text(RULE.replace("[0-9]{6}", "([0-9]{6}"))
    await until(lambda: configuration.problems, clock)
    assert any(
        "shop.toml: pattern shop.customer: match: line 1, column" in one for one in configuration.problems
    )
    assert any("more.toml: pattern x: label" in one for one in configuration.problems)
    assert scrubbed(configuration, "for CUS-204417") == "for [customer]"
    assert (configuration.generation, configuration.loaded_at) == (2, loaded_at)
    assert configuration.reloads["refused"] >= 1


async def test_a_mistake_is_mended_in_a_file_that_only_the_refused_configuration_names(relay, folder):
    configuration, clock = relay
    other = folder.parent / "other.toml"
    other.write_text("[[pattern]]\n")
    text = '[redaction]\npattern_files = ["other.toml"]\n'
    (folder.parent / "scrubrelay.toml").write_text(text + project(1, "a"))
    await until(lambda: configuration.problems, clock)
    other.write_text(RULE)
    await until(lambda: configuration.generation == 2, clock)
    assert scrubbed(configuration, "for CUS-204417") == "for [customer]"


async def test_a_changed_list_of_names_is_noticed(relay, folder):
    configuration, clock = relay
    (folder / "names.txt").write_text("Acme Forge\n")
    (folder / "shop.toml").write_text('[[pattern]]\nid = "shop.name"\nlabel = "[name]"\nlist = "names.txt"\n')
    await until(lambda: configuration.generation == 2, clock)
    (folder / "names.txt").write_text("Acme Forge\nBolt & Sons\n")
    await until(lambda: configuration.generation == 3, clock)
    assert scrubbed(configuration, "acme forge sued bolt & sons") == "[name] sued [name]"
