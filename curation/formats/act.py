"""What a format de-identifies with: the profile, the keyed mapping, and the cleaning of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass, field

from curation.deidentify.mapping import Mapping
from curation.faces.masks import FaceCut
from curation.phi import Style
from curation.phi.known import Known
from curation.phi.scrub import scrub
from curation.profiles import Profile


@dataclass
class Act:
    """Handed to a format for each file. `done` counts actions for the audit, by their word.

    `known` has what identifies the patients of this run, gathered from every file before the
    first is written. `regions` are boxes that were hidden, as (frame, x0, y0, x1, y1).
    `pseudonyms` are (kind, old, new), for the re-identification table if one is kept. `cuts`
    has how the face of a series is cut, by its Series Instance UID. `memo` and `codes` are what
    was decided before, so that a series is decided once.
    """

    profile: Profile
    mapping: Mapping
    known: Known
    pixels: bool = True
    done: Counter[str] = field(default_factory=Counter)
    regions: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    pseudonyms: set[tuple[str, str, str]] = field(default_factory=set)
    cuts: Mapping_[str, FaceCut] = field(default_factory=dict, repr=False)
    memo: dict[object, bytes | None] = field(default_factory=dict, repr=False)
    codes: dict[str, dict[tuple[int, bytes, int], str]] = field(default_factory=dict, repr=False)

    def text(self, text: str, style: Style, patient: str | None = None) -> str:
        """The text without identifiers; what belongs to this patient (or any) is cut too."""
        clean = scrub(text, style, known=self.known, patient=patient)
        if clean != text:
            self.done["text cleaned"] += 1
        return clean

    def patient(self, patient: str) -> str:
        """The pseudonym of a patient, remembered for the re-identification table."""
        new = self.mapping.patient(patient)
        self.pseudonyms.add(("patient", patient, new))
        return new

    def uid(self, uid: str) -> str:
        """The UID that stands for this one, remembered for the re-identification table."""
        new = self.mapping.uid(uid)
        self.pseudonyms.add(("uid", uid, new))
        return new
