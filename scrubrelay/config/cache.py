"""What took long to compile, kept in a folder between two starts; never needed, never trusted."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from inspect import getsource
from os import utime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from scrubrelay.core.redaction.engine import compiling, superset

_DIGEST_BYTES: Final = 16
_KEPT: Final = 64
"""A library has some fifteen, each of a megabyte; each change of a pattern makes another."""


def folder_of(data_dir: Path, environ: Mapping[str, str]) -> Path | None:
    """Return where to keep things: beside the store, or where there is none, in the user's own folder.

    Args:
        data_dir: The folder of the store.
        environ: Where `XDG_CACHE_HOME` or `HOME` may be.
    """
    if data_dir.is_dir():
        return data_dir
    home, caches = environ.get("HOME"), environ.get("XDG_CACHE_HOME")
    if not caches and not home:
        return None
    own = Path(caches) if caches else Path(home or "", ".cache")
    with suppress(OSError):
        (own / "scrubrelay").mkdir(mode=0o700, parents=True, exist_ok=True)
        return own / "scrubrelay"
    return None


@dataclass(frozen=True, slots=True)
class Cache:
    """Files by name, each with a hash of its content in front.

    Args:
        folder: Where they are; without one, or if it is not there, nothing is kept. All caches are equal:
            what is compiled does not depend on where it is kept.
    """

    folder: Path | None = field(compare=False)

    def read(self, name: str) -> bytes:
        """Return what was kept under a name; empty if it is not there or damaged."""
        if self.folder is None:
            return b""
        path = self.folder / f"{name}.cache"
        try:
            data = path.read_bytes()
        except OSError:
            return b""
        with suppress(OSError):
            utime(path)  # the files that go are those that nobody has read for long
        digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        return content if digest == _digest(content) else b""

    def write(self, name: str, content: bytes) -> None:
        """Keep something under a name; if that fails it is compiled again next time."""
        if self.folder is None or not self.folder.is_dir():
            return
        with suppress(OSError):
            # Several workers may write the same: each renames a whole file over the other's.
            with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(_digest(content) + content)
            Path(part.name).replace(self.folder / f"{name}.cache")
            self._prune()

    def _prune(self) -> None:
        files = sorted(self._files(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[_KEPT:]:
            path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return [] if self.folder is None else [*self.folder.glob("*.cache")]


NO_CACHE: Final = Cache(None)


@cache
def compiled_by() -> str:
    """Return what changes with the code that compiles: what another version of it has made is not read."""
    code = "".join(map(getsource, (compiling, superset)))
    return f"-{_digest(code.encode()).hex()[:8]}"


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()
