"""Makes attributes.csv: `python -m tests.corpus.make_attributes TABLE`, the JSON of Table E.1-1.

TABLE maps tags to {basic, name, …}; each attribute with text, or a sequence, gets the kind of
value that a hospital would write there.
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import date
from pathlib import Path

from pydicom.datadict import DicomDictionary

_TEXT = {"LO", "SH", "LT", "ST", "UT", "PN", "UC", "UR", "SQ"}
_PATIENT = {"PatientName", "PatientID", "PatientBirthName", "PatientMotherBirthName"}
_KINDS = (
    ("URL", ("URI", "URL")),
    ("phone", ("Telephone", "Phone")),
    ("address", ("Address", "Residence", "CityName", "PostalCode")),
    ("device", ("SerialNumber", "DeviceID", "PlateID", "CassetteID", "GantryID", "GeneratorID")),
    ("institution", ("Institution", "Organization", "Department", "Facility")),
    ("station", ("StationName", "AETitle", "Station", "AET")),
    ("id", ("ID", "Number", "Identifier", "Code")),
    ("name", ("Name", "Physician", "Operator", "Person", "Author", "Reviewer")),
)


def kind_of(keyword: str, vr: str) -> str:
    """What stands in an attribute."""
    if vr == "SQ":
        return "sequence"
    if vr == "PN":
        return "patient" if keyword in _PATIENT else "name"
    for kind, words in _KINDS:
        if any(word in keyword for word in words) and (kind != "name" or "Text" not in keyword):
            return kind if vr not in ("LT", "ST", "UT") or kind in ("address", "URL") else "prose"
    return "prose" if vr in ("LT", "ST", "UT") else "phrase"


def main(table: Path) -> None:
    """Write the table beside this file."""
    rows = []
    for tag, row in sorted(json.loads(table.read_text(encoding="utf-8")).items()):
        if len(tag) != 8 or int(tag, 16) not in DicomDictionary:
            continue
        vr, multiplicity, _, retired, keyword = DicomDictionary[int(tag, 16)]
        if vr in _TEXT and tag[:4] != "0002" and keyword:
            kind = kind_of(keyword, vr)
            rows.append((tag, keyword, vr, multiplicity, row["basic"], kind, retired))
    target = Path(__file__).parent / "attributes.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(
            "# Attributes of DICOM PS3.15 Table E.1-1 (2026c) with text, and what is written in "
            f"them here; made by make_attributes.py on {date.today()}.\n"
        )
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tag", "keyword", "vr", "vm", "basic", "kind", "retired"))
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
