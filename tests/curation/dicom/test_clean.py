"""A DICOM file keeps its science and loses its patient: what becomes of each sort of attribute."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    EncapsulatedPDFStorage,
    EncapsulatedSTLStorage,
    ImplicitVRLittleEndian,
)

from curation.deidentify.mapping import Mapping
from curation.deidentify.survey import survey
from curation.dicom.deidentify import IMPLEMENTATION
from curation.formats import Unsafe
from curation.formats.act import Act
from curation.formats.dicom import FORMAT
from curation.formats.file import File
from curation.phi.known import Known
from curation.profiles import load
from tests.corpus.reading import Read
from tests.curation.dicom.made import (
    SLICE,
    UNDEFINED,
    as_bytes,
    as_dataset,
    bare,
    element,
    head,
    image,
    item,
    part10,
)
from tests.curation.tiny import tiny

KEY = b"a key of thirty-two bytes, a key"


class Desk:
    """De-identifies one file after the other, as a run does."""

    def __init__(self, folder: Path, profile: str = "research", key: bytes = KEY) -> None:
        self.folder = folder
        self.act = Act(load(profile), Mapping(key), Known(), pixels=False)

    def bytes(self, data: bytes | Dataset) -> bytes:
        """What is written of a file."""
        path = self.folder / "in"
        path.write_bytes(data if isinstance(data, bytes) else as_bytes(data))
        return self.of(path).read_bytes()

    def __call__(self, data: bytes | Dataset) -> Dataset:
        """The same, read by pydicom."""
        return as_dataset(self.bytes(data))

    def of(self, path: Path) -> Path:
        """Where a file of the disk was written to."""
        out = self.folder / "out"
        FORMAT.deidentify(File(path, path.name), out, self.act)
        return out


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """pydicom says of planted values that they are not as they should be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def of(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The DICOM files of studies with segmentations, contours, reports and presentation states."""
    return [p for p in sorted((tiny(tmp_path_factory) / "raw").rglob("*.dcm")) if p.is_file()]


@pytest.fixture(scope="module")
def pairs(
    corpus: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[Dataset, Dataset]]:
    """Each of them before and after."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.act.known = survey(File(path, path.name) for path in corpus)
    done = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in corpus:
            before, after = Read(path).dataset, Read(desk.of(path)).dataset
            assert before is not None and after is not None
            done.append((before, after))
    return done


def both(before: Dataset, after: Dataset) -> Iterator[tuple[object, object]]:
    """The elements, however deep, that a data set has before and after."""
    for new in after:
        if new.tag not in before:
            continue
        old = before[new.tag]
        if new.VR == "SQ":
            for one, other in zip(old.value, new.value, strict=False):
                yield from both(one, other)
        else:
            yield old, new


def test_uids_are_replaced_one_to_one_in_all_files_and_those_of_classes_stay(
    pairs: list[tuple[Dataset, Dataset]],
) -> None:
    there, back = defaultdict(set), defaultdict(set)
    for before, after in pairs:
        for old, new in both(before, after):
            if old.VR != "UI" or not old.value:
                continue
            if str(old.value).startswith("1.2.840.10008.") or "Class" in old.keyword:
                assert new.value == old.value
            else:
                there[old.value].add(new.value)
                back[new.value].add(old.value)
    assert len(there) > 50
    assert all(len(new) == 1 for new in there.values())
    assert all(len(old) == 1 for old in back.values())
    assert not there.keys() & back.keys()


def test_the_class_of_a_maker_stays(desk: Desk) -> None:
    maker = "1.3.12.2.1107.5.9.1"
    reference = of(ReferencedSOPClassUID=maker, ReferencedSOPInstanceUID="1.2.3")
    (after,) = desk(image(ReferencedImageSequence=[reference])).ReferencedImageSequence
    assert after.ReferencedSOPClassUID == maker
    assert after.ReferencedSOPInstanceUID != "1.2.3"


@pytest.mark.parametrize("modality", ["SEG", "RTSTRUCT", "SR", "PR"])
def test_what_an_object_refers_to_is_still_there(
    pairs: list[tuple[Dataset, Dataset]], modality: str
) -> None:
    def references(ds: Dataset, keyword: str = "ReferencedSOPInstanceUID") -> list[str]:
        return [str(e.value) for e in ds.iterall() if e.keyword == keyword]

    objects = [(before, after) for before, after in pairs if before.Modality == modality]
    instances = {str(after.SOPInstanceUID) for _, after in pairs}
    mapping = Mapping(KEY)
    assert any(references(before) for before, _ in objects)
    for before, after in objects:
        assert not references(after) or instances & set(references(after))
        for keyword in (
            "ReferencedSOPInstanceUID",
            "ReferencedFrameOfReferenceUID",
            "FrameOfReferenceUID",
        ):
            old = references(before, keyword)
            assert references(after, keyword) == [mapping.uid(uid) for uid in old]


def test_the_pixels_are_the_same_bytes(pairs: list[tuple[Dataset, Dataset]]) -> None:
    compared = [a.PixelData == b.PixelData for b, a in pairs if "PixelData" in b]
    assert len(compared) > 20
    assert all(compared)


def test_the_patient_is_the_same_pseudonym_in_all_of_their_files(
    pairs: list[tuple[Dataset, Dataset]],
) -> None:
    new = defaultdict(set)
    for before, after in pairs:
        assert str(after.PatientName) == after.PatientID
        new[before.PatientID].add(after.PatientID)
    assert all(len(ids) == 1 and next(iter(ids)).startswith("FS-") for ids in new.values())
    assert len({next(iter(ids)) for ids in new.values()}) == len(new) > 2


def test_all_dates_of_a_patient_move_by_the_same_days_and_of_another_by_others(
    pairs: list[tuple[Dataset, Dataset]],
) -> None:
    def day(value: str) -> date:
        return date(int(value[:4]), int(value[4:6]), int(value[6:8]))

    moved = defaultdict(set)
    for before, after in pairs:
        for old, new in both(before, after):
            if (
                old.VR in ("DA", "DT")
                and isinstance(old.value, str)
                and len(old.value) >= 8
                and new.value
            ):
                moved[before.PatientID].add((day(new.value) - day(old.value)).days)
            elif old.VR == "TM" and old.keyword in ("StudyTime", "ContentTime"):
                assert new.value == old.value
    assert len(moved) > 2
    assert all(len(days) == 1 for days in moved.values())
    assert len({next(iter(days)) for days in moved.values()}) == len(moved)


def test_nothing_of_the_sender_is_left_in_the_meta_information(desk: Desk) -> None:
    ds = image()
    ds.file_meta.SourceApplicationEntityTitle = "STMARYS_CT2"
    ds.file_meta.PrivateInformationCreatorUID = "1.2.826.0.1.3680043.10"
    ds.file_meta.PrivateInformation = b"sent by Anna Kowalska\0"
    before = as_bytes(ds)
    data = desk.bytes(b"KOWALSKA".ljust(128, b"\0") + before[128:] + b"\0\0KOWALSKA^ANNA")
    after = as_dataset(data)
    assert {e.keyword for e in after.file_meta} == {
        "FileMetaInformationGroupLength", "FileMetaInformationVersion",
        "MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID",
        "ImplementationClassUID", "ImplementationVersionName",
    }  # fmt: skip
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert after.file_meta.ImplementationClassUID == IMPLEMENTATION
    assert data[:128] == bytes(128)
    assert b"KOWALSKA" not in data


def test_a_file_says_what_was_done_to_it(desk: Desk) -> None:
    after = desk(image(PatientIdentityRemoved="NO", BurnedInAnnotation="YES"))
    assert after.PatientIdentityRemoved == "YES"
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"
    assert after.BurnedInAnnotation == "YES"  # nobody looked
    codes = [item.CodeValue for item in after.DeidentificationMethodCodeSequence]
    assert codes[0] == "113100"
    assert {"113107", "113105", "113111", "113108"} <= set(codes)
    again = desk(after)
    assert [i.CodeValue for i in again.DeidentificationMethodCodeSequence] == codes


@pytest.mark.parametrize(
    ("age", "kept"), [("089Y", "089Y"), ("090Y", "090Y"), ("101Y", "090Y"), ("003M", "003M")]
)
def test_ages_over_89_become_90(desk: Desk, age: str, kept: str) -> None:
    assert desk(image(PatientAge=age)).PatientAge == kept


def test_what_names_the_patient_goes_from_texts_and_the_rest_of_them_stays(desk: Desk) -> None:
    after = desk(
        image(
            StudyDescription="CT Thorax, Anna Kowalska",
            ReceiveCoilName="KOWALSKA^ANNA",  # not in Table E.1-1
            SeriesDescription="T2 FLAIR axial",
            RequestAttributesSequence=[
                of(ScheduledProcedureStepDescription="Abdomen, tel. 210 555 0123")
            ],
        )
    )
    assert after.StudyDescription == "CT Thorax"
    assert not after.get("ReceiveCoilName")
    assert after.SeriesDescription == "T2 FLAIR axial"
    assert after.RequestAttributesSequence[0].ScheduledProcedureStepDescription == "Abdomen"


def test_a_name_of_a_patient_in_another_alphabet_is_replaced(desk: Desk) -> None:
    ds = image(SpecificCharacterSet="ISO_IR 126", PatientName="Παπαδοπούλου^Ελένη",
               StudyDescription="Θώρακας")  # fmt: skip
    after = desk(ds)
    assert str(after.PatientName).startswith("FS-")
    assert after.SpecificCharacterSet == "ISO_IR 126"
    assert after.StudyDescription == "Θώρακας"


def test_a_content_item_that_identifies_loses_its_value(desk: Desk) -> None:
    concept = of(CodeValue="121030", CodingSchemeDesignator="DCM", CodeMeaning="Subject ID")
    item = of(ValueType="TEXT", ConceptNameCodeSequence=[concept], TextValue="K4711/2")
    (after,) = desk(image(ContentSequence=[item])).ContentSequence
    assert after.TextValue == "REMOVED"
    assert after.ConceptNameCodeSequence[0].CodeValue == "121030"


def private(implicit: bool) -> Dataset:
    """What GE writes, of which one attribute is known to be safe, and a block of nobody's."""
    ds = image()
    ds.add_new(0x00090010, "LO", "NOBODY 1.0")
    ds.add_new(0x00091001, "LO", "KOWALSKA^ANNA")
    ds.add_new(0x00450010, "LO", "GEMS_HELIOS_01")
    ds.add_new(0x00451002, "FL", 1.25)
    ds.add_new(0x004510FE, "LO", "KOWALSKA^ANNA")
    if implicit:
        ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return ds


@pytest.mark.parametrize("implicit", [False, True])
def test_safe_private_attributes_stay_with_their_creator_and_all_others_go(
    desk: Desk, implicit: bool
) -> None:
    data = desk.bytes(private(implicit))
    after = as_dataset(data)
    left = {e.tag: e for e in after if e.tag.is_private}
    assert sorted(left) == [0x00450010, 0x00451002]
    assert left[0x00450010].value == "GEMS_HELIOS_01"
    assert after.private_block(0x45, "GEMS_HELIOS_01")[0x02].value == 1.25
    assert b"KOWALSKA" not in data


def test_no_private_attribute_stays_by_the_basic_profile(tmp_path: Path) -> None:
    after = Desk(tmp_path, "basic")(private(False))
    assert [e.tag for e in after if e.tag.is_private] == []


def test_a_required_attribute_gets_a_value_that_its_vr_allows(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        after = Desk(tmp_path, "basic")(
            image(
                StudyDate="20240718", StudyTime="101112", ContentDate="20240718",
                AcquisitionDateTime="20240718101112", StudyID="4711", AccessionNumber="A202400718",
                ReferringPhysicianName="Papadopoulos^Eleni", SeriesDescription="for Anna",
                DeviceSerialNumber="4121398", PatientAge="040Y", PatientSex="F", PatientWeight="71",
                PatientBirthDate="19610714", InstitutionName="St. Mary's Hospital",
                PerformedProcedureStepID="4711", Manufacturer="SIEMENS",
            )
        )  # fmt: skip
        after.decode()
        for found in after.iterall():
            str(found.value)
    for keyword in ("StudyDate", "StudyTime", "StudyID", "AccessionNumber",
                    "ReferringPhysicianName", "PatientBirthDate"):  # fmt: skip
        assert keyword in after  # Type 2: empty, and there
    text = str(after)
    for value in ("4711", "A202400718", "Papadopoulos", "4121398", "19610714", "Mary", "20240718"):
        assert value not in text


def test_a_report_stays_readable_when_all_that_it_says_is_replaced(tmp_path: Path) -> None:
    item = of(RelationshipType="CONTAINS", ValueType="TEXT", TextValue="Mass in the left lobe")
    (after,) = Desk(tmp_path, "basic")(image(ContentSequence=[item])).ContentSequence
    assert (after.RelationshipType, after.ValueType) == ("CONTAINS", "TEXT")
    assert after.TextValue == "REMOVED"


def test_an_overlay_goes_with_all_that_describes_it(tmp_path: Path) -> None:
    ds = image()
    ds.add_new(0x60000010, "US", 4)
    ds.add_new(0x60003000, "OW", bytes(2))
    ds.add_new(0x60020010, "US", 4)  # of one that is in the pixels
    after = Desk(tmp_path, "basic")(ds)
    assert [hex(e.tag) for e in after if e.tag.group >> 8 == 0x60] == ["0x60020010"]


def test_a_pdf_is_replaced_and_what_cannot_be_is_refused(desk: Desk) -> None:
    document = image(
        SOPClassUID=EncapsulatedPDFStorage, EncapsulatedDocument=b"%PDF-1.4 Anna Kowalska"
    )
    after = desk(document)
    assert after.EncapsulatedDocument.startswith(b"%PDF-")
    assert b"Kowalska" not in after.EncapsulatedDocument
    with pytest.raises(Unsafe, match="no PDF"):
        desk(image(SOPClassUID=EncapsulatedSTLStorage, EncapsulatedDocument=b"solid Anna Kowalska"))


NAME = b"QXZW^PLVNK"
"""What no list of names has, so that it goes only where it must."""

HIDDEN = {
    "in the rest of a code": element(0x00080060, b"CS", b"CT" + element(0x00100010, b"PN", NAME)),
    "behind a UID": element(0x00080062, b"UI", b"1.2\0" + element(0x00100010, b"PN", NAME)),
    "in a UID": element(0x0008001A, b"UI", b"1.2.840.10008." + NAME),
    "in the UID of an instance": element(0x00080014, b"UI", b"1.2.840.10008.\xff" + NAME + b"\0"),
    "as a time": element(0x00080030, b"TM", NAME),
    "as an age": element(0x00101010, b"AS", NAME),
    "as a number": element(0x00200013, b"IS", NAME),
    "in a sequence of unknown VR": element(0x00400275, b"UN", item(bare(0x00100010, NAME))),
    "in what should be a sequence": element(0x00400275, b"UN", NAME),
    "in a sequence of bytes": element(0x00400275, b"OB", item(bare(0x00100010, NAME))),
    "in a text without length": head(0x00204000, b"UT", UNDEFINED) + item(NAME),
    "behind a text": element(0x00204000, b"UN", b"Phantom\0" + NAME),
    "in an attribute that nobody knows": element(0x00102299, b"UN", NAME),
    "in a private sequence": element(0x00210010, b"LO", b"SIEMENS MR SDI 02 ")
    + element(0x002110FE, b"UN", item(bare(0x00100010, NAME))),
    "in a private sequence of explicit VR": element(0x00210010, b"LO", b"SIEMENS MR SDI 02 ")
    + element(0x002110FE, b"UN", item(element(0x00100010, b"PN", NAME))),
    "in what should be a private sequence": element(0x00210010, b"LO", b"SIEMENS MR SDI 02 ")
    + element(0x002110FE, b"UN", NAME),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_what_is_said_to_be_something_else_is_not_kept(desk: Desk, where: str) -> None:
    data = part10(SLICE + HIDDEN[where] + element(0x7FE00010, b"OW", bytes(8)))
    assert NAME in data
    try:
        written = desk.bytes(data)
    except Unsafe:
        return
    assert NAME not in written


@pytest.mark.parametrize("vr", [b"OB", b"UN", b"US", b"FD"])
def test_a_text_is_cleaned_whatever_vr_it_is_said_to_have(desk: Desk, vr: bytes) -> None:
    for tag in (0x00204000, 0x00080060):
        data = part10(SLICE + element(tag, vr, b"KOWALSKA^ANNA   "))
        assert b"KOWALSKA" not in desk.bytes(data)


def test_a_transfer_syntax_that_is_no_uid_is_refused(desk: Desk) -> None:
    with pytest.raises(Unsafe, match="Transfer Syntax"):
        desk(part10(SLICE, "1.2.840.10008.1.2.1 KOWALSKA"))


@pytest.mark.parametrize("keyword", ["InstanceNumber", "SliceLocation"])
def test_a_number_that_is_none_goes(desk: Desk, keyword: str) -> None:
    data = as_bytes(image(**{keyword: "77"})).replace(b"77", b"AK")
    assert not desk(data).get(keyword)


@pytest.mark.parametrize("damage", [b"\x08\0\x20", None])
def test_a_damaged_file_is_refused(desk: Desk, damage: bytes | None) -> None:
    data = part10(SLICE + damage) if damage else as_bytes(image())[:-4]
    with pytest.raises(Unsafe, match="ends inside an element"):
        desk(data)


def test_another_key_gives_other_pseudonyms(tmp_path: Path) -> None:
    ds = image(StudyDate="20240718")
    one, other = Desk(tmp_path)(ds), Desk(tmp_path, key=b"another key of 32 bytes, another")(ds)
    for keyword in ("SOPInstanceUID", "PatientID", "StudyDate"):
        assert one[keyword].value != other[keyword].value


def test_the_order_of_the_files_changes_no_byte(corpus: list[Path], tmp_path: Path) -> None:
    some = corpus[::3]
    forwards, backwards = Desk(tmp_path), Desk(tmp_path)
    for desk, files in ((forwards, some), (backwards, some[::-1])):
        desk.act.known = survey(File(path, path.name) for path in files)
    one = {path: forwards.of(path).read_bytes() for path in some}
    other = {path: backwards.of(path).read_bytes() for path in some[::-1]}
    assert one == other


PROGRAM = """
import sys
from pathlib import Path
from tests.curation.dicom.test_clean import Desk
sys.stdout.buffer.write(Desk(Path(sys.argv[1])).of(Path(sys.argv[2])).read_bytes())
"""


def test_another_process_writes_the_same_bytes(corpus: list[Path], tmp_path: Path) -> None:
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path, corpus[0]], capture_output=True, check=True,
        cwd=Path(__file__).parents[3], env={"PYTHONHASHSEED": "77", "PATH": ""},
    )  # fmt: skip
    assert there.stdout == Desk(tmp_path).of(corpus[0]).read_bytes()
