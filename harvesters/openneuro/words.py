"""What OpenNeuro's words mean: modalities, names of people, tasks, and what says nothing."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from harvesters.text import plain_text
from schemas.dataset import Creator, Term
from schemas.vocabulary import anatomy, modality, table

_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")


def modalities(words: Iterable[str | None]) -> dict[str, list[str]]:
    """Words that name a modality, the DICOM codes of those that have one, and the media type of

    their files: BIDS takes MRI and PET as NIfTI alone.
    """
    raw = sorted({word.lower() for word in words if word} & _table("modality", "mri_suffix"))
    codes = sorted({code for code in map(modality.normalise, raw) if code})
    formats = ["application/x-nifti"] if {"MR", "PT"} & set(codes) else []
    return {"modalities": codes, "modalities_raw": raw, "formats": formats}


def creators(
    authors: list[str | None] | None, contributors: list[dict[str, Any] | None] | None
) -> list[Creator]:
    """The authors in their order, with the ORCID iD of the contributor of the same name."""
    people = [person for person in contributors or () if person and person["name"]]
    known: dict[str, str] = {}
    for person in people:
        if found := _ORCID.search(person["orcid"] or ""):
            given, family = person["givenName"] or "", person["familyName"] or ""
            for name in (person["name"], f"{given} {family}", f"{family} {given}"):
                known[table.squeeze(name)] = found[0]
    known.pop("", None)
    names = map(_name, authors or [person["name"] for person in people])
    return [
        Creator(name=name, orcid=known.get(table.squeeze(name)))
        for name in dict.fromkeys(names)
        if name and not is_nothing(name)
    ]


def _name(text: str | None) -> str | None:
    """A name without the e-mail address that was written beside it."""
    return (plain_text(text) or "").replace("[e-mail removed]", "").strip(" ()<>,;:-") or None


def body_parts(stated: list[str | None] | None) -> list[Term]:
    """Anatomy as stated, with its SNOMED CT concept where it has one."""
    terms = []
    for word in words(stated):
        found = anatomy.normalise(word)
        terms.append(
            Term(label=found.label, code=found.code, system=found.system, raw=word)
            if found
            else Term(label=word, raw=word)
        )
    return terms


def conditions(text: str | None) -> list[Term]:
    """The diagnosis of the subjects, as the depositor wrote it; "Healthy / Control" is one too."""
    return [Term(label=word, raw=word) for word in words([text])]


def paradigms(stated: list[str | None] | None) -> list[str]:
    """What subjects did, without the placeholders that BIDS tools write."""
    return [word for word in words(stated) if not word.startswith("TODO")]


def words(values: Iterable[str | None] | None) -> list[str]:
    """The values that say something, each once, in their order."""
    texts = (plain_text(value) for value in values or ())
    return list(dict.fromkeys(text for text in texts if text and not is_nothing(text)))


def in_years(species: str | None) -> bool:
    """Whether ages are in years, as BIDS wishes: those of animals are often weeks or days."""
    return species is None or is_nothing(species) or "human" in table.words(species)


def is_nothing(word: str) -> bool:
    """Whether it is blank, or one of the ways to write that there is nothing to say."""
    return not word.strip() or word.strip().lower() in _table("nothing")


@cache
def _table(*uses: str) -> frozenset[str]:
    path = Path(__file__).with_name("words.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return frozenset(row["word"] for row in rows if row["use"] in uses)
