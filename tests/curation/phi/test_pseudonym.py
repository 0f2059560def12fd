"""What a de-identifier writes in the place of a name or an id."""

from __future__ import annotations

import pytest

from curation.phi import Style
from curation.phi.pseudonym import is_dummy, is_pseudonym


@pytest.mark.parametrize(
    "value",
    [
        "",
        "^^^^",
        "ANON",
        "ANON12345",
        "Anonymous",
        "ANONYMIZED^ANONYMIZED",
        "REMOVED",
        "DEIDENTIFIED",
        "XXXX",
        "xxx^xxx",
        "Unknown",
        "Subject 012",
        "sub-01",
        "LIDC-IDRI-0001",
        "TCGA-02-1234",
        "QIN-HEADNECK-01-0003",
        "P001",
        "FS-ABCDEFGHIJ",
        "FS-ABCDEF2345",
        "PATIENT^01",
        "CASE0001",
        "ISPY1_1001",
        "d41d8cd98f00b204e9800998ecf8427e",
        "550e8400-e29b-41d4-a716-446655440000",
        "1.3.6.1.4.1.14519.5.2.1.6279.6001.1",
        "1.3.6.1.4.1.9328.50.4.0001",
        "2.25.329800735698586629295641978511506172918",
        "EAY131-1008165",
        "281949768489412",
        "0012",
    ],
)
def test_dummies_codes_and_hashes_are_pseudonyms(value: str) -> None:
    assert is_pseudonym(value, Style.PERSON)
    assert is_pseudonym(value, Style.IDENTIFIER)


@pytest.mark.parametrize(
    "value",
    [
        "4456120",
        "0098123456",
        "MRN1234567",
        "MRN-5512087",
        "A1234567",
        "KR900370",
        "RAD-3167034",
        "pat_MRN89816605",
        "pat_867-57-3541",
        "20210317143000123",
        "775-0021-945",
        "PAPADAKIS1954",
        "SmithJ",
    ],
)
def test_ids_as_hospitals_write_them_are_none(value: str) -> None:
    assert not is_pseudonym(value, Style.IDENTIFIER)


@pytest.mark.parametrize(
    "value", ["Papadakis^Georgios", "SMITH JOHN", "Green", "Rose^Head", "李^雷"]
)
def test_names_are_none(value: str) -> None:
    assert not is_pseudonym(value, Style.PERSON)


def test_letters_that_nobody_bears_are_a_code_of_a_trial() -> None:
    assert is_pseudonym("PBBHCR", Style.PERSON)
    assert is_pseudonym("GTEX-OHPJ", Style.PERSON)


def test_a_code_is_no_dummy() -> None:
    assert is_dummy("ANONYMOUS")
    assert is_dummy("xxx^xxx")
    assert not is_dummy("LIDC-IDRI-0001")
    assert not is_dummy("12345")


def test_a_huge_value_is_no_pseudonym() -> None:
    assert not is_pseudonym("A" * 100_000, Style.IDENTIFIER)
