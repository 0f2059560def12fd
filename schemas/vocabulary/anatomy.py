"""What part of the body a series shows: SNOMED CT concepts, and archives' words for them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, cast

from schemas.errors import VocabularyError
from schemas.vocabulary import table
from schemas.vocabulary.phrases import Found, Names

# From the most common regions to every named structure: the first context group that holds a
# word decides its concept (PS3.16 CID 4031, 4030, 4, 9514 and 8134).
_CONTEXT_GROUPS = (4031, 4030, 4, 9514, 8134)

_SIDES = {"left": "L", "right": "R", "both": "B"}


class Anatomy(NamedTuple):
    """A SNOMED CT body structure; `laterality` is "L", "R", "B" as in (0020,0062), or None."""

    label: str
    code: str
    system: str
    laterality: str | None


def normalise(raw: str | None) -> Anatomy | None:
    """The concept that `raw` means; None if it is unknown or is not anatomy.

    `raw` may be a defined term of Body Part Examined (0018,0015) (PS3.16 Annex L), a SNOMED CT
    or everyday name, or such a name among words of a protocol ("CT ABD PELVIS W CONTRAST") or a
    side ("Left Breast").
    """
    if raw is None or is_not_anatomy(raw):
        return None
    if whole := _concept(table.squeeze(raw)):
        return whole
    named = [word for word in table.words(raw) if _roles().get(word) != "protocol"]
    if sided := _concept("".join(named)):
        return sided  # "L SPINE AP" is the lumbar spine, not the left one
    sides = {_roles()[word] for word in named if word in _roles()}
    found = _concept("".join(word for word in named if word not in _roles()))
    return None if found is None else found._replace(laterality=_laterality(sides))


def find(text: str) -> list[Found[Anatomy]]:
    """The parts of the body that the words of a title name, each once.

    Reads far fewer words than `normalise`: only those that mean nothing else in a title.
    """
    found: dict[str, Found[Anatomy]] = {}
    for one in _in_titles().among(text):
        found.setdefault(one.meaning.label, one)
    return list(found.values())


def shown_by(modality: str) -> tuple[Anatomy, str] | None:
    """What images of `modality` (a DICOM code, or a repository's word) show, whatever else is

    known: mammography shows the breast. With it "derived", or "assumed" where it is nearly
    always so; None if they may show anything.
    """
    return _shown().get(table.squeeze(modality))


def aliases(label: str) -> tuple[str, ...]:
    """The words people search with for the concept `label`, without the label; may be empty."""
    return _searched().get(label, ())


def is_not_anatomy(raw: str | None) -> bool:
    """Whether `raw` is known to name something else: a phantom, a file, or "unknown"."""
    if raw is None:
        return False
    return table.squeeze(raw) in _not_anatomy() or "phantom" in table.words(raw)


def _laterality(sides: set[str]) -> str | None:
    if not sides:
        return None
    return "B" if len(sides) > 1 else _SIDES[sides.pop()]


def _concept(key: str) -> Anatomy | None:
    return _concepts().get(key) or _concepts().get(key.removesuffix("s"))


@cache
def _concepts() -> dict[str, Anatomy]:
    """The concepts by squeezed word, with our aliases before SNOMED CT's own names."""
    own: dict[str, Anatomy] = {}
    for key, (code, meaning) in _snomed().items():
        own[key] = Anatomy(meaning[0].upper() + meaning[1:], code, "SCT", None)
    ours: dict[str, Anatomy] = {}
    for row in table.read("anatomy_aliases"):
        if row["use"] == "search":
            continue
        concept = own.get(table.squeeze(row["label"]))
        if concept is None:
            raise VocabularyError(
                f"{row['label']!r} is no body structure of the installed pydicom",
                where="schemas/vocabulary/anatomy_aliases.csv",
                do="Install pydicom 3.0",
            )
        ours[table.squeeze(row["alias"])] = concept
    return own | ours


@cache
def _snomed() -> dict[str, tuple[str, str]]:
    """(code, meaning) by squeezed meaning, from the context groups that pydicom ships."""
    # pydicom's public access refuses a keyword that has two codes; its tables hold both.
    from pydicom.sr._cid_dict import cid_concepts
    from pydicom.sr._concepts_dict import concepts

    keywords = cast("dict[str, dict[str, tuple[str, list[int]]]]", concepts["SCT"])
    found: dict[str, tuple[str, str]] = {}
    for group in _CONTEXT_GROUPS:
        for keyword in cid_concepts[group]["SCT"]:
            for code, (meaning, groups) in keywords[keyword].items():
                if group in groups:
                    found.setdefault(table.squeeze(meaning), (code, meaning))
    return found


@cache
def _in_titles() -> Names[Anatomy]:
    return Names(
        (row["phrase"], _known(row["label"]) if row["label"] else None)
        for row in table.read("anatomy_in_titles")
    )


@cache
def _shown() -> dict[str, tuple[Anatomy, str]]:
    rows = table.read("modality_anatomy")
    return {table.squeeze(row["word"]): (_known(row["label"]), row["method"]) for row in rows}


def _known(label: str) -> Anatomy:
    concept = _concepts().get(table.squeeze(label))
    if concept is None:
        raise VocabularyError(
            f"{label!r} is no body structure of the installed pydicom",
            where="schemas/vocabulary",
            do="Install pydicom 3.0",
        )
    return concept


@cache
def _searched() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in table.read("anatomy_aliases"):
        if row["use"] != "name":
            found.setdefault(row["label"], []).append(row["alias"])
    return {label: tuple(dict.fromkeys(names)) for label, names in found.items()}


@cache
def _roles() -> dict[str, str]:
    return {row["word"]: row["role"] for row in table.read("anatomy_words")}


@cache
def _not_anatomy() -> frozenset[str]:
    return frozenset(table.squeeze(row["value"]) for row in table.read("not_anatomy"))
