"""JSON: sidecars, descriptions, the DICOM JSON model, and whatever else calls itself JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from curation.formats import Unsafe

SIDECAR: dict[str, Any] = {
    "Manufacturer": "Siemens",
    "InstitutionName": "Brigham and Women's Hospital",
    "DeviceSerialNumber": "45156",
    "PatientName": "Papadakis^Georgios",
    "PatientID": "MRN0012345",
    "PatientBirthDate": "1954-03-17",
    "PatientAge": 93,
    "AcquisitionDateTime": "2021-03-17T10:22:33.120000",
    "SeriesDescription": "t1_mprage_sag",
    "ImageComments": "Papadakis phoned 617-555-0123",
    "StudyInstanceUID": "1.2.840.113619.2.1.5",
    "EchoTime": 0.03,
    "SliceTiming": [0.0, 1.25],
}
NAME = "sub-01/anat/sub-01_T1w.json"


def test_a_sidecar_is_told_by_its_keys(desk: Any) -> None:
    places = desk.places(NAME, json.dumps(SIDECAR))
    assert places.pop("ImageComments") in ("name", "phone")
    assert places == {
        "InstitutionName": "institution",
        "DeviceSerialNumber": "device",
        "PatientName": "name",
        "PatientID": "id",
        "PatientBirthDate": "date",
        "PatientAge": "age",
        "AcquisitionDateTime": "date",
    }


def test_no_finding_repeats_what_it_found(desk: Any) -> None:
    said = repr(desk.findings(NAME, json.dumps(SIDECAR)))
    assert not any(word in said for word in ("Papadakis", "0012345", "1954", "45156", "Brigham"))


def test_a_sidecar_without_identity_has_no_findings(desk: Any) -> None:
    kept = ("Manufacturer", "SeriesDescription", "EchoTime", "SliceTiming")
    clean = {key: SIDECAR[key] for key in kept} | {
        "InstitutionName": "REMOVED",
        "PatientName": "ANON^01",
        "PatientID": "sub-01",
        "PatientBirthDate": "",
        "AcquisitionDateTime": "1912-01-01T00:00:00",
        "AcquisitionTime": "10:22:33",
        "SoftwareVersions": "syngo MR E11",
    }
    assert desk.findings(NAME, json.dumps(clean)) == []


def test_a_cleaned_sidecar_keeps_order_and_science(desk: Any) -> None:
    clean = json.loads(desk.written(NAME, json.dumps(SIDECAR, indent=2)))
    assert list(clean) == [
        key
        for key in SIDECAR
        if key not in ("InstitutionName", "DeviceSerialNumber", "PatientName", "PatientBirthDate")
    ]
    assert clean["SliceTiming"] == [0.0, 1.25]
    assert clean["PatientAge"] == 90
    assert clean["PatientID"] == desk.act.mapping.patient("MRN0012345")
    assert clean["StudyInstanceUID"] == desk.act.mapping.uid("1.2.840.113619.2.1.5")
    assert clean["ImageComments"] == "phoned"


def test_what_was_cleaned_passes_the_check(desk: Any) -> None:
    assert desk.places(NAME, desk.written(NAME, json.dumps(SIDECAR))) == {}


def test_dates_of_one_participant_keep_their_distance(desk: Any) -> None:
    first = json.loads(desk.written(NAME, '{"AcquisitionDateTime": "2021-03-17T10:00:00"}'))
    later = json.loads(
        desk.written("sub-01/ses-2/a.json", '{"AcquisitionDateTime": "2021-03-20T10:00:00"}')
    )
    there, then = (datetime.fromisoformat(made["AcquisitionDateTime"]) for made in (first, later))
    assert then - there == timedelta(days=3)
    assert there.year <= 1925


def test_the_basic_profile_leaves_no_date_and_no_text(desk_of: Any) -> None:
    clean = json.loads(desk_of("basic").written(NAME, json.dumps(SIDECAR)))
    assert set(clean) == {
        "Manufacturer",
        "PatientID",
        "StudyInstanceUID",
        "EchoTime",
        "SliceTiming",
    }


def test_authors_of_a_dataset_are_no_patients(desk: Any) -> None:
    description = json.dumps(
        {
            "Name": "Faces and houses",
            "Authors": ["Jane Miller", "John Smith"],
            "Acknowledgements": "We thank Dr. Maria Rossi (maria.rossi@example.org)",
            "ReferencesAndLinks": ["https://example.org"],
        }
    )
    assert desk.findings("dataset_description.json", description) == []
    assert json.loads(desk.written("dataset_description.json", description)) == json.loads(
        description
    )


def test_nested_places_are_paths_of_keys(desk: Any) -> None:
    document = json.dumps({"a": {"b": [1, {"patient_name": "Papadakis, Georgios"}]}})
    assert desk.places("x.json", document) == {"a.b[1].patient_name": "name"}


def test_a_parents_name_tells_what_a_key_holds(desk: Any) -> None:
    document = json.dumps({"patient": {"id": "MRN0012345"}})
    assert desk.places("x.json", document) == {"patient.id": "id"}


def test_a_key_that_names_somebody_is_told_by_its_number(desk: Any) -> None:
    document = json.dumps({"left": 1, "Dr. Georgios Papadakis": {"score": 2}})
    assert list(desk.places("x.json", document)) == ["{1}"]
    assert b"Papadakis" not in desk.written("x.json", document)


def test_a_key_that_stands_twice_hides_nothing(desk: Any) -> None:
    document = '{"PatientName": "Papadakis^Georgios", "PatientName": "ANON"}'
    assert desk.places("x.json", document) == {"PatientName": "name"}
    assert b"Papadakis" not in desk.written("x.json", document)


def test_a_dicom_json_data_set_is_read_by_its_tags(desk: Any) -> None:
    dataset = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Papadakis^Georgios"}]},
        "00100020": {"vr": "LO", "Value": ["MRN0012345"]},
        "00080020": {"vr": "DA", "Value": ["20210317"]},
        "00400275": {
            "vr": "SQ",
            "Value": [{"00321060": {"vr": "LO", "Value": ["MR HEAD Dr. John Smith"]}}],
        },
        "00280010": {"vr": "US", "Value": [512]},
        "00091001": {"vr": "LO", "Value": ["anything"]},
    }
    places = desk.places("x.json", json.dumps([dataset]))
    assert places == {
        "[0].00100010": "name",
        "[0].00100020": "id",
        "[0].00400275[0].00321060": "name",
    }
    [clean] = json.loads(desk.written("x.json", json.dumps([dataset])))
    pseudonym = desk.act.mapping.patient("MRN0012345")
    assert clean["00100010"]["Value"] == [{"Alphabetic": pseudonym}]
    assert clean["00100020"]["Value"] == [pseudonym]
    assert clean["00080020"]["Value"][0] < "20210317"
    assert clean["00280010"] == dataset["00280010"]
    assert "00091001" not in clean
    assert "Smith" not in json.dumps(clean)


def test_lines_of_json_are_documents(desk: Any) -> None:
    lines = '{"x": 1}\n{"PatientName": "Papadakis^Georgios"}\n'
    assert desk.places("x.jsonl", lines) == {"[1].PatientName": "name"}
    assert desk.written("x.jsonl", lines) == b'{"x": 1}\n{}\n'


def test_other_encodings_are_read(desk: Any) -> None:
    document = json.dumps({"PatientName": "Müller^Hans"}, ensure_ascii=False)
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        assert list(desk.places("x.json", document.encode(encoding))) == ["PatientName"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": ', "no valid JSON in line 1"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 500 + "]" * 500, "nested too deep"),
        ("9" * 10_000, "no valid JSON"),
    ],
)
def test_what_is_no_sound_json_is_unsafe(desk: Any, content: str, reason: str) -> None:
    with pytest.raises(Unsafe, match=reason):
        desk.findings("x.json", content)
    with pytest.raises(Unsafe, match=reason):
        desk.written("x.json", content)
