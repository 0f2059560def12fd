"""Identifiers in free text are found, and the phrases that look like them are left alone."""

from __future__ import annotations

import pytest

PEOPLE = [
    "SMITH^JOHN",
    "Smith^John^Q",
    "O'Neil^Mary Ann^^Dr",
    "Müller^Jürgen",
    "Abdomen^1ACRIN_6664_DR_ZIMMERMAN (Adult)",
    "CHEST PA Dr. Okonkwo",
    "reviewed by Prof Kowalska",
    "Mrs Patterson left breast",
    "Mr. Patterson left hip",
    "Okonkwo, MD",
    "J. Okonkwo M.D.",
    "Patient name: Okonkwo",
    "Referring physician: Okonkwo",
    "XR CHEST AP PORTABLE for Scott Kaufman",
    "S.KOZAK",
]
NOT_PEOPLE = [
    "HEAD^NECK",
    "Head^Routine",
    "Thorax^LungRoutine",
    "BRAIN^BRAIN TUMOR",
    "P4^P100^S102^I0, Gated, 40.0%",
    "JK^Brzuch",
    "JAMBE^Reso-Concorde",
    "Orthro-Sarcoma^Newest Sarcoma Hip",
    "ADC (10^-6 mm²/s)",
    "MR BREAST BILATERAL",
    "MR_ABDOMEN_W_AND_WO_IV_CONTRAST",
    "DR CHEST PA",
    "MR TRACEW 20",
    "Planned for Proton Arc by machine 2",
    "550ms_9x50ms_FOREFBP10.0Hann",
    "University of MD",
    "IR_CT_GUIDANCE_FOR_NEEDLE_PLACEMENT",
    "Q.Clear",
    "F.Zylna",
    "SURVIEW, AP",
    "Series De-Identified for Patient Confidentiality",
]

DATES = [
    "RIDER-1129164940_20190220_TEST",
    "scan of 2004-03-12",
    "2004/03/12",
    "12/03/2004",
    "12.03.2004 thorax",
    "3-12-2004",
    "NEW_BREAST_10-16-02/SCOUT",
    "SCOUT (TEMP CAP 1/14/13)",
    "20040312T093000",
    "20040312093000",
    "Jul 16 2020 08-17-41 EDT",
    "16 July 2020",
    "PARENCHYMAL PHASE Sep1999",
]
NOT_DATES = [
    "1.3.6.1.4.1.14519.5.2.1.20040312.1",
    "20041312",
    "20040399",
    "123456720040312",
    "02-1-02-2-B",
    "ST/SO NI 18/16/19/23 A20%",
    "ST+ N15/12/17 A30/20/40",
    "(2002/8/105)-(2002/7/1)",
    "(12/8/2001)-(12/7/2001)",
    "Bind(2251/7/201..240)",
    "DWI_b0_50_400_800",
    "ePAD Generated DSO Nov-11-2211",
    "AX T1 3.0 2.5",
    "ACRIN 6664",
]

PHONES = [
    "call (301) 555-0123",
    "call 301-555-0123",
    "301.555.0123",
    "+1-301-555-0123",
    "+44 20 7946 0123",
    "Tel: 030 1234567",
]
NOT_PHONES = [
    "ep2d_diff_b 50 400 800 1200_TRACEW",
    "DWI 200-400-1000",
    "ep2d_diff_0-500-1000_tra_ADC",
    "3607-6657 LT BREAST",
    "1.2.840.113654.2.55.1259690980",
    "EAY131-1002116",
    "HOTEL 12 34 56 78 9",
]

EMAILS = ["ask jane.doe@example.org", "J_D+scan@mail.example.co.uk"]
NOT_EMAILS = [
    "AXIAL PAC 2.5@70%",
    "100CC CONTRAST @ 2CC/SEC",
    "LUNG @2`S Lung 2.0",
    "Liver @10.min",
]

RECORD_NUMBERS = [
    "FORFILE CT CH/AB/PEL - CD for 8155012288",
    "MRN 1234567",
    "Accession No: 123456",
    "patient_id=1234567",
]
NOT_RECORD_NUMBERS = [
    "mcgpu_image_pc_959986762_crop.raw.gz-fatty_0000",
    "ACRIN 6664 for 6667",
    "ACC 12345",
    "for 1.2.840.113654",
    "de9e3ce1e27901a28baa19fdaf6acc119331a63c",
]

