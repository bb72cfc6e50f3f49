"""The validators of numbers: tables of what passes and what does not, and the promise that none raises."""

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrubrelay.core.redaction.validators import checksums, national, networks, phones, wallets
from scrubrelay.core.redaction.validators.checksums import CHECKSUMS

MODULES = (checksums, national, networks, phones, wallets)
NUMBERISH = st.text("0123456789ABCDEFXYZabcdef .:/+-()%@٣²", max_size=42)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_what_the_docstrings_claim_is_true(module):
    failed, tried = doctest.testmod(module)

    assert tried
    assert not failed


@pytest.mark.parametrize("name", sorted(CHECKSUMS))
@settings(max_examples=40)
@given(cut=NUMBERISH | st.text(max_size=20))
def test_no_text_makes_a_validator_raise(name, cut):
    assert CHECKSUMS[name](cut) in {True, False}


@pytest.mark.parametrize(
    "number",
    [
        "4012888888881881",
        "5555555555554444",
        "2223000048400011",
        "378282246310005",
        "30569309025904",
        "6011000400000000",
        "3528000700000000",
        "6200000000000005",
        "2200770212727079",
        "6304000000000000",
        "5066991111111118",
    ],
)
def test_a_card_of_every_network_is_known(number):
    assert CHECKSUMS["card"](number)


@pytest.mark.parametrize("microseconds", range(1_748_503_543_012_480, 1_748_503_543_012_900, 7))
def test_a_time_in_microseconds_is_no_card(microseconds):
    assert not CHECKSUMS["card"](str(microseconds))


@pytest.mark.parametrize(
    ("cut", "is_address"),
    [
        ("203.0.113.9", True),
        ("1.1.1.1", True),
        ("198.51.100.0/24", True),
        ("198.51.100.7:443", True),
        ("21.0.1.12", False),
        ("8.0.100.2", False),
        ("1.2.3.4", False),
        ("127.0.0.1", False),
        ("256.1.1.1", False),
        ("01.2.3.4", False),
    ],
)
def test_a_public_address_is_told_from_a_version(cut, is_address):
    assert CHECKSUMS["ipv4"](cut) is is_address


@pytest.mark.parametrize(
    ("cut", "is_address"),
    [
        ("2001:db8:0:0:0:0:192.168.1.1", True),
        ("::ffff:0000:10.0.0.1", True),
        ("2001:db8::%eth0/128", True),
        ("684D:1111:222:3333:4444:5555:6:77", True),
        ("::ffff:256.0.0.1", False),
        ("aa:bb:cc:dd:ee:ff", False),
        ("12:34:56", False),
        ("dead::beef", False),
    ],
)
def test_an_ipv6_address_is_whole_or_nothing(cut, is_address):
    assert CHECKSUMS["ipv6"](cut) is is_address


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("uk_nhs", "943-476-5870"),
        ("fr_nir", "2 95 10 99 126 111 93"),
        ("it_cf", "RCCMNL83S18D969H"),
        ("es_nie", "x-2482300w"),
        ("pl_pesel", "44051401359"),
        ("in_aadhaar", "2341 2341 2346"),
        ("br_cpf", "390.533.447-05"),
        ("cn_ric", "360426199101010071"),
        ("tr_tckn", "10000000146"),
        ("eu_vat", "ATU13585627"),
    ],
)
def test_one_wrong_digit_makes_a_number_nobodys(name, cut):
    at = max(i for i, c in enumerate(cut) if c.isdigit())
    wrong = cut[:at] + str((int(cut[at]) + 1) % 10) + cut[at + 1 :]

    assert CHECKSUMS[name](cut)
    assert not CHECKSUMS[name](wrong)
