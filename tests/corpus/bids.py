"""A BIDS folder: NIfTI volumes, sidecars and tables, with or without identifiers."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from tests.corpus.heads import Cut, head
from tests.corpus.key import Corpus, Entry, Notes
from tests.corpus.people import Person, harmless, say

Table = list[dict[str, str]]


class Folder:
    """Files that are no DICOM, below a folder of the corpus, with their key."""

    def __init__(self, root: Path, corpus: Corpus) -> None:
        self.root, self.corpus = root, corpus
        self.entries: list[Entry] = []

    def put(self, name: str, data: bytes, notes: Notes | None = None) -> None:
        """Write a file and its expectations; without any it is clean."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        entries = (notes or Notes(self.corpus)).of(name)
        self.entries += [e for e in entries if self.corpus != "raw" or e.expect != "clean"]

    def notes(self, person: Person) -> Notes:
        """Notes on a file of a person."""
        return Notes(self.corpus, person.mrn)


def table(rows: Iterable[dict[str, str]], delimiter: str) -> bytes:
    """Rows as delimited text, quoted where needed."""
    listed = list(rows)

    def cell(text: str) -> str:
        bare = delimiter not in text and '"' not in text
        return text if bare else '"' + text.replace('"', '""') + '"'

    lines = [delimiter.join(listed[0])]
    lines += [delimiter.join(cell(value) for value in row.values()) for row in listed]
    return ("\n".join(lines) + "\n").encode()


def _nifti(rng: random.Random, volume: Any, spacing: float) -> nib.Nifti1Image:
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = -np.array(volume.shape) * spacing / 2
    image = nib.Nifti1Image(volume, affine)
    image.header["descrip"] = rng.choice((b"TE=2.9;Time=91530.2", b"FSL6.0", b"dcm2niix v1.0"))
    return image


def _packed(image: nib.Nifti1Image) -> bytes:
    return gzip.compress(image.to_bytes(), compresslevel=1, mtime=0)


def plant_nifti(rng: random.Random, image: nib.Nifti1Image, person: Person, notes: Notes) -> None:
    """Put identifiers in a text field of the header, or in an extension."""
    place = rng.choice(("descrip", "aux_file", "db_name", "extension[0]"))
    limit = {"descrip": 79, "aux_file": 23, "db_name": 17}.get(place, 300)
    text, found = say(person, "private" if limit > 30 else "technical", rng, limit)
    if place == "extension[0]":
        data = f"Converted by tool. {text}".encode()
        image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", data))
    else:
        image.header[place] = text.encode("latin-1", "replace")
    notes.phi(place, "nifti", found)


def sidecar(rng: random.Random, number: int) -> dict[str, Any]:
    """A sidecar as dcm2niix writes it when it is asked to leave identity out."""
    return {
        "Modality": "MR",
        "MagneticFieldStrength": rng.choice((1.5, 3)),
        "Manufacturer": "Siemens",
        "ManufacturersModelName": "Prisma_fit",
        "SoftwareVersions": rng.choice(harmless("software")),
        "SeriesDescription": rng.choice(harmless("series")),
        "ProtocolName": rng.choice(harmless("protocol")),
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "NORM"],
        "SeriesNumber": number,
        "AcquisitionTime": f"{rng.randrange(8, 18):02}:41:{rng.randrange(60):02}.{number}90000",
        "EchoTime": 0.00296,
        "RepetitionTime": 2.3,
        "ImageOrientationPatientDICOM": [1, 0, 0, 0, 1, 0],
        "ConversionSoftware": "dcm2niix",
        "ConversionSoftwareVersion": "v1.0.20220720",
    }


def _identity(person: Person) -> list[tuple[str, str, str]]:
    return [
        ("PatientName", "name", person.name),
        ("PatientID", "id", person.mrn),
        ("InstitutionName", "institution", person.place["institution"]),
        ("InstitutionAddress", "address", f"{person.place['street']}, {person.place['town']}"),
        ("DeviceSerialNumber", "device", person.serial),
        ("ReferringPhysicianName", "name", person.physician),
        ("AccessionNumber", "id", person.accession),
    ]


