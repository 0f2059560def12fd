"""Each shipped profile decides every attribute, as PS3.15, Safe Harbor and its description say."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from pydicom.datadict import dictionary_VR

from curation.profiles import Profile, Residue, load, names
from curation.standard import table as tables
from curation.standard.actions import CODES
from curation.standard.iod import _top_level
from curation.standard.table import COLUMNS, OPTIONS, canonical, keywords, table, unlisted

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
PROFILES = ("basic", "gdpr", "hipaa", "research")
LETTERS = "ABCDEFGHIJKLMNOPQR"


def _code(profile: Profile, keyword: str) -> str | None:
    return profile.code(keywords()[keyword])


def _action(profile: Profile, keyword: str, sop_class: str = CT) -> str:
    row = table()[keywords()[keyword]]
    return profile.action(row.tag, row.vr, sop_class)


def test_the_profiles_are_there_and_every_option_can_be_loaded_alike() -> None:
    assert names() == list(PROFILES)
    for option in OPTIONS:
        assert load(option).options == {option}


@pytest.mark.parametrize("name", [*PROFILES, *OPTIONS])
def test_every_attribute_of_the_table_has_one_action(name: str) -> None:
    profile = load(name)
    assert profile.name == name
    for tag, row in {**table(), **unlisted()}.items():
        assert profile.code(tag) in CODES
        for sop_class in (CT, GSPS, "1.2.3"):
            assert profile.action(tag, row.vr, sop_class) in CODES
            assert profile.residual(tag, row.vr, sop_class) in Residue


@pytest.mark.parametrize("option", COLUMNS)
def test_an_option_changes_what_its_column_names_and_nothing_else(option: str) -> None:
    basic, profile = load("basic"), load(option)
    assert profile.options == {option}
    ours = {0x50000000, 0x00101010, 0x0072005F}  # curves cannot be cleaned, ages are limited
    for tag, row in table().items():
        told = row.options.get(option)
        if tag in ours or (told == "C" and row.vr == "OB"):
            continue
        assert profile.codes[tag] == (told or basic.codes[tag]), row.keyword


def test_the_basic_profile_is_the_table_with_pseudonyms() -> None:
    basic = load("basic")
    changed = {row.keyword for tag, row in table().items() if basic.codes[tag] != row.basic}
    assert changed == {"PatientName", "PatientID", "AnnotationGroupUID"}
    assert basic.options == frozenset()
    assert basic.deviations == ()


@pytest.mark.parametrize(
    ("keyword", "research", "basic", "hipaa"),
    [
        ("PatientName", "D", "D", "D"),
        ("PatientID", "D", "D", "D"),
        ("PatientBirthDate", "Z", "Z", "Z"),
        ("PatientSex", "K", "Z", "K"),
        ("PatientAge", "C", "X", "C"),
        ("PatientWeight", "K", "X", "K"),
        ("EthnicGroup", "K", "X", "K"),
        ("Allergies", "C", "X", "C"),
        ("StudyDate", "C", "Z", "C"),
        ("StudyTime", "C", "Z", "Z"),
        ("AcquisitionTime", "C", "X", "X"),
        ("SeriesDescription", "C", "X", "C"),
        ("InstitutionName", "X", "X", "X"),
        ("StationName", "X", "X", "X"),
        ("DeviceSerialNumber", "X", "X", "X"),
        ("LensModel", "K", "X", "X"),
        ("DateOfLastCalibration", "C", "X", "C"),
        ("StudyInstanceUID", "U", "U", "U"),
        ("ReferencedImageSequence", "U", "X", "U"),
        ("ContentSequence", "C", "D", "C"),
        ("GraphicAnnotationSequence", "C", "D", "C"),
        ("OverlayData", "C", "X", "C"),
        ("CurveData", "X", "X", "X"),
        ("TimezoneOffsetFromUTC", "X", "X", "X"),
        ("MakerNote", "X", "X", "X"),
        ("OperatorsName", "X", "X", "X"),
    ],
)
def test_what_becomes_of_an_attribute_of_a_ct_image(
    keyword: str, research: str, basic: str, hipaa: str
) -> None:
    assert _action(load("research"), keyword) == research
    assert _action(load("basic"), keyword) == basic
    assert _action(load("hipaa"), keyword) == hipaa


def test_an_object_that_must_have_an_attribute_gets_a_dummy() -> None:
    basic = load("basic")
    assert _action(basic, "PresentationCreationDate", CT) == "X"
    assert _action(basic, "PresentationCreationDate", GSPS) == "D"
    assert _action(basic, "DeviceSerialNumber", CT) == "X"
    assert _action(basic, "DeviceSerialNumber", ENHANCED_CT) == "D"
    assert _action(basic, "DeviceSerialNumber", "1.2.3") == "D"


@pytest.mark.parametrize("name", PROFILES)
def test_no_object_loses_what_it_must_have(name: str) -> None:
    profile = load(name)
    for sop_class, types in _top_level().items():
        for tag, type_ in types.items():
            vr = dictionary_VR(tag)
            action = profile.action(tag, vr, sop_class)
            assert action not in {"1": "XZ", "2": "X"}.get(type_, ""), (sop_class, f"{tag:08X}")


def test_in_a_sequence_the_type_is_that_of_the_sequence() -> None:
    basic = load("basic")
    name, personnel = keywords()["InstitutionName"], keywords()["OperatorIdentificationSequence"]
    inside = basic.action(name, "LO", CT, personnel)
    assert basic.action(name, "LO", CT) == "X"
    assert inside == "D"


@pytest.mark.parametrize(
    ("tag", "covered"),
    [(0x60023000, True), (0x60FE4000, True), (0x50100010, True), (0x60020010, False)],
)
def test_groups_that_repeat_are_decided_as_their_first(tag: int, covered: bool) -> None:
    assert (load("basic").code(tag) == "X") is covered
    assert (canonical(tag) in table()) is covered


@pytest.mark.parametrize(
    ("vr", "research", "gdpr", "uids"),
    [
        ("PN", "X", "X", "X"),
        ("AE", "X", "X", "X"),
        ("UR", "X", "X", "X"),
        ("UN", "X", "X", "X"),
        ("LO", "C", "C", "C"),
        ("SH", "C", "C", "C"),
        ("LT", "C", "D", "C"),
        ("UT", "C", "D", "C"),
        ("DA", "C", "X", "X"),
        ("DT", "C", "X", "X"),
        ("TM", "C", "X", "X"),
        ("AS", "C", "X", "X"),
        ("UI", "U", "U", "K"),
        ("CS", "K", "K", "K"),
        ("DS", "K", "K", "K"),
        ("SQ", "K", "K", "K"),
        ("OW", "K", "K", "K"),
    ],
)
def test_attributes_outside_the_table_go_by_their_vr(
    vr: str, research: str, gdpr: str, uids: str
) -> None:
    assert load("research").unlisted(vr) == research
    assert load("gdpr").unlisted(vr) == gdpr
    assert load("retain_uids").unlisted(vr) == uids
    assert load("research").action(0x00091234, vr, CT) == research


def test_the_rule_for_a_vr_gives_way_where_an_attribute_is_known_to_identify() -> None:
    research = load("research")
    assert research.action(0x00100033, "LO", CT) == "X"  # birth date in another calendar
    assert research.action(0x00400032, "UT", CT, 0x00080051) == "X"
    assert research.action(0x00181003, "LO", CT) == "X"
    assert load("retain_device_identity").action(0x00181003, "LO", CT) == "K"


def test_private_attributes_stay_only_if_safe_and_move_with_the_dates() -> None:
    research, basic, hipaa = load("research"), load("basic"), load("hipaa")
    mr = (0x0019, 0x0C, "SIEMENS MR HEADER")
    assert research.private_action(*mr, "IS") == "K"
    assert basic.private_action(*mr, "IS") == "X"
    assert hipaa.private_action(*mr, "IS") == "X"
    assert research.private_action(0x0009, 0x39, "GEMS_PETD_01", "DT") == "C"
    assert research.private_action(0x2005, 0x52, "Philips MR Imaging DD 005", "UI") == "U"
    assert research.private_action(*mr, "LO") == "C"  # not the VR that it should have
    assert research.private_action(*mr, "UI") == "U"
    assert research.private_action(0x0019, 0x0C, "DOE^JANE", "IS") == "X"


@pytest.mark.parametrize(
    ("keyword", "research", "basic"),
    [
        ("PatientID", Residue.PSEUDONYM, Residue.PSEUDONYM),
        ("PatientBirthDate", Residue.EMPTY, Residue.EMPTY),
        ("StudyDate", Residue.DATE, Residue.EMPTY),
        ("StudyDescription", Residue.CLEAN_TEXT, Residue.NOTHING),
        ("PatientAge", Residue.AGE, Residue.NOTHING),
        ("PatientSex", Residue.ANYTHING, Residue.EMPTY),
        ("SOPInstanceUID", Residue.UID, Residue.UID),
        ("ClinicalTrialSubjectID", Residue.DUMMY, Residue.DUMMY),
        ("InstitutionName", Residue.NOTHING, Residue.NOTHING),
    ],
)
def test_what_a_checker_may_still_find(keyword: str, research: Residue, basic: Residue) -> None:
    row = table()[keywords()[keyword]]
    sop_class = "1.2.840.10008.5.1.4.1.1.7" if "Clinical" in keyword else CT
    assert load("research").residual(row.tag, row.vr, sop_class) is research
    assert load("basic").residual(row.tag, row.vr, sop_class) is basic


def test_safe_harbor_names_all_eighteen_identifiers_and_keeps_none() -> None:
    hipaa = load("hipaa")
    assert [identifier.item for identifier in hipaa.identifiers] == list(LETTERS)
    for identifier in hipaa.identifiers:
        assert identifier.attributes
        for keyword in identifier.attributes:
            kept = keyword in ("StudyDate", "SeriesDate", "AcquisitionDateTime", "PatientAge")
            kept |= keyword in ("PatientComments", "AdmittingDate", "DischargeDate")
            assert (_code(hipaa, keyword) == "C") is kept, keyword
            assert _code(hipaa, keyword) != "K", keyword
    assert (hipaa.dates, hipaa.ages) == ("year", "limit")
    assert hipaa.clean_pixels and hipaa.clean_faces
    assert hipaa.deviations == ()


def test_the_strict_profile_keeps_no_date_no_age_and_no_way_back() -> None:
    gdpr = load("gdpr")
    assert (gdpr.dates, gdpr.ages, gdpr.text, gdpr.private) == ("remove",) * 4
    assert gdpr.reidentification == "never"
    assert gdpr.clean_pixels and gdpr.clean_faces and not gdpr.keep_uids
    assert "K" not in gdpr.codes.values()


def test_the_default_is_open_about_what_it_keeps_beyond_the_standard() -> None:
    research = load("research")
    assert {"LensModel", "ReferencedStudySequence"} <= set(research.deviations)
    assert "ReferencedImageSequence" not in research.deviations  # U* is the standard's own
    assert "PatientName" not in research.deviations
    told = " ".join(research.method_text())
    assert all(keyword in told for keyword in research.deviations)


@pytest.mark.parametrize("name", [*PROFILES, *OPTIONS])
def test_a_file_can_hold_what_is_said_of_the_method(name: str) -> None:
    profile = load(name)
    for value in profile.method_text():
        assert 0 < len(value) <= 64 and "\\" not in value and value.isascii()
    assert profile.method_codes()[0] == ("113100", "Basic Application Confidentiality Profile")
    assert len(profile.method_codes()) == 1 + len(profile.options)


def test_methods_are_those_of_the_options() -> None:
    said = {code for code, _ in load("research").method_codes()}
    assert said == {
        "113100", "113111", "113108", "113107", "113105", "113104", "113103", "113101"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("research", "MODIFIED"),
        ("hipaa", "MODIFIED"),
        ("basic", "REMOVED"),
        ("retain_full_dates", "UNMODIFIED"),
    ],
)
def test_a_file_says_what_became_of_its_dates(name: str, moved: str) -> None:
    assert load(name).declares() == {
        "PatientIdentityRemoved": "YES",
        "LongitudinalTemporalInformationModified": moved,
    }


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_tells_people_what_it_does(name: str) -> None:
    told = dict(load(name).describe())
    assert {"Profile", "What it is for", "Dates", "Ages", "Digest (SHA-256)"} <= set(told)
    assert all(sentence for sentence in told.values())
    assert "What remains" in told["What it is for"]
    rows = list(load(name).attributes())
    assert len(rows) == len(table()) + len(unlisted())


def test_the_digest_is_the_same_in_another_process() -> None:
    script = "from curation.profiles import load; print(load('research').digest)"
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == load("research").digest


def test_every_profile_has_a_digest_of_its_own() -> None:
    every = [*PROFILES, *OPTIONS]
    assert len({load(name).digest for name in every}) == len(every)


def test_the_digest_changes_with_any_row_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    from curation.profiles import read

    before = read._profile(read._HERE / "basic.toml").digest
    changed = dict(table())
    row = changed[keywords()["PatientAddress"]]
    changed[row.tag] = tables.Attribute(
        row.tag, row.keyword, row.name, row.vr, "Z", row.options, row.edition
    )
    monkeypatch.setattr(read, "table", lambda: changed)
    assert read._profile(read._HERE / "basic.toml").digest != before


def test_a_profile_goes_to_another_process_as_it_is() -> None:
    research = load("research")
    there = pickle.loads(pickle.dumps(research))
    assert there == research
    assert there.codes == research.codes


def test_loading_a_profile_does_not_load_a_reader_of_images() -> None:
    script = (
        "import sys; from curation.profiles import load; load('research').describe();"
        "print([m for m in ('pydicom', 'numpy', 'PIL') if m in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"
