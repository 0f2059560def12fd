"""The raw corpus: studies as they leave a hospital, for a de-identifier."""

from __future__ import annotations

import random
from pathlib import Path

from tests.corpus import loose, plants
from tests.corpus.headers import study
from tests.corpus.key import Entry
from tests.corpus.people import Person, people
from tests.corpus.plants import Spot
from tests.corpus.studies import Maker

ABOUT = (("SEG", 1), ("RTSTRUCT", 1), ("SR", 1), ("PR", 1), ("PDF", 1))
FLAT = (("US", 1), ("USM", 1), ("CR", 1), ("DX", 1), ("MG", 2), ("SC", 1), ("OT", 1), ("TEXT", 1))


def kinds(rng: random.Random, slices: int) -> list[tuple[str, int]]:
    """Which series a patient has: always some slices, and what is made of them."""
    volume = rng.choice(("CT", "CT", "MR", "PT"))
    other = rng.choice(("MR", "CT", "PT"))
    about = [pair for pair in ABOUT if rng.random() < 0.75]
    flat = [pair for pair in FLAT if rng.random() < 0.4]
    return [(volume, slices), *about, (other, max(2, slices // 2)), *flat]


def plant(spot: Spot) -> None:
    """Identifiers in many places of one file."""
    for _ in range(5):
        plants.listed(spot)
    plants.description(spot)
    for how, weight in plants.PLANTS.items():
        if how not in (plants.identity, plants.listed) and spot.rng.random() < weight / 6:
            how(spot)


def folder_of(rng: random.Random, person: Person, number: int) -> tuple[str, list[tuple[str, str]]]:
    """The folder of a patient, which names them as often as not; what in it identifies."""
    name = f"{person.family}_{person.given}".replace(" ", "")
    return rng.choice(
        (
            (f"{name}_{person.mrn}", [("name", name), ("id", person.mrn)]),
            (name.upper(), [("name", name.upper())]),
            (f"patient{number:03}", []),
            (f"{person.mrn}_{person.birth:%Y%m%d}", [("id", person.mrn)]),
            (f"scans/{number:02}", []),
        )
    )


def make(folder: Path, seed: int, patients: int, slices: int) -> list[Entry]:
    """Write the studies into a folder; their key."""
    rng = random.Random(seed)
    maker = Maker(rng, folder, "raw", clean=False, share=0.75, plant=plant)
    persons = people(rng, patients)
    for number, person in enumerate(persons, 1):
        place, found = folder_of(rng, person, number)
        of = study(rng, person, clean=False, number=number)
        maker.study(of, kinds(rng, slices), lambda name, place=place: f"{place}/{name}.dcm")  # type: ignore[misc]
        for kind, text in found:
            entry = Entry("raw", place, "filename", "filename", "remove", kind, text)
            maker.entries.append(entry)
    return loose.make(maker, persons) + maker.entries