SOCIAL_SECURITY = ["SSN 123-45-6789", "(078-05-1120)"]
NOT_SOCIAL_SECURITY = [
    "BLGSP-71-06-00002",
    "000-45-6789",
    "666-45-6789",
    "912-45-6789",
    "123-00-6789",
    "123-45-0000-1",
    "TCGA-05-4250",
]

FOUND = {
    "person-name": (PEOPLE, NOT_PEOPLE),
    "date-in-text": (DATES, NOT_DATES),
    "phone-number": (PHONES, NOT_PHONES),
    "email-address": (EMAILS, NOT_EMAILS),
    "record-number": (RECORD_NUMBERS, NOT_RECORD_NUMBERS),
    "social-security-number": (SOCIAL_SECURITY, NOT_SOCIAL_SECURITY),
}
CAUGHT = [(check, text) for check, (texts, _) in FOUND.items() for text in texts]
SPARED = [(check, text) for check, (_, texts) in FOUND.items() for text in texts]


@pytest.fixture(scope="module")
def findings(shared_catalogue):
    """Text to its findings by check: one run over a catalogue with a dataset for each text."""
    texts = sorted({text for _, text in CAUGHT + SPARED})
    for number, text in enumerate(texts):
        shared_catalogue.series(dataset_id=f"idc:{number}", subject=None, study_description=text)
    found = {text: {} for text in texts}
    for finding in shared_catalogue.check():
        text = texts[int(finding["dataset_id"].removeprefix("idc:"))]
        found[text][finding["check_id"]] = finding
    return found


@pytest.mark.parametrize(("check", "text"), CAUGHT)
def test_an_identifier_in_a_description_is_found_and_not_repeated(findings, check, text):
    finding = findings[text][check]
    assert finding["field"] == "study_description"
    assert finding["affected"] == 1
    assert {c for c in finding["evidence"] if c.isalnum()} <= set("Aa9")
    assert len(finding["evidence"]) <= 24


@pytest.mark.parametrize(("check", "text"), SPARED)
def test_a_look_alike_is_left_alone(findings, check, text):
    assert check not in findings[text]


@pytest.mark.parametrize("check", sorted(set(FOUND) - {"record-number"}))
def test_an_identifier_in_a_subject_id_is_flagged_but_never_masked(catalogue, check):
    finding = catalogue.fired(subject=FOUND[check][0][0])[check]
    assert finding["action"] in ("flag", "withhold")
    assert catalogue.table("masks") == []


def test_a_family_name_and_a_given_name_make_an_identifier_only_as_a_subject(catalogue):
    assert "person-name" in catalogue.fired(subject="Okonkwo, Mary")
    assert "person-name" not in catalogue.fired(description="Okonkwo, Mary")


def test_an_address_in_the_record_is_found_and_only_the_address_is_shown(catalogue):
    catalogue.dataset(description="We thank all patients. Write to jane.doe@example.org, please.")
    (finding,) = catalogue.check()
    assert finding["check_id"] == "email-address"
    assert (finding["subject_kind"], finding["field"]) == ("dataset", "description")
    assert finding["evidence"] == "a***@***"
    assert finding["action"] == "flag"


def test_texts_of_one_shape_are_one_finding_and_each_is_masked(catalogue):
    for text in ("RIDER 20190220", "RIDER 20190402", "RIDER 20190402"):
        catalogue.series(description=text)
    (finding,) = catalogue.check()
    assert (finding["evidence"], finding["affected"]) == ("AAAAA 99999999", 3)
    assert [mask["value"] for mask in catalogue.table("masks")] == [
        "RIDER 20190220",
        "RIDER 20190402",
    ]


def test_a_word_is_spared_only_where_the_name_would_stand(catalogue):
    assert "person-name" in catalogue.fired(description="Chest Dr. Okonkwo")
    assert "person-name" not in catalogue.fired(description="Dr. Chest")
