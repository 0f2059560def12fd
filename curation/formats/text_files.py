"""Plain text of any kind, line by line: read-me files, logs, gradient tables, YAML, HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curation.formats import Unsafe
from curation.formats.bids import is_bids, is_public
from curation.formats.encoding import encoding_of, looks_like_text
from curation.formats.file import File
from curation.formats.forms import form_of
from curation.formats.paths import patient_of
from curation.formats.values import (
    clean_value,
    identifies,
    inspect_value,
    style_of,
)
from curation.phi import Kind
from curation.phi.find import find
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look

_LONGEST = 1 << 16
_NUMBERS = re.compile(r"[\d\s.,;:eE+\-]*")
_PATIENT = re.compile(r"(?i)\b(?:patient|pt|mrn|ssn|dob|date of birth|born)\b")
_PUBLISHED = frozenset((Kind.NAME, Kind.EMAIL, Kind.URL, Kind.INSTITUTION, Kind.DATE, Kind.PHONE))
_OWN = frozenset("person patient record identifier birth".split())


class _Text:
    name = "text"
    rank = 90

    def takes(self, name: str, head: bytes) -> bool:
        """Whatever reads as text, and that no other format takes."""
        return bool(name) and looks_like_text(head)

    def inspect(self, file: File, look: Look) -> None:
        """Report lines, as `line N`; in read-me files what names authors is an observation."""
        public, bids = is_public(file.name), is_bids(file.name)
        if (label := patient_of(file.name)) is not None:
            look.patient = label
        for number, line in _lines(file):
            text = line.strip()
            if not text or _NUMBERS.fullmatch(text):
                continue
            where = f"line {number}"
            if public and _names_authors(text):
                _observe(text, where, look)
            else:
                form = form_of(text)
                said = form and inspect_value(*form, where, look, bids=bids, dates=not public)
                if said is None:
                    look.text(text, where, style_of(text), rule="free text")

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """What stands behind the labels of a form."""
        if is_public(file.name):
            return
        patient = patient_of(file.name) or ""
        for _, line in _lines(file):
            form = form_of(line.strip())
            if form and form[0].role in _OWN and form[0].kind and identifies(*form):
                yield patient, form[0].kind, form[1]

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write the same lines, cleaned. Raises Unsafe where the profile removes free text."""
        public = is_public(file.name)
        patient = patient_of(file.name) or ""
        encoding = encoding_of(file.path)
        with target.open("w", encoding=encoding, newline="") as out:
            for _, line in _lines(file):
                text = line.strip()
                authors = public and _names_authors(text) and not act.known.spans(text, patient)
                if not text or authors or _NUMBERS.fullmatch(text):
                    out.write(line)
                elif act.profile.text == "remove" and not public:
                    raise Unsafe("free text, which the profile does not let through")
                else:
                    out.write(_cleaned(line, text, act, patient))


FORMAT = _Text()


def _lines(file: File) -> Iterator[tuple[int, str]]:
    """Every line with its number from 1 and its end; one too long to hold is no line of text."""
    with file.path.open(encoding=encoding_of(file.path), newline="") as lines:
        number = 0
        while line := lines.readline(_LONGEST):
            number += 1
            if len(line) == _LONGEST and not _NUMBERS.fullmatch(line):
                raise Unsafe("text with a line of more than 64 KiB")
            yield number, line


def _names_authors(text: str) -> bool:
    """Whether what identifies in a line of a read-me file may be an author's and no patient's."""
    return not _PATIENT.search(text) and all(
        span.kind in _PUBLISHED for span in find(text, style_of(text))
    )


def _observe(text: str, where: str, look: Look) -> None:
    if spans := find(text, style_of(text)):
        kinds = ", ".join(dict.fromkeys(span.kind for span in spans))
        message = f"A text about the dataset holds what reads as {kinds}; make sure it is public"
        look.found("published-contact", Severity.INFO, where, "free text", message)


def _cleaned(line: str, text: str, act: Act, patient: str) -> str:
    start = line.index(text)
    before, after = line[:start], line[start + len(text) :]
    form = form_of(text)
    if form is None:
        return before + act.text(text, style_of(text), patient) + after
    field, value = form
    new = clean_value(field, value, act, patient)
    at = text.rindex(value)
    label = text[:at]
    return before + label + (new or "") + text[at + len(value) :] + after
