"""The ready-made sets hold what their names promise."""

import pytest

from scrubrelay.core.redaction.detectors.library import select
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from tests.helpers.compiled import library_of_packs

PASSWORD = ("note", "DB_PASSWORD=hunter2")
PASSWORD_FIELD = ("userPassword", "hunter2")
TOKEN = ("note", "sent gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a")
PRIVATE_KEY = ("note", "-----BEGIN PRIVATE" + " KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ")
EMAIL = ("note", "sent to jane.doe@example.com")
EMAIL_FIELD = ("email", "jane at home")
ADDRESS = ("note", "client 203.0.113.9 gone")
CARD = ("note", "charged 4111 1111 1111 1111")
CARD_FIELD = ("cardNumber", "4111 xxxx")
ACCOUNT = ("note", "account number: 000123456789")
IBAN = ("note", "to DE89 3704 0044 0532 0130 00")
SSN = ("note", "ssn 536-90-4399")
BORN = ("note", "DOB: 1984-02-29")
NAME = ("firstName", "Eve")
DIAGNOSIS = ("diagnosis", "measles")

PROMISES = {
    "default": (
        {PASSWORD, PASSWORD_FIELD, TOKEN, PRIVATE_KEY, EMAIL, EMAIL_FIELD, ADDRESS, CARD, IBAN, SSN, BORN},
        {NAME, DIAGNOSIS},
    ),
    "strict": ({PASSWORD, TOKEN, EMAIL, CARD, NAME, DIAGNOSIS}, set()),
    "secrets-only": (
        {PASSWORD, PASSWORD_FIELD, TOKEN, PRIVATE_KEY},
        {EMAIL, EMAIL_FIELD, ADDRESS, CARD, CARD_FIELD, IBAN, SSN, BORN, NAME, DIAGNOSIS},
    ),
    "gdpr": (
        {PASSWORD, PASSWORD_FIELD, PRIVATE_KEY, EMAIL, EMAIL_FIELD, ADDRESS, CARD, IBAN, SSN, BORN, NAME},
        set(),
    ),
    "hipaa": (
        {PASSWORD, PASSWORD_FIELD, EMAIL, ADDRESS, ACCOUNT, SSN, BORN, NAME, DIAGNOSIS},
        set(),
    ),
    "pci": (
        {PASSWORD, PASSWORD_FIELD, PRIVATE_KEY, CARD, CARD_FIELD, ACCOUNT, IBAN},
        {EMAIL, EMAIL_FIELD, ADDRESS, BORN, NAME, DIAGNOSIS},
    ),
}


@pytest.mark.parametrize("name", PROMISES)
def test_a_ready_set_hides_what_its_name_promises_and_leaves_the_rest(packs, name):
    redactor = Redactor(library_of_packs(select(packs, [name])), Policy(budget=5))
    goes, stays = PROMISES[name]
    hidden = {(key, text) for key, text in goes | stays if redactor.json_document(_document(key, text))[1]}
    assert hidden == goes


def _document(key: str, text: str) -> bytes:
    escaped = text.replace("\n", "\\n")
    return f'{{"{key}": "{escaped}"}}'.encode()


NHS_NUMBER = "9434765870"


@pytest.mark.parametrize(
    ("names", "text", "becomes"),
    [
        (["ids_uk"], f"lookup of {NHS_NUMBER}", "lookup of [nhs number]"),
        (["ids_uk", "ids_ca", "ids_nl", "ids_pt"], f"lookup of {NHS_NUMBER}", f"lookup of {NHS_NUMBER}"),
        (["ids_uk", "ids_ca", "ids_nl", "ids_pt"], f"NHS {NHS_NUMBER}", "NHS [nhs number]"),
        (["ids_uk", "ids_ca", "ids_nl", "ids_pt"], "AA 12 34 56 B", "[national insurance]"),
    ],
)
def test_one_check_digit_counts_alone_only_among_few_countries(packs, names, text, becomes):
    """With many packs on, some country takes nearly any number for its own; a strong shape still counts."""
    redactor = Redactor(library_of_packs(select(packs, names)), Policy(budget=5))
    assert redactor.text(text)[0] == becomes
