"""Labelled strings in a folder of JSON lines, and the class each of them belongs to."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import orjson

from scrubrelay.core.redaction.detectors.pattern import Pack
from scrubrelay.core.redaction.validators.checksums import card, iban

FILES = ("presidio", "detect_secrets", "gitleaks")
"""Files of values that must and must not be found; the others have a reader of their own."""

_PLATES = (
    "DE_KFZ DE_PLZ DE_HANDELSREGISTER IN_VEHICLE_REGISTRATION NG_VEHICLE_REGISTRATION TR_LICENSE_PLATE "
    "UK_POSTCODE UK_VEHICLE_REGISTRATION CA_POSTAL_CODE"
)
# What an entity of a corpus is measured as; whoever is not here is decided by its file.
CLASSES = {
    "EMAIL_ADDRESS": "email",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "us_ssn",
    "IP_ADDRESS": "ip",
    "Public IP (ipv4)": "ip",
    "MAC_ADDRESS": "mac",
    "CRYPTO": "crypto wallet",
    "PHONE_NUMBER": "phone",
    "PH_MOBILE_NUMBER": "phone",
    "TR_PHONE_NUMBER": "phone",
    "URL": "url",
    "DATE_TIME": "date_time",
    "ABA_ROUTING_NUMBER": "US ids",
    "MEDICAL_LICENSE": "US ids",
    **dict.fromkeys(_PLATES.split(), "plates, postcodes, registers"),
    "JSON Web Token": "jwt",
    "jwt": "jwt",
    "jwt-base64": "jwt",
    "Private Key": "private key",
    "private-key": "private key",
    "Basic Auth Credentials": "url credentials",
    "sidekiq-sensitive-url": "url credentials",
    "Secret Keyword": "keyword secret",
    "generic-api-key": "keyword secret",
    "Base64 High Entropy String": "high entropy",
    "Hex High Entropy String": "high entropy",
}
OPT_IN = {"phone", "US ids", "national ids", "plates, postcodes, registers"}
"""Classes that a default install leaves to packs one switches on."""

# A corpus writes numbers whose check digits are wrong on purpose too; only the right ones are anybody's.
VALID = {"card": ("card (Luhn-valid)", card), "iban": ("iban (mod-97-valid)", iban)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled string.

    Args:
        kind: The class it counts for.
        entity: What the corpus calls it.
        expected: The spans that must go; none in a near miss, None where only yes or no is known.
        is_positive: Whether anything must be found.
        where: The path it stands under, if known.
        key: The name of its field, if it has one.
    """

    kind: str
    entity: str
    text: str
    expected: tuple[tuple[int, int], ...] | None
    is_positive: bool
    where: str = ""
    key: str = ""


def folder(given: str | None) -> Path | None:
    """Return the folder to measure: the one asked for, else the one beside the checkout, if it is there."""
    path = Path(given or os.environ.get("SCRUBRELAY_CORPORA", "../shared/corpora"))
    return path if path.is_dir() else None


def read(path: Path, name: str) -> Iterator[Sample]:
    """Yield the samples of one file; none if it is not there."""
    file = path / f"{name}.jsonl"
    for line in file.open("rb") if file.exists() else ():
        yield _sample(orjson.loads(line), name)


def examples(packs: Sequence[Pack]) -> Iterator[Sample]:
    """Yield the packs' own examples: what is measured where no corpus is at hand."""
    for pattern in chain.from_iterable(pack.patterns for pack in packs):
        kind = pattern.id.partition(".")[0]
        for one in pattern.examples:
            yield Sample(kind, pattern.id, one.text, None, True, one.key)
        for other in pattern.counterexamples:
            yield Sample(kind, pattern.id, other.text, (), False, other.key)


def country(entity: str) -> str:
    """Return the country of an entity such as `DE_TAX_ID`, `us` for those without."""
    head, _, tail = entity.partition("_")
    return head.lower() if tail and len(head) == 2 else "us"


def _sample(line: dict[str, object], name: str) -> Sample:
    entity, text = str(line["entity"]), str(line["text"])
    spans = line["expected"]
    expected = tuple((int(a), int(b)) for a, b in spans) if isinstance(spans, list) else None
    where = str(line.get("where") or "").replace("[]", "*")
    return Sample(
        _kind(entity, name), entity, text, expected, bool(line["is_pii"]), where, str(line.get("key") or "")
    )


def _kind(entity: str, name: str) -> str:
    if entity in CLASSES:
        return CLASSES[entity]
    if name == "presidio":
        return "US ids" if country(entity) == "us" else "national ids"
    return "provider token" if name in FILES else entity