def subject(rng: random.Random, folder: Folder, person: Person, label: str, cut: Cut) -> None:
    """One subject: a volume and its sidecar. In the raw corpus both identify."""
    raw = folder.corpus == "raw"
    base = f"bids/sub-{label}/ses-01/anat/sub-{label}_ses-01_T1w"
    spacing = 4.0 if raw else 3.0
    image = _nifti(rng, head(rng.randrange(1000), spacing, cut), spacing)
    notes = folder.notes(person)
    if raw or rng.random() < 0.3:
        plant_nifti(rng, image, person, notes)
    if cut == "none" and not raw:
        notes.add("pixel", "face", "remove", "face")
    folder.put(f"{base}.nii.gz", _packed(image), notes)

    data, notes = sidecar(rng, 2), folder.notes(person)
    if raw:
        for key, kind, text in _identity(person):
            data[key] = text
            notes.phi(key, "bids", [(kind, text)])
        data["PatientSex"] = person.sex
        data["AcquisitionDateTime"] = f"{person.study:%Y-%m-%d}T10:41:07.230000"
        notes.add("AcquisitionDateTime", "bids", "date", "date", data["AcquisitionDateTime"])
        for key in ("EchoTime", "RepetitionTime", "MagneticFieldStrength", "Manufacturer"):
            notes.add(key, "bids", "keep_basic", "", str(data[key]))
        for key in ("SeriesDescription", "ProtocolName"):
            notes.add(key, "bids", "keep_option", "", str(data[key]))
    elif rng.random() < 0.35:
        if rng.random() < 0.6:
            key, kind, text = rng.choice(_identity(person))
            data[key] = text
            notes.phi(key, "bids", [(kind, text)])
        else:
            data["SeriesDescription"], found = say(person, "phrase", rng, 64)
            notes.phi("SeriesDescription", "bids", found)
    folder.put(f"{base}.json", json.dumps(data, indent=1).encode(), notes)


def participants(rng: random.Random, folder: Folder, persons: dict[str, Person]) -> None:
    """participants.tsv: ages and groups, and in some cells who somebody is."""
    raw = folder.corpus == "raw"
    notes = Notes(folder.corpus)
    rows: Table = []
    for number, (label, person) in enumerate(persons.items(), 1):
        age = min(person.age, 89)
        row = {"participant_id": f"sub-{label}", "age": str(age), "sex": person.sex}
        row |= {"group": rng.choice(("control", "patient")), "handedness": rng.choice("RL")}
        row["comments"] = rng.choice(("n/a", "n/a", "moved in run 2", "left-handed father"))
        if raw:
            row |= {"birth_date": f"{person.birth:%Y-%m-%d}", "mrn": person.mrn}
            notes.phi(f"{number}:mrn", "bids", [("id", person.mrn)])
            notes.add(f"{number}:birth_date", "bids", "date", "date", row["birth_date"])
            for column in ("sex", "group", "age"):
                notes.add(f"{number}:{column}", "bids", "keep_option", "", row[column])
        if rng.random() < (0.5 if raw else 0.25):
            row["comments"], found = say(person, "prose", rng, 120)
            notes.phi(f"{number}:comments", "bids", found)
        rows.append(row)
    folder.put("bids/participants.tsv", table(rows, "\t"), notes)


def scans(rng: random.Random, folder: Folder, person: Person, label: str) -> None:
    """A scans.tsv: acquisition times are dates of the person in the raw corpus, shifted else."""
    day = person.study if folder.corpus == "raw" else person.study - timedelta(days=1234)
    name = f"anat/sub-{label}_ses-01_T1w.nii.gz"
    when = f"{day:%Y-%m-%d}T{rng.randrange(8, 18):02}:30:00"
    notes = folder.notes(person)
    if folder.corpus == "raw":
        notes.add("1:acq_time", "bids", "date", "date", when)
    data = table([{"filename": name, "acq_time": when}], "\t")
    folder.put(f"bids/sub-{label}/ses-01/sub-{label}_ses-01_scans.tsv", data, notes)


def make(rng: random.Random, folder: Folder, persons: list[Person]) -> None:
    """The whole folder; in the residual corpus the faces of some heads are there, of others cut."""
    labels = {f"{number:02}": person for number, person in enumerate(persons, 1)}
    cuts: tuple[Cut, ...] = ("mask", "none", "plane", "brain")
    for number, (label, person) in enumerate(labels.items()):
        subject(rng, folder, person, label, cuts[number % 4])
        scans(rng, folder, person, label)
    participants(rng, folder, labels)
    description = {
        "Name": "Willis angiography pilot",
        "BIDSVersion": "1.8.0",
        "Authors": ["Marta Lindholm", "Okello J."],
        "License": "CC0",
    }
    folder.put("bids/dataset_description.json", json.dumps(description, indent=1).encode())
    folder.put("bids/CHANGES", b"1.0.1 2019-02-11\n - Fixed the sidecars\n1.0.0 2018-11-30\n")
    columns = {"age": {"Description": "Age in years", "Units": "years"}}
    folder.put("bids/participants.json", json.dumps(columns, indent=1).encode())
