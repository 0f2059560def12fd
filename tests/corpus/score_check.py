"""How good a check of the residual corpus is: recall by place, precision, clean files flagged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.key import IDENTIFYING, Entry

COUNTED = ("warning", "error", "blocker")
"""Severities with which a finding says that there is an identifier."""

_FREE = ("nifti", "picture", "text", "pdf file")
"""Categories of files whose places have no one spelling: any place in the file will do."""

Finding = Mapping[str, Any]
Box = tuple[int, int, int, int]


@dataclass
class Checked:
    """Places by category: found and all; findings right and all; clean files flagged and all."""

    found: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    right: int = 0
    findings: int = 0
    flagged: list[str] = field(default_factory=list)
    clean: int = 0
    missed: list[Entry] = field(default_factory=list)
    wrong: list[Finding] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the places with identifiers that were found."""
        return self.found.total() / max(1, self.places.total())

    @property
    def precision(self) -> float:
        """Share of the findings that are in such a place."""
        return self.right / max(1, self.findings)

    @property
    def clean_flagged(self) -> float:
        """Share of the clean files with a finding."""
        return len(self.flagged) / max(1, self.clean)

    def lines(self) -> list[str]:
        """The score as a table."""
        rows = [
            f"{category:<12} {self.found[category]:>5} / {count:<5} "
            f"{100 * self.found[category] / count:6.1f} %"
            for category, count in sorted(self.places.items())
        ]
        return [
            *rows,
            f"recall        {100 * self.recall:.1f} % of {self.places.total()} places",
            f"precision     {100 * self.precision:.1f} % of {self.findings} findings",
            f"clean flagged {100 * self.clean_flagged:.1f} % of {self.clean} files",
        ]


def score_check(findings: Iterable[Finding], key: Iterable[Entry]) -> Checked:
    """Compare findings (as JSON has them) with the key of the residual corpus.

    Findings name files as the key does: relative to the folder `residual`.
    """
    entries = [entry for entry in key if entry.corpus == "residual"]
    counted = [f for f in findings if f["severity"] in COUNTED]
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in counted:
        by_file[finding["file"]].append(finding)
    places: dict[tuple[Any, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.expect in IDENTIFYING:
            places[_place(entry)].append(entry)
    done = Checked()
    right: set[int] = set()
    for together in places.values():
        entry = together[0]
        hits = [
            finding
            for finding in _near(entry, by_file, counted)
            if any(matches(finding, each) for each in together)
        ]
        done.places[entry.category] += 1
        if hits:
            done.found[entry.category] += 1
            right.update(map(id, hits))
        else:
            done.missed.append(entry)
    done.findings = len(counted)
    done.right = len(right)
    done.wrong = [finding for finding in counted if id(finding) not in right]
    named = tuple(f"{e.file}/" for e in entries if e.category in ("filename", "face"))
    clean = [e.file for e in entries if e.expect == "clean" and not e.file.startswith(named)]
    done.clean = len(clean)
    done.flagged = [file for file in clean if by_file.get(file)]
    return done


def _place(entry: Entry) -> tuple[Any, ...]:
    if entry.category == "pixel":
        return (entry.file, entry.where, entry.bbox, entry.text)
    return (entry.file, entry.where, entry.category == "face")


def _near(
    entry: Entry, by_file: Mapping[str, list[Finding]], counted: list[Finding]
) -> list[Finding]:
    if entry.category in ("filename", "face"):
        return [f for f in counted if f["file"] == entry.file or _under(f["file"], entry.file)]
    return by_file.get(entry.file, [])


def _under(file: str, folder: str) -> bool:
    return file.startswith(f"{folder}/")


def matches(finding: Finding, entry: Entry) -> bool:
    """Whether a finding of the same file is about the place of an entry."""
    where = finding.get("where")
    if entry.category == "face":
        return finding.get("kind") == "face"
    if entry.category == "filename":
        return bool(where == "filename")
    if entry.category == "pixel":
        if where != "pixel" or entry.bbox is None or not finding.get("bbox"):
            return False
        same = finding.get("frame") in (None, entry.frame)
        return same and overlap(tuple(finding["bbox"]), entry.bbox) >= 0.3
    if entry.category in _FREE:
        return where not in (None, "filename")
    if where is None or entry.where is None:
        return bool(where == entry.where)
    return where == entry.where or entry.where.startswith((f"{where}[", f"{where}."))


def overlap(one: Box, other: Box) -> float:
    """How much two boxes have in common: intersection over the smaller of the two."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    smaller = min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))
    return width * height / max(1, smaller)
