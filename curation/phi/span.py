"""What an identifier in a text is: where it stands, of what kind, and how sure we are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Sorts of identifiers, after HIPAA's eighteen (45 CFR 164.514(b)(2)(i))."""

    NAME = "name"  # A
    ADDRESS = "address"  # B, geographic units smaller than a state
    DATE = "date"  # C
    AGE = "age"  # C, over 89
    PHONE = "phone"  # D, E: telephone and fax
    EMAIL = "email"  # F
    NATIONAL_NUMBER = "national number"  # G
    ID = "id"  # H, I, J, K: record, plan, account, certificate
    DEVICE = "device"  # L, M: vehicle and device serial numbers
    URL = "url"  # N
    IP = "ip"  # O
    FACE = "face"  # Q
    INSTITUTION = "institution"  # leads to a place of care
    UNKNOWN = "unknown"  # R: belongs to one patient alone, of no kind that we know


class Style(StrEnum):
    """How a text is written, which decides what in it is suspicious."""

    PHRASE = "phrase"  # a short description in clinical or technical words
    PROSE = "prose"  # comments, reports, letters
    TECHNICAL = "technical"  # names of coils, sequences, kernels, contrast agents
    PERSON = "person"  # a person's name as DICOM writes it (PS3.5 section 6.2.1)
    IDENTIFIER = "identifier"  # an id, whole
    PATH = "path"  # one part of a file's path


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is an identifier of this kind; `sure` is false for a likelihood."""

    start: int
    end: int
    kind: Kind
    sure: bool = True
