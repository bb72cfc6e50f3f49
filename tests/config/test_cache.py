import os
from pathlib import Path

import pytest

from scrubrelay.config.cache import Cache, folder_of


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path)


def files(cache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir())


def test_what_was_written_is_read(cache):
    cache.write("a", b"content")
    assert cache.read("a") == b"content"
    assert files(cache) == ["a.cache"]


def test_nothing_is_read_where_nothing_was_written(cache):
    assert cache.read("a") == b""


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 100])
def test_a_damaged_file_is_as_good_as_none(cache, damage):
    cache.write("a", b"content")
    (cache.folder / "a.cache").write_bytes(damage)
    assert cache.read("a") == b""


@pytest.mark.parametrize("length", range(23))
def test_a_torn_file_is_as_good_as_none(cache, length):
    cache.write("a", b"content")
    path = cache.folder / "a.cache"
    path.write_bytes(path.read_bytes()[:length])
    assert cache.read("a") == b""


@pytest.mark.parametrize("folder", [None, Path("/nowhere"), Path("/dev/null")])
def test_a_folder_that_cannot_be_used_is_no_error(folder):
    cache = Cache(folder)
    cache.write("a", b"content")
    assert cache.read("a") == b""


def test_what_nobody_has_read_for_longest_goes(cache):
    for number in range(66):
        cache.write(f"f{number:02}", b"content")
        os.utime(cache.folder / f"f{number:02}.cache", (number, number))
    cache.read("f03")
    cache.write("last", b"content")
    assert files(cache) == ["f03.cache", *(f"f{number:02}.cache" for number in range(4, 66)), "last.cache"]


def test_without_a_folder_of_the_relay_it_is_the_users_own(tmp_path):
    data, home = tmp_path / "data", {"HOME": str(tmp_path)}
    assert folder_of(data, home) == tmp_path / ".cache/scrubrelay"
    assert folder_of(data, {**home, "XDG_CACHE_HOME": f"{tmp_path}/x"}) == tmp_path / "x/scrubrelay"
    data.mkdir()
    assert folder_of(data, home) == data


@pytest.mark.parametrize("environ", [{}, {"HOME": "/dev/null"}, {"XDG_CACHE_HOME": "/dev/null/x"}])
def test_a_user_without_a_folder_has_no_cache(tmp_path, environ):
    """Accounts of services: what is compiled is compiled again."""
    assert folder_of(tmp_path / "data", environ) is None
