"""What a format reports to: findings, masked, and words to be judged when every file was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from curation.faces.series import Piece
from curation.formats.file import File
from curation.phi import Kind, Style
from curation.phi.find import find
from curation.phi.leftovers import Leftovers
from curation.profiles import Profile
from curation.reports.summary import Looked
from schemas.file_finding import FileFinding
from schemas.finding import Severity

_SHOWN = 48
_MOST = 1 << 18


class Harmless(set[object]):
    """Values that were judged and hold nothing, so that a series is judged once; bounded."""

    def add(self, key: object) -> None:
        """Remember a value; when there are too many all are forgotten, which costs only time."""
        if len(self) >= _MOST:
            self.clear()
        super().add(key)


def masked(value: str) -> str:
    """The shape of a value without its content: letters as a and A, digits as 9, cut at 48."""
    shape = "".join(
        ("A" if c.isupper() else "a") if c.isalpha() else "9" if c.isdigit() else c
        for c in value[:_SHOWN]
    )
    return "".join(c if c.isprintable() else "?" for c in shape)


@dataclass
class Look:
    """One file after the other is looked at through this; `emit` gets each finding.

    A format sets `patient` as soon as it knows whose file it is: some stable word, which is
    compared and never shown. `pixels` and `faces` are false where those must not be looked
    for. `pieces` gathers parts of head volumes, which are judged together at the end;
    `seen` counts frames that were looked at, and why others were not.
    """

    profile: Profile
    emit: Callable[[FileFinding], None]
    leftovers: Leftovers = field(default_factory=Leftovers)
    harmless: Harmless = field(default_factory=Harmless)
    pixels: bool = True
    faces: bool = True
    unseen: str = "not asked for"
    pieces: list[Piece] = field(default_factory=list)
    seen: Looked = field(default_factory=Looked)
    file: File = field(default=None)  # type: ignore[assignment]  # set before each file
    patient: str = ""

    def found(
        self,
        check: str,
        severity: Severity,
        where: str | None,
        rule: str,
        message: str,
        *,
        kind: Kind | None = None,
        value: str | None = None,
        frame: int | None = None,
        bbox: tuple[int, int, int, int] | None = None,
    ) -> None:
        """Report one finding; `value` is what was found, and only its shape goes on."""
        evidence = None if value is None else masked(value)
        self.emit(
            FileFinding(
                check, severity, self.file.name, where, rule, message, kind, evidence, frame, bbox
            )
        )

    def text(
        self,
        text: str,
        where: str,
        style: Style,
        *,
        rule: str,
        check: str = "text-identifier",
    ) -> bool:
        """Report the first sure, else first likely, identifier in a text; whether there was one.

        One finding a place is enough to act on. A text with none gives its unusual words to
        `leftovers`, to be judged against everything else that was seen.
        """
        spans = find(text, style)
        if not spans:
            self.leftovers.add(text, style, self.patient, self.file.name, where, rule)
            return False
        worst = next((s for s in spans if s.sure), spans[0])
        kinds = ", ".join(dict.fromkeys(s.kind for s in spans))
        self.found(
            check,
            Severity.ERROR if worst.sure else Severity.WARNING,
            where,
            rule,
            f"A text holds what reads as {kinds}; remove it or de-identify the file",
            kind=worst.kind,
            value=text[worst.start : worst.end],
        )
        return True

    def identity(self, kind: Kind, value: str) -> None:
        """Say that this value belongs to the patient, so that it is known again elsewhere."""
        self.leftovers.belongs(self.patient, kind, value)
