"""Files as they come on a disc: a DICOMDIR that names the patient, and the files it lists."""

from __future__ import annotations

import io
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from tests.corpus.files import write
from tests.corpus.headers import EXPLICIT, STORAGE, FileMetaDataset, new_uid, study
from tests.corpus.key import Notes
from tests.corpus.people import Person
from tests.corpus.studies import Maker

_LEVELS = {
    "PATIENT": ("SpecificCharacterSet", "PatientName", "PatientID"),
    "STUDY": ("StudyDate", "StudyTime", "StudyInstanceUID", "StudyID", "StudyDescription"),
    "SERIES": ("Modality", "SeriesInstanceUID", "SeriesNumber"),
    "IMAGE": ("InstanceNumber",),
}
_NEXT = "OffsetOfTheNextDirectoryRecord"
_LOWER = "OffsetOfReferencedLowerLevelDirectoryEntity"


def make(maker: Maker, person: Person, number: int) -> None:
    """Write a folder `medium` with one series, its DICOMDIR, and what is expected of both."""
    kept = maker.folder
    with tempfile.TemporaryDirectory() as temporary:
        maker.folder = Path(temporary)
        before = len(maker.entries)
        of = study(maker.rng, person, maker.clean, number)
        maker.study(of, [("CT", 3)], lambda name: f"{name}.dcm")
        made = maker.entries[before:]
        del maker.entries[before:]
        maker.folder = kept
        names: dict[str, str] = {}
        images: list[Dataset] = []
        for path in sorted(Path(temporary).rglob("*.dcm")):
            where = f"IMAGES/IM{len(names):04}"
            names[str(path.relative_to(temporary))] = where
            target = kept / "medium" / where
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            images.append(dcmread(path, force=True, stop_before_pixels=True))
    notes = Notes(maker.corpus, person.mrn)
    patient = _record(images[0], "PATIENT")
    if maker.clean and maker.rng.random() < 0.5:
        patient.PatientName = person.name
    for keyword, kind in (("PatientName", "name"), ("PatientID", "id")):
        if not maker.clean or str(patient.get(keyword)) in (person.name, person.mrn):
            where = f"00041220[0].{patient[keyword].tag:08X}"
            notes.phi(where, "dicomdir", [(kind, str(patient[keyword].value))])
    records = [patient, *(_record(images[0], level) for level in ("STUDY", "SERIES"))]
    records[1].StudyDescription = of.description
    for image, name in zip(images, names.values(), strict=True):
        record = _record(image, "IMAGE")
        record.ReferencedFileID = name.split("/")
        record.ReferencedSOPClassUIDInFile = STORAGE + "2"
        record.ReferencedSOPInstanceUIDInFile = image.SOPInstanceUID
        record.ReferencedTransferSyntaxUIDInFile = image.file_meta.TransferSyntaxUID
        records.append(record)
    directory = _directory(records, new_uid(maker.rng, maker.clean))
    write(kept / "medium" / "DICOMDIR", directory)
    maker.entries += [
        replace(entry, file=f"medium/{names[entry.file]}") for entry in made if entry.file in names
    ]
    maker.entries += notes.of("medium/DICOMDIR")


def _record(image: Dataset, level: str) -> Dataset:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = 0xFFFF
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = level
    for keyword in _LEVELS[level]:
        if keyword in image:
            record.add(image[keyword])
    return record


def _directory(records: list[Dataset], uid: str) -> Dataset:
    """A DICOMDIR (PS3.3 section F.3) of one patient, whose offsets are right."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = EXPLICIT
    ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    ds.file_meta.MediaStorageSOPInstanceUID = uid
    ds.FileSetID, ds.FileSetConsistencyFlag = "CD1", 0
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.DirectoryRecordSequence = records
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    again = dcmread(io.BytesIO(buffer.getvalue())).DirectoryRecordSequence
    places = [item.seq_item_tell for item in again]
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = places[0]
    ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = places[0]
    for number in range(3):
        setattr(records[number], _LOWER, places[number + 1])
    for number in range(3, len(records) - 1):
        setattr(records[number], _NEXT, places[number + 1])
    return ds
