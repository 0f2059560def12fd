"""What identifies a person is found in every place of a DICOM file, and nothing else is."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EncapsulatedPDFStorage, MediaStorageDirectoryStorage

from curation.formats import Unsafe
from curation.formats.dicom import FORMAT
from curation.formats.file import File
from curation.formats.look import Look
from curation.profiles import load
from schemas.file_finding import FileFinding
from tests.corpus import pdf as pdfs
from tests.curation.dicom.made import SLICE, as_bytes, bare, element, image, item, part10


class Inspect:
    """Puts bytes into a file and has it inspected."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "a.dcm"

    def __call__(self, data: bytes | Dataset) -> list[FileFinding]:
        """All findings in it."""
        self.path.write_bytes(data if isinstance(data, bytes) else as_bytes(data))
        found: list[FileFinding] = []
        file = File(self.path, "a.dcm")
        FORMAT.inspect(file, Look(load("research"), found.append, pixels=False, file=file))
        return found

    def places(self, data: bytes | Dataset) -> dict[str | None, tuple[str, str]]:
        """Where identifiers were found: by which check, and of what kind, the first of a place."""
        found: dict[str | None, tuple[str, str]] = {}
        for finding in self(data):
            if finding.severity in ("error", "warning"):
                found.setdefault(finding.where, (finding.check, str(finding.kind)))
        return found


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    return Inspect(tmp_path)


def private(tag: int, vr: str, value: object) -> Dataset:
    """A slice with one private attribute."""
    ds = image()
    ds.add_new(tag & 0xFFFF0000 | 0x10, "LO", "SIEMENS MED")
    ds.add_new(tag, vr, value)
    return ds


