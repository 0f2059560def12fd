"""A profile: one decision for every attribute, known by its digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from curation.standard.actions import resolve
from curation.standard.iod import type_of
from curation.standard.private import private_action
from curation.standard.table import canonical, codes, table, unlisted

Dates = Literal["remove", "year", "shift", "keep"]
Ages = Literal["remove", "limit", "keep"]
Unlisted = Literal["clean", "strict"]
Reidentification = Literal["allowed", "never"]

PSEUDONYMS = frozenset({0x00100010, 0x00100020})
"""Patient's Name and Patient ID: every profile replaces them by the pseudonym of the patient."""

_DATES = frozenset({"DA", "DT", "TM"})
_PROSE = frozenset({"LT", "ST", "UC", "UT"})
_SHORT = frozenset({"LO", "SH"})
_DIRECT = frozenset({"AE", "PN", "UN", "UR"})
_DATE_CODES: Mapping[Dates, str] = {"remove": "X", "year": "C", "shift": "C", "keep": "K"}
_AGE_CODES: Mapping[Ages, str] = {"remove": "X", "limit": "C", "keep": "K"}


class Residue(StrEnum):
    """What a file that was de-identified by a profile may hold in an attribute.

    Each may also be less: what may be a dummy may be empty or absent too.
    """

    NOTHING = "nothing"  # the attribute is gone
    EMPTY = "empty"  # the attribute has no value
    DUMMY = "dummy"  # a value that says nothing of the patient
    PSEUDONYM = "pseudonym"  # the patient's pseudonym
    UID = "uid"  # a UID of which nobody can tell where it comes from
    AGE = "age"  # an age of at most 90 years
    DATE = "date"  # a date or time that was moved, or cut to its year
    CLEAN_TEXT = "clean text"  # text without identifiers
    ANYTHING = "anything"  # what the file had


