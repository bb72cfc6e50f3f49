"""A reload takes everything or nothing."""

import asyncio
from pathlib import Path

import pytest

from scrubrelay.core.errors import ConfigError, Forbidden
from scrubrelay.service.process.reload import Configuration, Source
from scrubrelay.testing import ManualClock

KEYS = {name: name * 32 for name in "abc"}


def project(number: int, name: str) -> str:
    return f'[[project]]\nid = {number}\nkey = "{KEYS[name]}"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scrubrelay.toml"
    path.write_text(project(1, "a"))
    return path


@pytest.fixture
def configuration(file: Path) -> Configuration:
    return Configuration(Source(file, {}))


async def test_a_reload_swaps_the_projects(configuration, file):
    before = configuration.projects
    file.write_text(project(1, "b"))
    assert await configuration.reload("test")
    assert configuration.projects.find(KEYS["b"], 1).id == 1
    assert before.find(KEYS["a"], 1).id == 1  # what is in flight keeps what it began with


@pytest.mark.parametrize(
    "text",
    [
        "[[project",
        '[[project]]\nid = "x"\n',
        project(1, "b") + "[nonsense]\n",
        '[redaction]\npacks = ["nope"]',
    ],
)
async def test_a_mistake_keeps_the_old_whole(configuration, file, text):
    before = configuration.projects
    file.write_text(text)
    assert not await configuration.reload("test")
    assert (configuration.projects is before, configuration.generation) == (True, 1)
    assert configuration.problems


async def test_all_mistakes_are_logged(configuration, file, caplog):
    file.write_text("[server]\nlisten = 1\n[limits]\nmax_items = 0\n")
    await configuration.reload("test")
    assert "listen" in caplog.text
    assert "max_items" in caplog.text


async def test_a_good_reload_ends_the_problems(configuration, file):
    file.write_text("[[project")
    await configuration.reload("test")
    file.write_text(project(1, "b"))
    await configuration.reload("test")
    assert (configuration.problems, configuration.generation) == ((), 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[server]\nlisten = "127.0.0.1:4000"\n', True),
        ("[server]\nworkers = 2\n", True),
        ("[limits]\nmax_items = 9\n", False),
    ],
)
async def test_what_needs_a_restart_is_said(configuration, file, caplog, text, told):
    file.write_text(text + project(1, "a"))
    assert await configuration.reload("test")
    assert ("restart_needed" in caplog.text) == told


def test_a_start_with_mistakes_is_refused(file):
    file.write_text("[nonsense]")
    with pytest.raises(ConfigError):
        Configuration(Source(file, {}))


async def until(there, clock: ManualClock) -> None:
    """Let polls happen until something has come of them; the reading is done in a thread."""
    async with asyncio.timeout(60):
        while not there():
            await clock.advance(2.0)
            await asyncio.sleep(0.01)


@pytest.fixture
async def clock(configuration):
    """A clock that moves the watch over the files."""
    clock = ManualClock()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(configuration.follow(clock))
        yield clock
        task.cancel()


async def test_a_changed_file_is_noticed(configuration, file, clock):
    file.write_text(project(1, "c"))
    await until(lambda: configuration.generation == 2, clock)
    with pytest.raises(Forbidden):
        configuration.projects.find(KEYS["a"], 1)


async def test_a_broken_file_is_noticed_once(configuration, file, clock, caplog):
    file.write_text("[[project")
    await until(lambda: configuration.problems, clock)
    for _ in range(5):
        await clock.advance(2.0)
        await asyncio.sleep(0.01)
    assert caplog.text.count("reload_failed") == 1


async def test_it_reloads_when_asked(configuration, clock):
    configuration.ask()
    await until(lambda: configuration.generation == 2, clock)


async def test_a_changed_secret_is_noticed(tmp_path):
    (tmp_path / "key").write_text(KEYS["a"])
    file = tmp_path / "scrubrelay.toml"
    file.write_text('[[project]]\nid = 1\nkey = "${file:key}"\n')
    configuration, clock = Configuration(Source(file, {})), ManualClock()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(configuration.follow(clock))
        (tmp_path / "key").write_text(KEYS["b"] + "\n")
        await until(lambda: configuration.generation == 2, clock)
        task.cancel()
    assert configuration.projects.find(KEYS["b"], 1).id == 1
