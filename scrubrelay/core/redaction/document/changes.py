"""What scrubbing did to a document: string by string, and in whole values that were seen before."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scrubrelay.core.redaction.text.spans import Cut

Path = tuple[str, ...]


class Change(NamedTuple):
    """What was done at one path.

    Args:
        path: Keys and indices from the root, as they are called afterwards.
        cuts: What was cut there, placed in `text`.
        text: The string that stands there now; None where a key was deleted.
        was: The length of the string that was there, in code points; 0 if it was none.
        was_bytes: Its length in UTF-8.
        is_key: The path's last key is what was changed, not the value under it.
    """

    path: Path
    cuts: tuple[Cut, ...]
    text: str | None
    was: int = 0
    was_bytes: int = 0
    is_key: bool = False


@dataclass(slots=True, eq=False)
class Known:
    """A dict or list as it was scrubbed before: seen again, it need not be walked.

    Args:
        keys: How many keys it has, in all.
        changes: What was done in it, by paths from it on; empty if it was clean.
        written: It, scrubbed, as JSON; empty if it was clean.
        remarks: What `_meta` says of it, as JSON, empty for nothing; None until that was asked for.
        merged: What `_meta` said of it already, as JSON, to that with our remarks.
        told: Whatever a reader of the changes wants to find again, by the path where the value stood.
        again: Whether it was seen again of late.
    """

    keys: int
    changes: "tuple[Change | Block, ...]" = ()
    written: bytes = b""
    remarks: bytes | None = None
    merged: dict[bytes, bytes] = field(default_factory=dict)
    told: dict[Path, Any] = field(default_factory=dict)
    again: bool = False


class Block(NamedTuple):
    """A known value and where it stands now."""

    path: Path
    known: Known


Changes = list[Change | Block]


def single(changes: "Changes | tuple[Change | Block, ...]", above: Path = ()) -> list[Change]:
    """Return changes one by one, those within known values too, with `above` before every path."""
    found: list[Change] = []
    for one in changes:
        path = (*above, *one.path)
        if isinstance(one, Block):
            found += single(one.known.changes, path)
        else:
            found.append(one._replace(path=path))
    return found
