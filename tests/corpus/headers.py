"""The headers of invented studies: what a scanner writes, with a real or a given-away identity."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydicom.dataset import Dataset, FileMetaDataset

from tests.corpus.people import Person, harmless

EXPLICIT = "1.2.840.10008.1.2.1"
STORAGE = "1.2.840.10008.5.1.4.1.1."
CLASSES = {
    "CT": "2", "MR": "4", "PT": "128", "US": "6.1", "USM": "3.1", "CR": "1", "DX": "1.1",
    "MG": "1.2", "SC": "7", "OT": "7", "SEG": "66.4", "RTSTRUCT": "481.3", "SR": "88.33",
    "TEXT": "88.11", "PR": "11.1", "PDF": "104.1",
}  # fmt: skip
"""The storage SOP Class of each kind of object here, after its common beginning."""

_MODALITY = {"USM": "US", "TEXT": "SR", "SC": "OT", "PDF": "DOC"}
_PARTS = ("HEAD", "CHEST", "ABDOMEN", "PELVIS", "KNEE", "NECK", "BREAST")


@dataclass(slots=True)
class Series:
    """One series of a study, and the objects made for it."""

    uid: str
    number: int
    modality: str
    description: str
    objects: list[Dataset] = field(default_factory=list)


@dataclass(slots=True)
class Study:
    """One study of one patient. `alias` is the pseudonym where the identity was given away."""

    person: Person
    uid: str
    frame: str
    day: date
    description: str
    protocol: str
    maker: str
    model: str
    software: str
    alias: str = ""
    date_offset: int = 0

    @property
    def shown(self) -> date:
        """The day that the headers show: the real one, or one shifted."""
        return self.day + timedelta(days=self.date_offset)


def new_uid(rng: random.Random, clean: bool) -> str:
    """A UID as a scanner makes it, or as a de-identifier does."""
    if not clean:
        parts = [str(rng.randrange(1, 10**9)) for _ in range(3)]
        return f"1.2.840.113619.2.{rng.randrange(50, 400)}." + ".".join(parts)
    if rng.random() < 0.5:
        return f"2.25.{rng.getrandbits(122) | 1 << 121}"
    return f"1.3.6.1.4.1.14519.5.2.1.{rng.randrange(10**4)}.{rng.randrange(10**17, 10**18)}"


def pseudonym(rng: random.Random, number: int) -> str:
    """A name that stands for a patient, in one of the usual styles."""
    hexes = f"{rng.getrandbits(48):012X}"
    return rng.choice(
        (
            f"ANON-{number:04}", f"LUNG-{number:03}", f"TCGA-{hexes[:2]}-{number:04}",
            f"sub-{number:02}", hexes, f"Case {number}", f"PAT_{number:05}",
            f"NSCLC-01-{number:03}", f"{rng.getrandbits(128):032x}", f"P{number:03}_T1",
        )
    )  # fmt: skip


def study(rng: random.Random, person: Person, clean: bool, number: int) -> Study:
    """A study with harmless descriptions."""
    return Study(
        person,
        new_uid(rng, clean),
        new_uid(rng, clean),
        person.study,
        rng.choice(harmless("study")),
        rng.choice(harmless("protocol")),
        rng.choice(harmless("maker")),
        rng.choice(harmless("model")),
        rng.choice(harmless("software")),
        pseudonym(rng, number) if clean else "",
        -rng.randrange(20, 3000) if clean else 0,
    )


def series(rng: random.Random, modality: str, number: int, clean: bool) -> Series:
    """A series without objects yet."""
    return Series(new_uid(rng, clean), number, modality, rng.choice(harmless("series")))


def header(rng: random.Random, of: Study, where: Series, number: int) -> Dataset:
    """What every object of a series has, but for the identity of its patient."""
    kind = where.modality
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = EXPLICIT
    ds.SOPClassUID = STORAGE + CLASSES[kind]
    ds.SOPInstanceUID = new_uid(rng, bool(of.alias))
    ds.StudyInstanceUID, ds.SeriesInstanceUID = of.uid, where.uid
    ds.Modality = _MODALITY.get(kind, kind)
    ds.SeriesNumber, ds.InstanceNumber = str(where.number), str(number)
    ds.StudyDescription, ds.SeriesDescription = of.description, where.description
    ds.Manufacturer, ds.ManufacturerModelName = of.maker, of.model
    ds.SoftwareVersions = of.software.split("\\")
    day = f"{of.shown:%Y%m%d}"
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = day
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = f"{rng.randrange(8, 18):02}{where.number:02}30"
    ds.InstanceCreationDate = day
    ds.InstanceCreationTime = ds.ContentTime
    ds.PatientSex = of.person.sex
    if of.person.age <= 89 or not of.alias:
        ds.PatientAge = f"{of.person.age:03}Y"
    ds.PatientWeight = str(45 + of.person.age % 50)
    ds.PatientSize = f"1.{60 + of.person.age % 30}"
    if kind not in ("SEG", "RTSTRUCT", "SR", "TEXT", "PR", "PDF"):
        ds.BodyPartExamined = rng.choice(_PARTS)
        ds.AcquisitionDate, ds.AcquisitionTime = day, ds.SeriesTime
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.BurnedInAnnotation = "NO"
    return ds


def real_identity(rng: random.Random, ds: Dataset, of: Study) -> list[tuple[int, str, str]]:
    """Write who the patient is, as a hospital does; what was written as (tag, kind, text)."""
    person = of.person
    written: list[tuple[int, str, str]] = []

    def put(keyword: str, kind: str, value: str) -> None:
        setattr(ds, keyword, value)
        written.append((ds[keyword].tag, kind, value))

    if person.charset:
        ds.SpecificCharacterSet = (
            ["", person.charset] if person.charset.startswith("ISO 2022") else person.charset
        )
    put("PatientName", "name", person.native if person.charset else person.name)
    put("PatientID", "id", person.mrn)
    ds.PatientBirthDate = f"{person.birth:%Y%m%d}"
    written.append((0x00100030, "date", ds.PatientBirthDate))
    put("AccessionNumber", "id", person.accession)
    put("StudyID", "id", person.accession[-6:])
    put("ReferringPhysicianName", "name", person.physician)
    place = person.place
    for keyword, kind, value, share in (
        ("InstitutionName", "institution", place["institution"], 0.95),
        ("InstitutionAddress", "address", f"{place['street']}, {place['town']}", 0.7),
        ("InstitutionalDepartmentName", "institution", place["department"], 0.6),
        ("OperatorsName", "name", "^".join(person.second), 0.6),
        ("PerformingPhysicianName", "name", person.physician, 0.5),
        ("PatientTelephoneNumbers", "phone", person.phone[:16], 0.4),
        ("PatientAddress", "address", f"{place['street']}, {place['postcode']}", 0.4),
        ("OtherPatientIDs", "id", person.policy, 0.4),
        ("DeviceSerialNumber", "device", person.serial, 0.8),
        ("PatientMotherBirthName", "name", f"{person.staff[0]}^{person.given}", 0.2),
    ):
        if rng.random() < share:
            put(keyword, kind, value)
    ds.StationName = f"{ds.Modality}{person.serial[-4:]}"
    return written


def given_away(rng: random.Random, ds: Dataset, of: Study) -> None:
    """Write a pseudonymous identity, as files have it after a proper de-identification."""
    upper = of.alias.upper() if rng.random() < 0.5 else of.alias
    ds.PatientName = rng.choice((of.alias, upper, "Anonymous", f"{of.alias}^"))
    ds.PatientID = of.alias
    ds.PatientBirthDate = rng.choice(("", "", "", "19000101", "19600101"))
    ds.AccessionNumber = rng.choice(("", f"{rng.getrandbits(60):015X}"))
    ds.ReferringPhysicianName = rng.choice(("", "", "ANON", "REMOVED"))
    ds.StudyID = rng.choice(("", "1", "0001"))
    if rng.random() < 0.3:
        ds.StationName = rng.choice(("ANON", "STATION1", "CT1"))
    if rng.random() < 0.25:
        ds.DeviceSerialNumber = rng.choice(("REMOVED", "0000", f"{rng.getrandbits(40):010X}"))
    if rng.random() < 0.2:
        ds.InstitutionName = rng.choice(("ANON", "REMOVED", "Site 07", "Anonymized"))
    if rng.random() < 0.4:
        ds.ClinicalTrialProtocolID = rng.choice(("ACRIN-6685", "NLST", "RTOG-0522"))
        ds.ClinicalTrialSubjectID = of.alias
        ds.ClinicalTrialSiteID = f"{rng.randrange(1, 60):02}"
    if rng.random() < 0.85:
        ds.PatientIdentityRemoved = "YES"
        ds.DeidentificationMethod = rng.choice(
            ("Per DICOM PS 3.15 AnnexE. Details in 0012,0064", "CTP basic", "In-house script 2.1")
        )
        if rng.random() < 0.8:
            ds.DeidentificationMethodCodeSequence = [
                _code(*code)
                for code in (
                    ("113100", "Basic Application Confidentiality Profile"),
                    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
                    ("113105", "Clean Descriptors Option"),
                )
            ]
        ds.LongitudinalTemporalInformationModified = "MODIFIED"


def _code(value: str, meaning: str) -> Dataset:
    return code(value, "DCM", meaning)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A coded concept (PS3.3 section 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def path(*steps: int) -> str:
    """A place in a data set: tags, and between them the numbers of items."""
    parts = [f"{tag:08X}" for tag in steps[::2]]
    items = [f"[{item}]" for item in steps[1::2]] + [""]
    return ".".join(part + item for part, item in zip(parts, items, strict=True))
