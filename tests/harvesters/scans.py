"""DICOM files made by pydicom: ten studies of two protocols and of none, as odd as archives are.

Nobody is shown: names, dates and values are invented, and each file has a few bytes for an image.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import config, dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

NAME = "Nobody^At^All"
BORN = "19010203"
ROOT = "1.2.826.0.1.3680043.8.498."
CT = UID("1.2.840.10008.5.1.4.1.1.2")
MR = UID("1.2.840.10008.5.1.4.1.1.4")
SEG = UID("1.2.840.10008.5.1.4.1.1.66.4")
SR = UID("1.2.840.10008.5.1.4.1.1.88.11")

STUDIES: tuple[dict[str, Any], ...] = (
    {"PatientID": "ALPHA-001", "PatientSex": "F", "PatientAge": "042Y", "protocol": "ALPHA"},
    {"PatientID": "ALPHA-001", "PatientSex": "F", "PatientAge": "043Y", "protocol": "ALPHA"},
    {"PatientID": "ALPHA-002", "PatientSex": "M", "PatientAge": "018M", "protocol": "ALPHA"},
    {"PatientID": "ALPHA-003", "PatientSex": "", "PatientAge": "000Y", "protocol": "ALPHA"},
    {"PatientID": "B 1/7", "PatientSex": "O", "PatientAge": "95", "protocol": "Bêta trial/2"},
    {"PatientID": "B 1/7", "PatientSex": "O", "protocol": "Bêta trial/2", "StudyDate": ""},
    {"PatientID": "B 2", "PatientSex": "F", "PatientAge": "130Y", "protocol": "Bêta trial/2"},
    {"PatientID": "lone", "PatientSex": "M", "PatientAge": "007D", "protocol": None},
    {"PatientID": "lone", "PatientSex": "M", "protocol": None, "StudyDate": "20191332"},
    {"PatientID": "phantom", "PatientSex": "", "protocol": None},
)
SERIES: tuple[dict[str, Any], ...] = (
    {"Modality": "CT", "SOPClassUID": CT, "BodyPartExamined": "CHEST", "files": 3,
     "Manufacturer": "SIEMENS", "ManufacturerModelName": "Force", "SeriesDescription": "Lunge äöü"},
    {"Modality": "MR", "SOPClassUID": MR, "BodyPartExamined": "Prostate ", "files": 2,
     "Manufacturer": "GE MEDICAL SYSTEMS", "ManufacturerModelName": "Signa",
     "SeriesDescription": "t2 <tse> & more"},
    {"Modality": "SEG", "SOPClassUID": SEG, "files": 1, "SeriesDescription": ""},
    {"Modality": "SR", "SOPClassUID": SR, "BodyPartExamined": "", "files": 1,
     "Manufacturer": "nobody knows"},
)  # fmt: skip


def write(folder: Path) -> Path:
    """Write every file, forty series of seventy files, and return the folder."""
    for place, study in enumerate(STUDIES):
        for number, made in enumerate(SERIES):
            for instance in range(made["files"]):
                dataset = one(place, number, instance, {**study, **made})
                dataset.save_as(
                    folder / f"{place}-{number}-{instance}.dcm", enforce_file_format=True
                )
    return folder


def one(place: int, number: int, instance: int, told: dict[str, Any]) -> Dataset:
    """A file of series `number` of study `place`."""
    with config.disable_value_validation():
        return _made(place, number, instance, told)


def _made(place: int, number: int, instance: int, told: dict[str, Any]) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = RLELossless if number == 1 else ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 192" if place % 2 else "ISO_IR 100"
    dataset.PatientName, dataset.PatientBirthDate = NAME, BORN
    dataset.StudyInstanceUID = f"{ROOT}{place + 1}"
    dataset.SeriesInstanceUID = f"{ROOT}{place + 1}.{number + 1}"
    dataset.SOPInstanceUID = f"{ROOT}{place + 1}.{number + 1}.{instance + 1}"
    dataset.StudyDate, dataset.StudyDescription = f"201{place}0102", f"Étude {place}"
    dataset.SeriesDate, dataset.InstanceNumber = f"201{place}0103", instance + 1
    if told["protocol"]:
        dataset.ClinicalTrialProtocolID = told["protocol"]
        dataset.ClinicalTrialProtocolName = f"The {told['protocol']} study"
    for keyword, value in told.items():
        if keyword[0].isupper():
            setattr(dataset, keyword, value)
    return dataset


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """What pydicom reads of each series: its first file, and how many files there are."""
    files = sorted(folder.glob("*.dcm"))
    for _, group in itertools.groupby(files, key=lambda path: path.stem.rpartition("-")[0]):
        paths = list(group)
        first = dcmread(paths[0], stop_before_pixels=True)
        yield {
            "instances": len(paths),
            "transfer_syntax": str(first.file_meta.TransferSyntaxUID),
            **{name: _plain(first.get(name)) for name in READ},
        }


READ = (
    "PatientID PatientSex PatientAge StudyInstanceUID StudyDate StudyDescription "
    "ClinicalTrialProtocolID SeriesInstanceUID SeriesDate SeriesDescription Modality "
    "BodyPartExamined Manufacturer ManufacturerModelName SOPClassUID"
).split()


def _plain(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None
