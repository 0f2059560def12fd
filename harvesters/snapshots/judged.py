"""Which entries of a list are about medical images: each is judged, and each has its reason.

A decision on one entry (`imaging_decisions.csv`) rules. Without one, words rule that stand in what
the entry says of itself (`imaging_words.csv`): a word for images takes it in, a word for something
else leaves it out. Where words disagree, or none is known, somebody has to decide.

In are images of people or animals, or of tissue and cells taken from them, of every kind of device:
radiology, nuclear medicine, ultrasound, endoscopy, photographs of eye and skin, slides, smears.
Out are signals without images (EEG, ECG, sensors), text, molecules, cultured cells, and pictures of
anything else.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from schemas.errors import SourceError
from schemas.vocabulary import table

FOLDER = Path(__file__).parent
WORDS = FOLDER / "imaging_words.csv"
DECISIONS = FOLDER / "imaging_decisions.csv"
_VERDICTS = {"in": True, "out": False}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list. says: what it says of itself, in which words are looked for."""

    id: str
    name: str
    says: str
    facts: dict[str, Any]


class LeftOut(NamedTuple):
    """An entry that is not packaged, or not in this list."""

    id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether an entry holds medical images, and why it was judged so."""

    images: bool
    reason: str


def imaging(key: str, entries: Iterable[Entry]) -> tuple[list[Entry], list[LeftOut]]:
    """The entries with medical images, and the others.

    Raises:
        SourceError: naming every entry that no rule decides, or whose id another has.
    """
    taken: dict[str, Entry] = {}
    left_out: dict[str, LeftOut] = {}
    undecided: list[str] = []
    for entry in entries:
        if entry.id in taken or entry.id in left_out:
            raise SourceError(f"two entries of one id: {entry.id}", where=key)
        judged = judge(key, entry)
        if judged is None:
            undecided.append(f"{entry.id} {entry.name!r}")
        elif judged.images:
            taken[entry.id] = entry
        else:
            left_out[entry.id] = LeftOut(entry.id, entry.name, judged.reason)
    if undecided:
        raise SourceError(
            f"{len(undecided)} entries that no rule decides: {', '.join(undecided)}",
            where=key,
            do=f"Add a row to {DECISIONS.name}",
        )
    return list(taken.values()), list(left_out.values())


def write(key: str, left_out: Iterable[LeftOut], folder: Path = FOLDER) -> None:
    """Write what a packaged list leaves out to `left_out_<key>.csv`, for people to read."""
    with (folder / f"left_out_{key}.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("# What the packaged list leaves out, and why: made by judged.py.\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(LeftOut._fields)
        writer.writerows(left_out)


def judge(key: str, entry: Entry) -> Judged | None:
    """The verdict on an entry of list `key`; None if no rule decides it."""
    decided = _decisions().get((key, entry.id))
    if decided is not None:
        return decided
    spoken = table.words(entry.says)
    verdicts = [judged for phrase, judged in _rules() if _stands_in(phrase, spoken)]
    return verdicts[0] if len({judged.images for judged in verdicts}) == 1 else None


def _stands_in(phrase: tuple[str, ...], spoken: list[str]) -> bool:
    """Whether the words of `phrase` follow each other; a last word in * begins one."""
    size = len(phrase)
    return any(
        all(map(_is, phrase, spoken[start : start + size]))
        for start in range(len(spoken) - size + 1)
    )


def _is(rule: str, word: str) -> bool:
    return word.startswith(rule[:-1]) if rule.endswith("*") else word == rule


@cache
def _rules() -> tuple[tuple[tuple[str, ...], Judged], ...]:
    found = []
    for row in table.rows(WORDS, ("word", "verdict", "reason")):
        words = table.words(row["word"])
        if row["word"].endswith("*"):
            words[-1] += "*"
        found.append((tuple(words), _judged(row, WORDS)))
    return tuple(found)


@cache
def _decisions() -> dict[tuple[str, str], Judged]:
    rows = table.rows(DECISIONS, ("list", "id", "verdict", "reason"))
    return {(row["list"], row["id"]): _judged(row, DECISIONS) for row in rows}


def _judged(row: dict[str, str], path: Path) -> Judged:
    if row["verdict"] not in _VERDICTS or not row["reason"]:
        raise SourceError(
            f"no verdict with a reason: {','.join(row.values())}",
            where=path.name,
            do=f"Say {' or '.join(_VERDICTS)}, and why",
        )
    return Judged(_VERDICTS[row["verdict"]], row["reason"])
