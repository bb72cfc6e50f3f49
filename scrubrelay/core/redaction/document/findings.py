"""Each cut by itself: where it is, whose it is, and where it stands in the output."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scrubrelay.core.redaction.document.changes import Change


@dataclass(frozen=True, slots=True)
class Finding:
    """A cut; nothing here can hold the hidden text.

    Args:
        path: Keys and indices from the root of the payload, as they are called afterwards.
        in_key: Whether the last key of the path was cut, not the value under it.
        pattern: The pattern's id.
        action: What was done.
        rule: The number of the `[[redaction.rule]]` that asked for it; 0 if none did.
        span: From where to where the replacement stands, in characters (code points) of the string in the
            output; None where a key was deleted with its value.
        checksum: The validator that confirmed it; None if it has none.
        count: How often the pattern was cut at this path.
    """

    path: tuple[str, ...]
    in_key: bool
    pattern: str
    action: str
    rule: int
    span: tuple[int, int] | None
    checksum: str | None
    count: int


def findings(changes: Iterable[Change]) -> Iterator[Finding]:
    """Yield every cut, in the order of the document."""
    changes = list(changes)
    counts = Counter((change.path, cut.pattern.id) for change in changes for cut in change.cuts)
    for change in changes:
        for cut in change.cuts:
            yield Finding(
                change.path,
                change.is_key,
                cut.pattern.id,
                cut.action,
                cut.rule,
                None if change.text is None else (cut.start, cut.end),
                cut.pattern.validator or None,
                counts[change.path, cut.pattern.id],
            )