@dataclass(frozen=True, slots=True)
class Identifier:
    """One sort of identifier that a law names, what is done to it, and where DICOM has it."""

    item: str
    named: str
    done: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """A resolved profile. Two of the same digest do the same to every file.

    `options` are those of PS3.15 section E.3 that are on. `codes` has the code of each attribute
    of Table E.1-1, and of the few others that fairscan or the profile names: the Basic Profile's,
    or the option's where one is on, or the profile's own; it may still be a choice by Type, such
    as X/Z/D. Where more than one option names an attribute, C (clean) goes before K (keep): what
    one option asks to be cleaned never stays as it was because of another. Only a profile's own
    code does that.

    `dates`: "shift" moves dates by whole days, the same for all of a patient, and leaves times;
    "year" leaves the year alone; "keep" leaves them. `ages`: "limit" writes all over 89 as 90.
    `deviations` are keywords of which the profile keeps more than PS3.15 would.
    """

    name: str
    version: str
    title: str
    description: str = field(repr=False)
    edition: str
    digest: str
    options: frozenset[str] = field(repr=False)
    dates: Dates
    ages: Ages
    unlisted_text: Unlisted
    reidentification: Reidentification
    codes: Mapping[int, str] = field(repr=False, compare=False)
    keywords: Mapping[int, str] = field(repr=False, compare=False)
    deviations: tuple[str, ...] = field(repr=False)
    identifiers: tuple[Identifier, ...] = field(repr=False)

    @property
    def text(self) -> Literal["remove", "clean"]:
        """What is done to descriptions: removed, or cleaned of identifiers."""
        return "clean" if "clean_descriptors" in self.options else "remove"

    @property
    def private(self) -> Literal["remove", "safe"]:
        """Which private attributes stay: none, or those known to be safe."""
        return "safe" if "retain_safe_private" in self.options else "remove"

    @property
    def keep_uids(self) -> bool:
        """Whether UIDs stay as they are."""
        return "retain_uids" in self.options

    @property
    def clean_pixels(self) -> bool:
        """Whether text that is burned into pixels is looked for and hidden."""
        return "clean_pixel_data" in self.options

    @property
    def clean_faces(self) -> bool:
        """Whether faces are made unrecognisable."""
        return "clean_recognizable_visual_features" in self.options

    def code(self, tag: int) -> str | None:
        """The action for an attribute whose object is not known, or None if none is named.

        Of a choice it is the action that is valid whatever the Type is.
        """
        code = self.codes.get(canonical(tag))
        return None if code is None else resolve(code, None)

    def action(self, tag: int, vr: str, sop_class: str = "", parent: int = 0) -> str:
        """The action (D, Z, X, K, C or U) for a standard attribute, in the table or not.

        `parent` is the tag of the sequence that holds it, 0 at the top level. D on a sequence:
        keep its items and let nothing but dummies into them. U on a sequence: keep its items.
        """
        code = self.codes.get(canonical(tag))
        if code is None:
            code = self.unlisted(vr)
        if code in ("K", "C", "U"):
            return code
        return resolve(code, type_of(sop_class, tag, parent))

    def unlisted(self, vr: str) -> str:
        """The code for a standard attribute that Table E.1-1 does not list, by its VR.

        Names of people, addresses and what no VR tells are removed, dates and times go as the
        others do, text is cleaned (and prose replaced, where `unlisted_text` is "strict"), UIDs
        are replaced (those of the standard itself, 1.2.840.10008, are not), and codes, numbers
        and bulk data are kept: whether they are what their VR says is for the caller to see.
        """
        if vr in _DIRECT:
            return "X"
        if vr in _PROSE:
            return "D" if self.unlisted_text == "strict" else "C"
        if vr in _SHORT:
            return "C"
        if vr in _DATES:
            return _date_code(self.dates, vr)
        if vr == "AS":
            return _AGE_CODES[self.ages]
        if vr == "UI":
            return "K" if self.keep_uids else "U"
        return "K"

    def private_action(self, group: int, element: int, creator: str, vr: str) -> str:
        """The action for a private attribute; `element` is the lower byte, `creator` its block's.

        Dates and UIDs in safe private attributes go as all others do.
        """
        if self.private == "remove":
            return "X"
        action = private_action(group, element, creator)
        if action == "X":
            return "X"
        if vr in _DATES:
            return _date_code(self.dates, vr)
        if vr == "UI" or action == "U":
            return "K" if self.keep_uids else "U"
        return "C" if vr in _PROSE or vr in _SHORT or vr in _DIRECT else action

    def residual(self, tag: int, vr: str, sop_class: str = "", parent: int = 0) -> Residue:
        """What may be left in a standard attribute of a file that this profile went over."""
        if canonical(tag) in PSEUDONYMS:
            kept = self.codes[tag] in ("K", "C")
            return Residue.ANYTHING if kept else Residue.PSEUDONYM
        return _residue(self.action(tag, vr, sop_class, parent), vr)

    def method_codes(self) -> list[tuple[str, str]]:
        """Codes of scheme DCM and meanings, for De-identification Method Code Sequence."""
        known = codes()
        return [known["basic"], *(known[option] for option in known if option in self.options)]

    def method_text(self) -> list[str]:
        """The values, each at most 64 characters, of De-identification Method (0012,0063)."""
        values = [
            f"fairscan profile {self.name[:24]} {self.version[:12]}",
            f"PS3.15 {self.edition}; profile SHA-256 {self.digest[:16]}",
        ]
        line = ""
        for keyword in self.deviations:
            longer = f"{line}, {keyword}" if line else f"Also kept: {keyword}"
            if len(longer) > 64:
                values.append(line)
                longer = f"Also kept: {keyword}"
            line = longer
        return [value[:64] for value in (*values, line) if value]

    def declares(self) -> dict[str, str]:
        """What every file says of itself afterwards, by keyword.

        Burned In Annotation and Recognizable Visual Features are not among them: they are said
        only of a file whose pixels were looked at.
        """
        moved = {"keep": "UNMODIFIED", "remove": "REMOVED"}.get(self.dates, "MODIFIED")
        named = any(self.codes[tag] in ("K", "C") for tag in PSEUDONYMS)
        return {
            "PatientIdentityRemoved": "NO" if named else "YES",
            "LongitudinalTemporalInformationModified": moved,
        }

    def describe(self) -> list[tuple[str, str]]:
        """The profile for people: what each part of it means, as (subject, sentence)."""
        from curation.profiles.words import sentences

        return sentences(self)

    def attributes(self) -> Iterator[tuple[int, str, str, str]]:
        """Every attribute with a code: tag, keyword, the Basic Profile's code, the profile's."""
        known = {**unlisted(), **table()}
        for tag in sorted(self.codes):
            basic = known[tag].basic if tag in known else ""
            yield tag, self.keywords[tag], basic, self.codes[tag]


def _date_code(dates: Dates, vr: str) -> str:
    return "X" if dates == "year" and vr == "TM" else _DATE_CODES[dates]


def _residue(action: str, vr: str) -> Residue:
    if action == "C":
        if vr in _DATES:
            return Residue.DATE
        return {"SQ": Residue.ANYTHING, "OW": Residue.ANYTHING, "AS": Residue.AGE}.get(
            vr, Residue.CLEAN_TEXT
        )
    return {
        "X": Residue.NOTHING,
        "Z": Residue.EMPTY,
        "D": Residue.DUMMY,
        "U": Residue.UID if vr == "UI" else Residue.ANYTHING,
    }.get(action, Residue.ANYTHING)
