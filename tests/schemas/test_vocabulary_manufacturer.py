"""The many spellings of a maker are one name, and a maker of software is not a vendor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.vocabulary import manufacturer, table


@pytest.mark.parametrize(
    "raw",
    [
        "GE MEDICAL SYSTEMS",
        "GE Medical Systems",
        "GE_MEDICAL_SYSTEMS",
        "GE MEDICAL S]STEMS",
        "GE HEALTHCARE",
        '"GE Healthcare"',
        "GEMS",
        "GE",
        "GE MEDICAL SYSTEMS, NUCLEAR",
        "GE MEDICAL SYSTEMS / MIM Software",
        "GE MEDICAL SYSTEMS / MIMvista",
    ],
)
def test_every_spelling_of_ge_is_one_vendor(raw: str) -> None:
    assert manufacturer.normalise(raw) == ("GE HealthCare", "vendor")


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        ("SIEMENS NM", "Siemens Healthineers", "vendor"),
        ("Siemens HealthCare GmbH", "Siemens Healthineers", "vendor"),
        ("TOSHIBA_MEC", "Toshiba Medical Systems", "vendor"),
        ("NMS", "Neusoft Medical Systems", "vendor"),
        ("QIICR", "QIICR", "software"),
        ("MIM Software Inc.", "MIM Software", "software"),
        ("https://github.com/mirabelarusu/RadPathFusionLung", "RadPathFusionLung", "software"),
        ("Stanford University", "Stanford University", "institution"),
    ],
)
def test_a_spelling_has_a_name_and_a_kind(raw: str, name: str, kind: str) -> None:
    assert manufacturer.normalise(raw) == (name, kind)
    assert not manufacturer.is_placeholder(raw)


@pytest.mark.parametrize("raw", ["0000000", "NA", "n/a", "Unknown manufacturer"])
def test_a_placeholder_names_nobody(raw: str) -> None:
    assert manufacturer.normalise(raw) is None
    assert manufacturer.is_placeholder(raw)


@pytest.mark.parametrize("raw", [None, "", "Acme Imaging", "Acme / MIM Software", "GE / Siemens"])
def test_a_maker_never_seen_is_unknown_but_no_placeholder(raw: str | None) -> None:
    assert manufacturer.normalise(raw) is None
    assert not manufacturer.is_placeholder(raw)


def test_a_name_is_of_one_kind_and_reads_back_as_itself() -> None:
    for row in table.read("manufacturers"):
        if row["name"]:
            assert manufacturer.normalise(row["spelling"]) == (row["name"], row["kind"]), row
            assert row["kind"] in {"vendor", "software", "institution"}
    kinds = {(row["name"], row["kind"]) for row in table.read("manufacturers") if row["name"]}
    assert len(kinds) == len({name for name, _ in kinds})


makers = [row["spelling"] for row in table.read("manufacturers")]


@given(st.sampled_from(makers), st.sampled_from([str.upper, str.lower, str.title]))
def test_case_and_quotes_do_not_matter(spelling: str, change: Callable[[str], str]) -> None:
    assert manufacturer.normalise(f'"{change(spelling)}" ') == manufacturer.normalise(spelling)
