"""Plain text in UTF-8, such as statsd lines."""

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.document.changes import Changes
from scrubrelay.core.redaction.document.documents import Documents


def scrub(documents: Documents, data: bytes) -> tuple[bytes, Changes]:
    """Return the scrubbed text (the same object if it stays as it is) and what was changed.

    Raises:
        Unscrubbable: It is no UTF-8.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Unscrubbable(Reason.UNDECODABLE, "expected text in UTF-8") from error
    scrubbed, changes = documents.text(text)
    return (scrubbed.encode(), changes) if changes else (data, [])
