"""Places in a data set where identifiers are planted, each noted in the key."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from tests.corpus.headers import code, path
from tests.corpus.key import Notes
from tests.corpus.people import Person, harmless, rows, say

Found = list[tuple[str, str]]
_LENGTHS = {"SH": 16, "LO": 64, "CS": 16, "PN": 64}
_STRUCTURE = {
    "ContentSequence", "GraphicAnnotationSequence", "IconImageSequence",
    "DigitalSignaturesSequence",
    "ModifiedAttributesSequence", "ReferencedSOPInstanceMACSequence", "PatientName", "PatientID",
    "WaveformAnnotationSequence", "UnformattedTextValue", "ReferencedDigitalSignatureSequence",
    "NonconformingModifiedAttributesSequence", "ContrastBolusAgent", "TimezoneOffsetFromUTC",
    "OriginalAttributesSequence", "RequestAttributesSequence", "OtherPatientIDsSequence",
    "AcquisitionContextSequence", "SourceImageSequence", "ROICreatorSequence",
    "ROIInterpreterSequence", "UDISequence", "SpecimenPreparationSequence",
}  # fmt: skip


@dataclass
class Outside:
    """What stands in a file before and behind its data set."""

    preamble: bytes = b""
    trailing: bytes = b""


@dataclass
class Spot:
    """One file as it is made."""

    rng: random.Random
    ds: Dataset
    person: Person
    notes: Notes
    outside: Outside


def value_for(kind: str, vr: str, person: Person, rng: random.Random) -> tuple[str, Found]:
    """What a hospital writes in an attribute of a kind: the value and the identifiers in it."""
    limit = _LENGTHS.get(vr, 400)
    place = person.place
    if kind == "name":
        name = "^".join(rng.choice((person.staff, person.second)))
        return name, [("name", name)]
    if kind == "patient":
        return person.name, [("name", person.name)]
    if kind == "station":
        station = f"{place['town'][:6].upper()}CT{person.serial[-3:]}"
        return station, [("device", station)]
    simple = {
        "id": rng.choice((person.mrn, person.accession, person.policy)),
        "phone": person.phone,
        "device": person.serial,
        "address": f"{place['street']}, {place['town']} {place['postcode']}",
        "institution": rng.choice((place["institution"], place["department"])),
        "URL": f"https://pacs.{person.email.partition('@')[2]}/wado?patient={person.mrn}",
    }
    if kind in simple:
        text = simple[kind][:limit].strip()
        if kind == "id" and len(text) < 6:
            text = person.mrn[:limit]
        return text, [(kind, text)]
    style = "prose" if kind == "prose" else "phrase"
    return say(person, style, rng, limit)


def listed(spot: Spot) -> None:
    """An attribute of Table E.1-1, at top level or as a sequence with a person in it."""
    row = spot.rng.choice(rows("attributes.csv"))
    keyword, vr = row["keyword"], row["vr"]
    if keyword in _STRUCTURE or (keyword in spot.ds and spot.ds[keyword].value):
        return listed(spot)
    tag = int(row["tag"], 16)
    if vr == "SQ":
        item = Dataset()
        item.PersonName = "^".join(spot.person.staff)
        item.InstitutionName = spot.person.place["institution"]
        spot.ds.add_new(tag, "SQ", [item])
        spot.notes.phi(path(tag, 0, 0x0040A123), "sequence", [("name", item.PersonName)])
        spot.notes.phi(
            path(tag, 0, 0x00080080), "sequence", [("institution", item.InstitutionName)]
        )
        return None
    text, found = value_for(row["kind"], vr, spot.person, spot.rng)
    spot.ds.add_new(tag, vr, text.replace("\\", "/"))
    spot.notes.phi(path(tag), "top", found)
    return None


def identity(spot: Spot) -> None:
    """One of the attributes that tools forget most: an identifier where one is expected."""
    rng, person = spot.rng, spot.person
    place = person.place
    keyword, kind, text = rng.choice(
        (
            ("PatientName", "name", person.name),
            ("PatientID", "id", person.mrn),
            ("PatientBirthDate", "date", f"{person.birth:%Y%m%d}"),
            ("AccessionNumber", "id", person.accession),
            ("ReferringPhysicianName", "name", person.physician),
            ("OperatorsName", "name", "^".join(person.second)),
            ("PerformingPhysicianName", "name", person.physician),
            ("InstitutionName", "institution", place["institution"]),
            ("InstitutionAddress", "address", f"{place['street']}, {place['town']}"),
            ("PatientTelephoneNumbers", "phone", person.phone[:16]),
            ("OtherPatientIDs", "id", person.mrn),
            ("DeviceSerialNumber", "device", person.serial),
            ("PatientAddress", "address", f"{place['street']}, {place['postcode']}"),
            ("RequestingPhysician", "name", person.physician),
            ("PatientBirthName", "name", person.name),
        )
    )
    setattr(spot.ds, keyword, text)
    spot.notes.phi(path(spot.ds[keyword].tag), "top", [(kind, text)])


def description(spot: Spot) -> None:
    """A description or comment that names the patient."""
    keyword, style, limit = spot.rng.choice(
        (
            ("StudyDescription", "phrase", 64),
            ("SeriesDescription", "phrase", 64),
            ("ProtocolName", "phrase", 64),
            ("ImageComments", "prose", 400),
            ("PatientComments", "prose", 400),
            ("AdditionalPatientHistory", "prose", 400),
            ("RequestedProcedureDescription", "phrase", 64),
            ("PerformedProcedureStepDescription", "phrase", 64),
            ("DerivationDescription", "prose", 300),
        )
    )
    text, found = say(spot.person, style, spot.rng, limit)
    setattr(spot.ds, keyword, text)
    spot.notes.phi(path(spot.ds[keyword].tag), "top", found)


def unlisted(spot: Spot) -> None:
    """An attribute that the table does not list."""
    row = spot.rng.choice(rows("unlisted.csv"))
    keyword, limit = row["keyword"], int(row["length"])
    if row["style"] == "name":
        text = spot.person.name
        found: Found = [("name", text)]
    else:
        text, found = say(spot.person, row["style"], spot.rng, limit)
    before = spot.ds.get(keyword)
    if isinstance(before, MultiValue):
        setattr(spot.ds, keyword, [text, *list(before)[1:]])
    else:
        setattr(spot.ds, keyword, text)
    spot.notes.phi(path(spot.ds[keyword].tag), "unlisted", found)


def sequence(spot: Spot) -> None:
    """An item of a sequence, up to three deep."""
    rng, ds, person = spot.rng, spot.ds, spot.person
    phi = spot.notes.phi
    item, inner = Dataset(), Dataset()
    which = rng.randrange(6)
    if which == 0:
        text, found = say(person, "phrase", rng, 64)
        item.ScheduledProcedureStepDescription = text
        item.RequestedProcedureID = person.accession[:16]
        item.ScheduledProcedureStepID = "1"
        ds.RequestAttributesSequence = [item]
        phi(path(0x00400275, 0, 0x00400007), "sequence", found)
        phi(path(0x00400275, 0, 0x00401001), "sequence", [("id", person.accession[:16])])
    elif which == 1:
        item.PatientID, item.TypeOfPatientID = person.mrn, "TEXT"
        item.IssuerOfPatientID = person.place["institution"]
        ds.OtherPatientIDsSequence = [item]
        phi(path(0x00101002, 0, 0x00100020), "sequence", [("id", person.mrn)])
        phi(path(0x00101002, 0, 0x00100021), "sequence", [("institution", item.IssuerOfPatientID)])
    elif which == 2:
        inner.PatientName = person.name
        item.ModifiedAttributesSequence = [inner]
        item.ReasonForTheAttributeModification = "CORRECT"
        ds.OriginalAttributesSequence = [item]
        at = path(0x04000561, 0, 0x04000550, 0, 0x00100010)
        phi(at, "sequence", [("name", person.name)])
    elif which == 3:
        text, found = say(person, "phrase", rng, 64)
        ds.AnatomicRegionSequence = [code("T-D4000", "SRT", text)]
        phi(path(0x00082218, 0, 0x00080104), "sequence", found)
    elif which == 4:
        inner.PersonName = person.physician
        inner.InstitutionName = person.place["institution"]
        item.PersonIdentificationCodeSequence = [code("7718", "99LOC", "^".join(person.second))]
        item.PersonTelephoneNumbers = person.phone
        ds.ReferringPhysicianIdentificationSequence = [item]
        at = path(0x00080096, 0, 0x00401101, 0, 0x00080104)
        phi(at, "sequence", [("name", "^".join(person.second))])
        phi(path(0x00080096, 0, 0x00401103), "sequence", [("phone", person.phone)])
    else:
        item.MACIDNumber = 1
        item.DigitalSignatureDateTime = f"{person.study:%Y%m%d}101500"
        item.CertificateType = "X509_1993_SIG"
        item.CertificateOfSigner = _blob(rng, " ".join(reversed(person.staff)), "utf-8")
        item.Signature = rng.randbytes(64)
        item.DigitalSignatureUID = f"1.2.840.113619.9.{rng.randrange(10**9)}"
        ds.DigitalSignaturesSequence = [item]
        at = path(0xFFFAFFFA, 0, 0x04000115)
        phi(at, "blob", [("name", " ".join(reversed(person.staff)))])


def private(spot: Spot) -> None:
    """A private element of a creator that no list calls safe, at top level or in a sequence."""
    rng, ds = spot.rng, spot.ds
    group = rng.choice((0x0029, 0x0033, 0x00E1, 0x7FD1))
    block = rng.randrange(0x10, 0x40)
    creator = rng.choice(("ACME IMG TOOLS 2.1", "RIS EXPORT", "VendorQ_Private", "HISBRIDGE"))
    ds.add_new((group, block), "LO", creator)
    element = (group << 16) + (block << 8) + rng.randrange(1, 0x90)
    text, found = say(spot.person, "private", rng, 64)
    if rng.random() < 0.25:
        item = Dataset()
        item.add_new((group, block), "LO", creator)
        item.add_new(element + 0x10, rng.choice(("LT", "ST", "LO")), text)
        ds.add_new(element, "SQ", [item])
        spot.notes.phi(path(element, 0, element + 0x10), "private", found)
        return
    ds.add_new(element, rng.choice(("LO", "LT", "ST", "UT")), text)
    spot.notes.phi(path(element), "private", found)


def _blob(rng: random.Random, text: str, encoding: str) -> bytes:
    before, after = rng.randbytes(rng.randrange(16, 90)), rng.randbytes(rng.randrange(16, 90))
    data = before + b"\0\0" * 2 + text.encode(encoding) + b"\0\0" + after
    return data + b"\0" * (len(data) % 2)


def blob(spot: Spot) -> None:
    """Text between the bytes of a private OB or UN element."""
    rng, ds = spot.rng, spot.ds
    group, block = rng.choice((0x0029, 0x0051, 0x07A1)), rng.randrange(0x50, 0x70)
    ds.add_new((group, block), "LO", rng.choice(("ACME CSA HEADER", "VENDOR RAW BLOCK")))
    element = (group << 16) + (block << 8) + 0x10
    text, found = say(spot.person, "private", rng, 64)
    encoding = "utf-16-le" if rng.random() < 0.15 else "utf-8"
    ds.add_new(element, rng.choice(("OB", "UN")), _blob(rng, text, encoding))
    spot.notes.phi(path(element), "blob", found)


def overlay(spot: Spot) -> None:
    """An overlay with comments, a label, or a description; or a curve of an old file."""
    rng, ds = spot.rng, spot.ds
    if rng.random() < 0.2:
        ds.add_new(0x50000005, "US", 1)
        ds.add_new(0x50000020, "CS", "TAC")
        text, found = say(spot.person, "phrase", rng, 64)
        ds.add_new(0x50000022, "LO", text)
        ds.add_new(0x50003000, "OB", rng.randbytes(32))
        spot.notes.phi("50000022", "overlay", found)
        return
    ds.add_new(0x60000010, "US", 16)
    ds.add_new(0x60000011, "US", 16)
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000050, "SS", [1, 1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", bytes(32))
    tag, vr, style, limit = rng.choice(
        (
            (0x60004000, "LT", "prose", 300),
            (0x60000022, "LO", "phrase", 64),
            (0x60001500, "LO", "phrase", 64),
        )
    )
    text, found = say(spot.person, style, rng, limit)
    ds.add_new(tag, vr, text)
    spot.notes.phi(path(tag), "overlay", found)


def padding(spot: Spot) -> None:
    """Bytes behind the data set: in Data Set Trailing Padding, or loose."""
    text, found = say(spot.person, "private", spot.rng, 90)
    deflated = spot.ds.file_meta.TransferSyntaxUID.endswith(".1.99")
    loose = b"!" if spot.rng.random() < 0.2 and not deflated else b""
    spot.outside.trailing = loose + bytes(20) + text.encode("utf-8") + bytes(8)
    spot.notes.phi("padding", "padding", found)


def preamble(spot: Spot) -> None:
    """The first 128 bytes."""
    text, found = say(spot.person, "private", spot.rng, 100)
    spot.outside.preamble = bytes(4) + text.encode("utf-8")
    spot.notes.phi("preamble", "preamble", found)


def meta(spot: Spot) -> None:
    """An element of the file's own group."""
    person, info = spot.person, spot.ds.file_meta
    if spot.rng.random() < 0.6:
        title = f"{person.place['town'][:8].upper().replace(' ', '')}_PACS"[:16]
        info.SourceApplicationEntityTitle = title
        spot.notes.phi("00020016", "meta", [("institution", title)])
        return
    text, found = say(person, "private", spot.rng, 90)
    info.PrivateInformationCreatorUID = "1.2.840.113619.9.9"
    info.PrivateInformation = text.encode("utf-8") + b"\0" * (len(text.encode("utf-8")) % 2)
    spot.notes.phi("00020102", "meta", found)


PLANTS: dict[Callable[[Spot], None], int] = {
    listed: 3, identity: 4, description: 4, unlisted: 4, sequence: 4, private: 3, blob: 2,
    overlay: 1, padding: 2, preamble: 2, meta: 2,
}  # fmt: skip
"""Every way to plant, and how often it is taken against the others."""


def comment(ds: Dataset, rng: random.Random) -> None:
    """Harmless comments, as clean files have them too."""
    for keyword in ("ImageComments", "DerivationDescription"):
        if rng.random() < 0.4:
            setattr(ds, keyword, rng.choice(harmless("comment")))
