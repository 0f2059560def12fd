"""The invented people of the corpus, and texts that name them."""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LONG = (
    "January February March April May June July August September October November December"
).split()
_GIVEN = "Dorothea Ariadne Leopold Cordelia Matthias Rosalind Anselm Philippa".split()


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of the tables here."""
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


@cache
def harmless(use: str) -> tuple[str, ...]:
    """Values that identify nobody, for one use."""
    return tuple(row["text"] for row in rows("harmless.csv") if row["use"] == use)


@cache
def _templates() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows("templates.csv"):
        found[row["style"]].append(row["text"])
    return found


@dataclass(frozen=True, slots=True)
class Person:
    """A patient, with what belongs to them. `plain` is no where the family name is a word."""

    family: str
    given: str
    sex: str
    charset: str
    family_native: str
    given_native: str
    plain: bool
    birth: date
    study: date
    mrn: str
    accession: str
    phone: str
    email: str
    ssn: str
    nhs: str
    policy: str
    account: str
    serial: str
    staff: tuple[str, str]
    second: tuple[str, str]
    place: dict[str, str]

    @property
    def name(self) -> str:
        """The name as DICOM has it, in Latin letters."""
        return f"{self.family}^{self.given}"

    @property
    def native(self) -> str:
        """The name as DICOM has it, in the person's own letters if the table has them."""
        if not self.family_native:
            return self.name
        own = f"{self.family_native}^{self.given_native}"
        ideographic = self.charset in ("ISO 2022 IR 87", "GB18030")
        return f"{self.name}={own}" if ideographic else own

    @property
    def age(self) -> int:
        """Whole years at the day of the study."""
        before = (self.study.month, self.study.day) < (self.birth.month, self.birth.day)
        return self.study.year - self.birth.year - before

    @property
    def physician(self) -> str:
        """The referring physician as DICOM has names."""
        return "^".join(self.staff)


def people(rng: random.Random, count: int) -> list[Person]:
    """So many patients; the same for the same generator. Names repeat after the table's end."""
    table = list(rows("names.csv"))
    rng.shuffle(table)
    return [_person(rng, table[i % len(table)]) for i in range(count)]


def _person(rng: random.Random, row: dict[str, str]) -> Person:
    def digits(count: int) -> str:
        return "".join(rng.choice("0123456789") for _ in range(count))

    study = date(2009, 1, 5) + timedelta(days=rng.randrange(365 * 14))
    birth = study - timedelta(days=rng.randrange(365 * 19, 365 * 97))
    staff = rng.sample(rows("staff.csv"), 2)
    word = re.sub(r"[^a-z]", "", row["family"].lower())
    domain = rng.choice(("mailhaus.example", "post.example.org", "nhs.example.net"))
    mrn = rng.choice(
        (
            f"{rng.randrange(1, 9)}{digits(6)}",
            f"MRN{digits(8)}",
            f"H{digits(7)}",
            f"{digits(3)}-{digits(2)}-{digits(4)}",
            f"{rng.choice('ABKLP')}{rng.choice('QRST')}{digits(6)}",
        )
    )
    phone = rng.choice(
        (
            f"({rng.randrange(201, 989)}) 555-{digits(4)}",
            f"+30 210 {digits(3)} {digits(4)}",
            f"+49 761 {digits(6)}",
            f"{rng.randrange(201, 989)}-555-{digits(4)}",
        )
    )
    return Person(
        row["family"],
        row["given"],
        row["sex"],
        row["charset"],
        row["family_native"],
        row["given_native"],
        row["plain"] == "yes",
        birth,
        study,
        mrn,
        rng.choice((f"A{digits(8)}", f"{study.year}{digits(7)}", f"RAD-{digits(7)}")),
        phone,
        f"{row['given'][0].lower()}.{word}@{domain}",
        f"{rng.randrange(100, 899)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
        f"{digits(3)} {digits(3)} {digits(4)}",
        f"POL{digits(9)}",
        f"ACC-{digits(6)}",
        f"SN{digits(6)}" if rng.random() < 0.5 else f"{rng.randrange(1, 9)}{digits(5)}",
        (staff[0]["family"], staff[0]["given"]),
        (staff[1]["family"], staff[1]["given"]),
        rng.choice(rows("places.csv")),
    )


_KINDS = {
    "mrn": "id", "accession": "id", "policy": "id", "account": "id", "phone": "phone",
    "email": "email", "ssn": "national number", "nhs": "national number", "serial": "device",
    "institution": "institution", "street": "address", "town": "address", "postcode": "address",
}  # fmt: skip
_DATES = {
    "slash": "{0.month}/{0.day}/{0.year}", "dots": "{0.day:02}.{0.month:02}.{0.year}",
    "iso": "{0:%Y-%m-%d}",
}  # fmt: skip


def _value(person: Person, slot: str, rng: random.Random) -> tuple[str, str]:
    """What is put in for a slot: (kind, text)."""
    if slot in ("institution", "street", "town", "postcode"):
        return _KINDS[slot], person.place[slot]
    if slot in _KINDS:
        return _KINDS[slot], getattr(person, slot)
    if slot.startswith(("dob", "day")):
        when = person.birth if slot.startswith("dob") else person.study
        form = slot.partition("_")[2]
        if form == "long":
            return "date", f"{_LONG[when.month - 1]} {when.day}, {when.year}"
        if form == "dmy":
            return "date", f"{when.day:02}-{_MONTHS[when.month - 1]}-{when.year}"
        return "date", _DATES[form].format(when) if form else f"{when:%Y%m%d}"
    if slot == "birth_year":
        return "", str(person.birth.year)
    if slot == "domain":
        return "", person.email.partition("@")[2]
    if slot == "given2":
        return "name", rng.choice(_GIVEN)
    if slot == "staff_family":
        return "name", person.staff[0]
    full = f"{person.given} {person.family}"
    forms = {
        "full": full, "rev": f"{person.family}, {person.given}",
        "staff": " ".join(reversed(person.staff)),
        "family": person.family if person.plain else full,
        "FAMILY": (person.family if person.plain else full).upper(),
        "given": person.given, "GIVEN": person.given.upper(),
    }  # fmt: skip
    return "name", forms[slot]


def say(
    person: Person, style: str, rng: random.Random, limit: int = 1000
) -> tuple[str, list[tuple[str, str]]]:
    """A text in a style that holds identifiers of a person, and these, as (kind, text).

    A text is at most so many characters long.
    """
    for _ in range(60):
        template = rng.choice(_templates()[style])
        found: list[tuple[str, str]] = []
        text = template
        for slot in re.findall(r"{(\w+)}", template):
            kind, value = _value(person, slot, rng)
            text = text.replace("{" + slot + "}", value, 1)
            if kind and not (slot in ("given", "GIVEN") and person.plain):
                found.append((kind, value))
        if len(text) <= limit:
            return text, found
    return person.mrn[:limit], [("id", person.mrn[:limit])]
