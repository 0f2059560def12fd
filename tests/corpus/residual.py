"""The residual corpus: studies de-identified well, of which some files kept an identifier."""

from __future__ import annotations

import random
from pathlib import Path

from tests.corpus import loose, plants
from tests.corpus.headers import study
from tests.corpus.key import Entry
from tests.corpus.people import people
from tests.corpus.plants import Spot
from tests.corpus.raw import kinds
from tests.corpus.studies import Maker

SHARE = 0.3
"""How many files are planted in; reports and burned-in texts that identify come to these."""


def plant(spot: Spot) -> None:
    """One or two identifiers in some files."""
    if spot.rng.random() >= SHARE:
        return
    ways = list(plants.PLANTS)
    for _ in range(spot.rng.choice((1, 1, 2))):
        spot.rng.choices(ways, list(plants.PLANTS.values()))[0](spot)


def make(folder: Path, seed: int, patients: int, slices: int) -> list[Entry]:
    """Write the studies into a folder; their key."""
    rng = random.Random(seed + 1)
    maker = Maker(rng, folder, "residual", clean=True, share=SHARE, plant=plant)
    persons = people(rng, patients)
    for number, person in enumerate(persons, 1):
        of = study(rng, person, clean=True, number=number)
        place = of.alias.replace(" ", "_")
        found: list[tuple[str, str]] = []
        if rng.random() < 0.2:
            name = f"{person.family}_{person.given}".replace(" ", "")
            place, kind, text = rng.choice(
                ((name, "name", name), (f"pat_{person.mrn}", "id", person.mrn))
            )
            found.append((kind, text))
        maker.study(of, kinds(rng, slices), lambda name, place=place: f"{place}/{name}.dcm")  # type: ignore[misc]
        for kind, text in found:
            entry = Entry("residual", place, "filename", "filename", "remove", kind, text)
            maker.entries.append(entry)
    return loose.make(maker, persons) + maker.entries
