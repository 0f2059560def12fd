"""The standard's tables are whole, and each of their codes is understood."""

from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts
from pydicom.uid import UID

from curation.standard.actions import CODES, resolve
from curation.standard.iod import _in_sequences, _modules, _top_level, type_of
from curation.standard.private import creator_is_known, private_action, private_is_safe
from curation.standard.table import (
    COLUMNS,
    OPTIONS,
    canonical,
    codes,
    edition,
    keywords,
    table,
    unlisted,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
TYPES = ("1", "1C", "2", "2C", "3", None)


def test_the_table_has_every_attribute_of_its_edition_once() -> None:
    assert len(table()) == 655
    assert len(keywords()) == 655
    assert edition() == "2026c"


def test_attributes_that_pydicom_knows_have_its_keyword_and_vr() -> None:
    known = {tag: row for tag, row in table().items() if dictionary_has_tag(tag)}
    assert len(known) > 620
    repeating = {0x50000000, 0x60003000, 0x60004000}
    for tag, row in known.items():
        if tag not in repeating and dictionary_keyword(tag):
            assert (row.keyword, row.vr) == (dictionary_keyword(tag), dictionary_VR(tag))


def test_every_code_means_one_action_whatever_the_type() -> None:
    every = {row.basic for row in table().values()}
    assert every == {"X", "D", "U", "Z", "X/D", "X/Z", "X/Z/D", "Z/D", "X/Z/U*"}
    for code in every | {row.basic for row in unlisted().values()}:
        for type_ in TYPES:
            assert resolve(code, type_) in CODES


def test_options_only_keep_or_clean_and_name_what_the_basic_profile_takes() -> None:
    for row in table().values():
        assert set(row.options.values()) <= {"K", "C"}, row
        assert row.basic not in ("K", "C"), row


def test_dates_are_kept_by_one_option_of_dates_and_cleaned_by_the_other() -> None:
    for row in table().values():
        full, modified = (
            row.options.get("retain_full_dates"),
            row.options.get("retain_modified_dates"),
        )
        assert (full, modified) in {("K", "C"), (None, None)}, row


def test_uids_are_replaced_and_nothing_else_is() -> None:
    for row in table().values():
        if "U" in row.basic:
            assert row.vr in ("UI", "SQ"), row
    kept = {row.keyword for row in table().values() if row.vr == "UI" and row.basic[0] != "U"}
    assert kept == {"AffectedSOPInstanceUID", "AnnotationGroupUID"}


def test_names_of_people_are_never_kept_by_an_option() -> None:
    people = [row for row in table().values() if row.vr == "PN"]
    assert len(people) > 20
    assert all(not row.options for row in people)


@pytest.mark.parametrize(
    ("code", "type_", "action"),
    [
        ("X/Z", "2", "Z"),
        ("X/Z", "3", "X"),
        ("X/Z", "1C", "D"),
        ("X/D", "1", "D"),
        ("X/D", "3", "X"),
        ("Z/D", "2", "Z"),
        ("Z/D", "1C", "D"),
        ("X/Z/D", "1", "D"),
        ("X/Z/D", "2", "Z"),
        ("X/Z/D", "2C", "Z"),
        ("X/Z/D", "3", "X"),
        ("X/Z/D", None, "D"),
        ("X/Z", None, "Z"),
        ("X/Z/U*", "1C", "U"),
        ("X/Z/U*", "2", "Z"),
        ("X/Z/U*", "3", "X"),
        ("X/Z/U*", None, "U"),
        ("X", "1", "D"),
        ("X", "2", "Z"),
        ("X", "1C", "X"),
        ("X", "2C", "X"),
        ("X", None, "X"),
        ("Z", "1", "D"),
        ("Z", "3", "Z"),
        ("U", "3", "U"),
        ("K", "1", "K"),
    ],
)
def test_a_choice_is_made_by_type(code: str, type_: str | None, action: str) -> None:
    assert resolve(code, type_) == action


@pytest.mark.parametrize(("code", "type_"), [("Q", "1"), ("", "1"), ("X/", "3"), ("X", "4")])
def test_a_code_or_type_that_the_standard_does_not_know_is_refused(code: str, type_: str) -> None:
    with pytest.raises(ValueError, match=r"PS3\.(15|5)"):
        resolve(code, type_)


def test_types_follow_the_object_and_the_sequence() -> None:
    assert type_of(CT, keywords()["StudyDate"]) == "2"
    assert type_of(CT, keywords()["SeriesDate"]) == "3"
    assert type_of(CT, keywords()["StudyInstanceUID"]) == "1"
    assert type_of(GSPS, keywords()["PresentationCreationDate"]) == "1"
    assert type_of(CT, keywords()["PresentationCreationDate"]) == "3"
    assert type_of("1.2.3", keywords()["StudyDate"]) is None
    referenced = 0x00081140
    assert type_of(CT, keywords()["ReferencedSOPInstanceUID"], referenced) == "1"
    assert type_of(CT, keywords()["PatientName"], referenced) is None


def test_types_are_of_the_storage_classes_and_attributes_that_exist() -> None:
    assert len(_modules()) == 180
    assert all(UID(uid).is_valid and uid.startswith("1.2.840.10008.") for uid in _modules())
    for types in (*_top_level().values(), *_in_sequences().values()):
        assert set(types.values()) <= set(TYPES)
        assert all(dictionary_has_tag(tag) for tag in types)


def test_a_repeating_group_is_one_row() -> None:
    assert canonical(0x60023000) == 0x60003000
    assert canonical(0x601E4000) == 0x60004000
    assert canonical(0x60020010) not in table()
    assert canonical(0x50042500) == 0x50000000
    assert canonical(0x60033000) == 0x60033000
    assert canonical(0x00100010) == 0x00100010


def test_methods_have_the_codes_of_the_standard() -> None:
    assert set(codes()) == {"basic", *OPTIONS}
    named = [concepts["DCM"][name] for name in cid_concepts[7050]["DCM"]]
    standard = {code: told[0] for concept in named for code, told in concept.items()}
    assert dict(codes().values()) == standard


def test_every_option_with_a_column_has_rows() -> None:
    for option in COLUMNS:
        assert any(option in row.options for row in table().values()), option


def test_what_we_judge_ourselves_is_outside_the_table_and_exists() -> None:
    for tag, row in unlisted().items():
        assert tag not in table()
        assert dictionary_keyword(tag) == row.keyword
        assert set(row.options) <= set(OPTIONS)


def test_a_private_attribute_is_safe_only_with_its_creator() -> None:
    assert private_is_safe(0x0019, 0x100C, "SIEMENS MR HEADER")
    assert not private_is_safe(0x0019, 0x100C, "GEMS_ACQU_01")
    assert not private_is_safe(0x0019, 0x100C, "")
    assert not private_is_safe(0x0021, 0x100C, "SIEMENS MR HEADER")
    assert not private_is_safe(0x0029, 0x1010, "SIEMENS CSA HEADER")


@pytest.mark.parametrize(
    "creator", ["SIEMENS MR HEADER ", "siemens mr header", "SIEMENS  MR HEADER\0"]
)
def test_a_creator_is_known_whatever_its_case_and_padding(creator: str) -> None:
    assert private_is_safe(0x0019, 0x0C, creator)
    assert creator_is_known(creator)


def test_a_name_in_the_place_of_a_creator_is_not_known() -> None:
    assert not creator_is_known("DOE^JANE")
    assert not creator_is_known("SIEMENS MR HEADER" + " " * 100)


def test_private_text_is_cleaned_and_private_uids_are_replaced() -> None:
    assert private_action(0x0019, 0x0C, "SIEMENS MR HEADER") == "K"
    assert private_action(0x0013, 0x26, "GEMS_GENIE_1") == "C"  # Study Comments
    assert private_action(0x2005, 0x52, "Philips MR Imaging DD 005") == "U"
    assert private_action(0x3F01, 0x01, "INTELERAD MEDICAL SYSTEMS") == "X"  # Institution Code