def of(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def text_item(text: str, code: str = "121106", meaning: str = "Comment") -> Dataset:
    """A content item of a structured report."""
    concept = of(CodeValue=code, CodingSchemeDesignator="DCM", CodeMeaning=meaning)
    return of(ValueType="TEXT", ConceptNameCodeSequence=[concept], TextValue=text)


PLACES = [
    (image(PatientName="KOWALSKA^ANNA"), "00100010", "person-name", "name"),
    (image(PatientID="MRN0074121"), "00100020", "identifier", "id"),
    (image(PatientBirthDate="19610714"), "00100030", "birth-date", "date"),
    (image(PatientAge="093Y"), "00101010", "age-over-89", "age"),
    (image(PatientAddress="12 Elm Street, Springfield"), "00101040", "patient-address", "address"),
    (image(PatientTelephoneNumbers="+30 210 555 0123"), "00102154", "telephone", "phone"),
    (image(AccessionNumber="A202400718"), "00080050", "identifier", "id"),
    (image(ReferringPhysicianName="Papadopoulos^Eleni"), "00080090", "person-name", "name"),
    (image(InstitutionName="St. Mary's Hospital"), "00080080", "institution", "institution"),
    (image(DeviceSerialNumber="4121398"), "00181000", "serial-number", "device"),
    (image(StudyDescription="CT head, Mrs Anna Kowalska"), "00081030", "text-identifier", "name"),
    (image(ImageComments="call anna.kowalska@example.org"), "00204000", "text-identifier", "email"),
    (image(ReceiveCoilName="KOWALSKA^ANNA"), "00181250", "text-identifier", "name"),
    (
        image(
            RequestAttributesSequence=[of(), of(ScheduledPerformingPhysicianName="Kowalska^Anna")]
        ),
        "00400275[1].00400006",
        "person-name",
        "name",
    ),
    (
        image(
            ReferencedStudySequence=[
                of(
                    RequestAttributesSequence=[
                        of(RequestedProcedureDescription="for Anna Kowalska")
                    ]
                )
            ]
        ),
        "00081110[0].00400275[0].00321060",
        "text-identifier",
        "name",
    ),
    (private(0x00291044, "LO", "KOWALSKA^ANNA"), "00291044", "text-identifier", "name"),
    (
        private(0x00291045, "SQ", [of(PatientName="KOWALSKA^ANNA")]),
        "00291045[0].00100010",
        "person-name",
        "name",
    ),
    (
        private(0x00291046, "UN", item(bare(0x00100010, b"KOWALSKA^ANNA "))),
        "00291046[0].00100010",
        "person-name",
        "name",
    ),
    (
        private(0x00291047, "OB", b"\0\1\2\xff" * 9 + b"KOWALSKA^ANNA\0\0" + bytes(9)),
        "00291047",
        "blob-identifier",
        "name",
    ),
    (
        private(0x00291048, "OB", bytes(4) + "KOWALSKA^ANNA".encode("utf-16-le") + bytes(4)),
        "00291048",
        "blob-identifier",
        "name",
    ),
    (
        image(ContentSequence=[text_item("no finding"), text_item("Mrs Anna Kowalska was seen")]),
        "0040A730[1].0040A160",
        "text-identifier",
        "name",
    ),
    (
        image(ContentSequence=[text_item("MRN0074121", "121030", "Subject ID")]),
        "0040A730[0].0040A160",
        "identifier",
        "id",
    ),
    (
        image(
            GraphicAnnotationSequence=[
                of(TextObjectSequence=[of(UnformattedTextValue="KOWALSKA^ANNA 14.07.1961")])
            ]
        ),
        "00700001[0].00700008[0].00700006",
        "text-identifier",
        None,
    ),
]


@pytest.mark.parametrize(("ds", "where", "check", "kind"), PLACES, ids=[row[1] for row in PLACES])
def test_an_identifier_is_found_where_it_stands_and_nowhere_else(
    inspect: Inspect, ds: Dataset, where: str, check: str, kind: str | None
) -> None:
    found = inspect.places(ds)
    assert list(found) == [where]
    assert found[where][0] == check
    assert kind is None or found[where][1] == kind


def overlay() -> Dataset:
    ds = image()
    ds.add_new(0x60024000, "LT", "Anna Kowalska, tel. 210 555 0123")
    return ds


def pdf() -> Dataset:
    data = pdfs.made(["Report for Mrs Anna Kowalska"], "", compressed=True)
    return image(
        SOPClassUID=EncapsulatedPDFStorage,
        MIMETypeOfEncapsulatedDocument="application/pdf",
        EncapsulatedDocument=data + b"\0" * (len(data) % 2),
    )


def medium() -> Dataset:
    record = of(DirectoryRecordType="PATIENT", PatientName="KOWALSKA^ANNA", PatientID="SUBJ-0007")
    ds = image(SOPClassUID=MediaStorageDirectoryStorage)
    ds.DirectoryRecordSequence = Sequence([record])
    return ds


def sent_by(tag: int, vr: str, value: object) -> Dataset:
    ds = image()
    ds.file_meta.add_new(tag, vr, value)
    if tag == 0x00020102:
        ds.file_meta.PrivateInformationCreatorUID = "1.2.826.0.1.3680043.10"
    return ds


def padded() -> Dataset:
    ds = image()
    ds.add_new(0xFFFCFFFC, "OB", b"\0\0\0\0KOWALSKA^ANNA\0")
    return ds


WHOLE = as_bytes(image())
BESIDE = [
    (as_bytes(overlay()), "60024000"),
    (as_bytes(medium()), "00041220[0].00100010"),
    (as_bytes(sent_by(0x00020016, "AE", "STMARYS_CT2")), "00020016"),
    (as_bytes(sent_by(0x00020102, "OB", b"sent by Anna Kowalska\0")), "00020102"),
    (b"KOWALSKA^ANNA 14.07.1961".ljust(128, b"\0") + WHOLE[128:], "preamble"),
    (WHOLE + b"\0\0KOWALSKA^ANNA", "padding"),
    (as_bytes(padded()), "padding"),
]


@pytest.mark.parametrize(("data", "where"), BESIDE, ids=[where for _, where in BESIDE])
def test_an_identifier_is_found_beside_the_attributes(
    inspect: Inspect, data: bytes, where: str
) -> None:
    assert list(inspect.places(data)) == [where]


def test_a_pdf_is_opened(inspect: Inspect) -> None:
    assert list(inspect.places(pdf())) == ["00420011"]


def test_no_finding_repeats_what_it_found(inspect: Inspect) -> None:
    known = ("kowalska", "anna", "0074121", "19610714", "1961", "elm street", "papadopoulos")
    found = [f for ds, *_ in PLACES for f in inspect(ds)]
    found += [f for data, _ in BESIDE for f in inspect(data)] + inspect(pdf())
    said = " ".join(str(finding.as_dict()) for finding in found).lower()
    assert [word for word in known if word in said] == []
    assert "aaaaaaaa^aaaa" in said  # the shape of the name


CLEAN = image(
    PatientIdentityRemoved="YES",
    DeidentificationMethod="fairscan",
    PatientBirthDate="",
    PatientAge="090Y",
    StudyDate="20190322",
    ContentDate="20190322",
    AcquisitionDateTime="20190322101112.5+0200",
    AccessionNumber="",
    StudyDescription="CT Thorax mit KM",
    SeriesDescription="Ax T2 FLAIR Fat-Sat, Hodgkin staging",
    ProtocolName="5.1 Schaedel Routine",
    Manufacturer="SIEMENS",
    ManufacturerModelName="SOMATOM Definition AS+",
    StationName="ANON",
    InstitutionName="",
    SoftwareVersions="syngo CT VA48A",
    ImageType=["DERIVED", "SECONDARY", "MPR"],
    ReferringPhysicianName="REMOVED",
    OperatorsName="",
    DeviceSerialNumber="0000",
    ImageComments="Reconstructed with filtered back projection, kernel B31f.",
    ContentSequence=[text_item("Mass of 12 mm in the left upper lobe")],
)


def test_a_clean_file_has_no_finding(inspect: Inspect) -> None:
    ds = CLEAN
    ds.add_new(0x00450010, "LO", "GEMS_HELIOS_01")
    ds.add_new(0x00451002, "FL", 1.25)
    assert inspect(ds) == []


def test_names_of_products_in_front_of_private_blocks_are_no_names_of_people(
    inspect: Inspect,
) -> None:
    for creator in ("GEMS_HELIOS_01", "SIEMENS MED DISPLAY", "Philips Imaging DD 001", "ELSCINT1"):
        ds = image()
        ds.add_new(0x00450010, "LO", creator)
        assert inspect.places(ds) == {}, creator


def test_what_an_option_keeps_is_no_finding(inspect: Inspect) -> None:
    kept = {"DeviceSerialNumber": "4121398", "InstitutionName": "St. Mary's Hospital"}
    assert set(inspect.places(image(**kept))) == {"00181000", "00080080"}

    def by(*codes: str) -> Dataset:
        items = [of(CodeValue=c, CodingSchemeDesignator="DCM", CodeMeaning="kept") for c in codes]
        return image(**kept, DeidentificationMethodCodeSequence=items)

    assert set(inspect.places(by("113109"))) == {"00080080"}
    assert set(inspect.places(by("113112"))) == {"00181000"}
    assert inspect.places(by("113109", "113112")) == {}


def test_a_name_in_another_character_set_is_found(inspect: Inspect) -> None:
    ds = image(SpecificCharacterSet="ISO_IR 126", PatientName="Παπαδοπούλου^Ελένη")
    assert list(inspect.places(ds)) == ["00100010"]


@pytest.mark.parametrize("vr", [b"UN", b"PN", b"OB", b"US"])
def test_a_name_is_found_whatever_vr_it_is_said_to_have(inspect: Inspect, vr: bytes) -> None:
    for tag in (0x00100010, 0x00204000):
        data = part10(SLICE + element(tag, vr, b"KOWALSKA^ANNA "))
        assert list(inspect.places(data)) == [f"{tag:08X}"]


@pytest.mark.parametrize("name", ["ANNA²", "²", "SUBJ-٣", "\u0660"])
def test_digits_of_any_script_break_nothing(inspect: Inspect, name: str) -> None:
    inspect(image(SpecificCharacterSet="ISO_IR 192", PatientName=name, PatientID=name))


def test_a_sequence_of_unknown_vr_is_looked_into(inspect: Inspect) -> None:
    data = part10(SLICE + element(0x00400275, b"UN", item(bare(0x00400006, b"KOWALSKA^ANNA "))))
    assert list(inspect.places(data)) == ["00400275[0].00400006"]


def test_a_number_that_is_none_is_read_as_text(inspect: Inspect) -> None:
    data = part10(SLICE + element(0x00200013, b"IS", b"KOWALSKA^ANNA "))
    assert list(inspect.places(data)) == ["00200013"]


def test_a_file_that_does_not_say_how_it_was_cleaned_is_observed(inspect: Inspect) -> None:
    assert [(f.check, f.severity) for f in inspect(image())] == [("not-declared", "info")]
    said = image(PatientIdentityRemoved="YES")
    assert [f.check for f in inspect(said)] == ["method-not-declared"]


def test_a_damaged_file_is_told_and_still_looked_at(inspect: Inspect) -> None:
    found = inspect.places(as_bytes(image(PatientName="KOWALSKA^ANNA"))[:-4])
    assert found[None][0] == "damaged"
    assert found["00100010"][0] == "person-name"


def test_bytes_nested_in_bytes_without_end_are_looked_at_or_refused(inspect: Inspect) -> None:
    inner = bare(0x00100010, b"KOWALSKA^ANNA ")
    for _ in range(1500):
        inner = bare(0x00091001, item(inner))
    data = part10(
        SLICE + element(0x00090010, b"LO", b"MAKER ") + element(0x00091001, b"UN", item(inner))
    )
    with pytest.raises(Unsafe, match="deep"):
        inspect(data)


def test_a_file_that_only_begins_as_dicom_is_refused(inspect: Inspect) -> None:
    with pytest.raises(Unsafe, match="deeper"):
        inspect(
            part10(
                struct.pack(
                    "<HH2sHIHHI", 0x40, 0xA730, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF
                )
                * 99
            )
        )
