"""What the name of a field says of its value: JSON keys, table columns and form labels.

The roles of fields.csv:

`person` the name of somebody; `patient` what the patient is called in a hospital or study (it gets
the patient's pseudonym), `record` the same where it is surely a hospital's number; `participant`
the same where BIDS has it; `identifier` any other number, address or contact of a person;
`institution`, `device` what leads to a place of care; `birth` a date of birth; `moment` a date that
BIDS sidecars lose when they are anonymised; `date`, `time`, `age`, `uid`, `path` as they say;
`technical` words of the technique; `public` facts of publication, which name authors and not
patients; `text`, `unknown` anything.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from curation.phi import Kind

_HIPAA = {
    Kind.NAME: "A",
    Kind.ADDRESS: "B",
    Kind.DATE: "C",
    Kind.AGE: "C",
    Kind.PHONE: "D",
    Kind.EMAIL: "F",
    Kind.NATIONAL_NUMBER: "G",
    Kind.ID: "H",
    Kind.DEVICE: "M",
    Kind.URL: "N",
    Kind.IP: "O",
}
_WORD = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Field:
    """What a field holds; `tag` is the DICOM attribute that it is, if it is one."""

    role: str
    kind: Kind | None = None
    tag: int | None = None

    @property
    def rule(self) -> str:
        """The rule by which it identifies."""
        if self.tag is not None:
            return f"PS3.15 Table E.1-1 ({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"
        letter = _HIPAA.get(self.kind, "R") if self.kind else "R"
        return f"45 CFR 164.514(b)(2)(i)({letter})"


UNKNOWN = Field("unknown")


@lru_cache(1 << 14)
def field_of(name: str) -> Field:
    """What a field of this name holds: by the table, then as a DICOM keyword, then by a word."""
    if len(name) > _LONGEST:
        return UNKNOWN
    whole, words = _table()
    squeezed = _squeeze(name)
    if (known := whole.get(squeezed)) is not None:
        return known
    if (attribute := _attribute(name)) is not None:
        return attribute
    parts = _WORD.findall(_HUMP.sub(" ", _plain(name)))
    pairs = [a + b for a, b in pairwise(parts)]
    for part in [*parts, *pairs]:
        if (known := words.get(part.casefold())) is not None:
            return known
    return UNKNOWN


# What an attribute of DICOM holds by its value representation, where fields.csv is silent.
_BY_VR = {
    "PN": Field("person", Kind.NAME),
    "DA": Field("date", Kind.DATE),
    "DT": Field("date", Kind.DATE),
    "TM": Field("time", Kind.DATE),
    "UI": Field("uid", Kind.ID),
    "AS": Field("age", Kind.AGE),
    "CS": Field("technical"),
}


def attribute_of(tag: int, vr: str) -> Field:
    """What the DICOM attribute of this tag and value representation holds."""
    known = _by_tag().get(tag) or _BY_VR.get(vr) or Field("text")
    return Field(known.role, known.kind, tag)


def _attribute(keyword: str) -> Field | None:
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(keyword)
    return None if tag is None else attribute_of(tag, dictionary_VR(tag)[:2])


@cache
def _by_tag() -> dict[int, Field]:
    return {field.tag: field for field in _table()[0].values() if field.tag is not None}


@cache
def _table() -> tuple[dict[str, Field], dict[str, Field]]:
    whole: dict[str, Field] = {}
    words: dict[str, Field] = {}
    with Path(__file__).with_name("fields.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            tag = int(row["tag"], 16) if row["tag"] else None
            field = Field(row["role"], Kind(row["kind"]) if row["kind"] else None, tag)
            name = row["field"]
            (words if name.startswith("*") else whole)[_squeeze(name)] = field
    return whole, words


def _plain(name: str) -> str:
    """The name without accents; the letters of other alphabets stay."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(c for c in apart if not unicodedata.combining(c))


def _squeeze(name: str) -> str:
    return "".join(c for c in _plain(name).casefold() if c.isalnum())
