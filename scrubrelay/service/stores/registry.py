"""Which stores there are, by the scheme of their URL."""

from collections.abc import Callable, Mapping
from pathlib import Path

from scrubrelay.core.errors import ConfigError
from scrubrelay.service.stores.base import Store, StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore

STORES: Mapping[str, Callable[[str, StoreOptions], Store]] = {
    "sqlite": lambda place, options: SqliteStore(Path(place.removeprefix("/")), options),
}


def make_store(url: str, options: StoreOptions | None = None) -> Store:
    """Return the store at a URL, not opened yet.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`.
        options: How it behaves.

    Raises:
        ConfigError: No store has this scheme.
    """
    scheme, _, place = url.partition("://")
    if scheme not in STORES:
        raise ConfigError([f"store.url: expected one of {', '.join(STORES)}, not {scheme!r}"])
    return STORES[scheme](place, options or StoreOptions())
