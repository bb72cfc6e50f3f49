# ruff: noqa: ASYNC240 -- looking at a file takes no time that anybody waits for here

from pathlib import Path

import pytest

from scrubrelay.core.errors import ScrubrelayError
from scrubrelay.service.stores.registry import make_store


async def test_a_store_is_made_from_its_url(path: Path) -> None:
    store = make_store(f"sqlite:///{path}")
    await store.open()
    await store.close()
    assert path.exists()


def test_an_unknown_scheme_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ScrubrelayError, match="expected one of sqlite, not 'mysql'"):
        make_store("mysql://host/db")
