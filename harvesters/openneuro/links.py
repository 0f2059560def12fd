"""How an OpenNeuro dataset is tied to DOIs: its own, its papers', and those of other datasets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from schemas.dataset import RelatedIdentifier
from schemas.vocabulary import doi

_OURS = re.compile(r"10\.18112/openneuro\.(?P<id>ds\d+)\.v(?P<tag>.+)")
_IN_TEXT = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`]+")
_NUMBERED = re.compile(r"\d+(?:\.\d+)*")
_RELATIONS = {
    ("Dataset", "sameAs"): "IsIdenticalTo",
    ("Dataset", "source"): "IsDerivedFrom",
    ("Dataset", "derivative"): "IsSourceOf",
    ("Article", "sameAs"): "IsDescribedBy",
    ("Article", "source"): "IsDescribedBy",
    ("Article", "derivative"): "IsReferencedBy",
}
"""OpenNeuro's kind and relation to DataCite 4.5 relationType."""


def dataset_doi(
    local: str, tag: str, stated: str | None
) -> tuple[str | None, bool, list[RelatedIdentifier]]:
    """The DOI of version `tag`, whether the description states it, and what else that names.

    The DOI is built by OpenNeuro's rule. Another one in the description is never the dataset's
    own: it belongs to an older version, to another dataset, or to a copy elsewhere.
    """
    built = doi.normalise(f"10.18112/openneuro.{local}.v{tag}")
    given = doi.normalise(stated)
    if given is None or given == built:
        return built, given is not None, []
    return built, False, [_doi(_relation(local, tag, given), given)]


def related_objects(objects: list[dict[str, Any] | None] | None) -> Iterator[RelatedIdentifier]:
    """What the depositor tied to the snapshot, by DOI."""
    for thing in objects or ():
        if thing is None:
            continue
        relation = _RELATIONS.get((thing["kind"], thing["relation"]))
        bare = doi.normalise(thing["id"])
        if relation and bare:
            yield _doi(relation, bare)


def papers(
    own: str | None, using: str | None, references: Iterable[str | None] | None
) -> Iterator[RelatedIdentifier]:
    """DOIs in free text: of its own papers, of papers that use it, and of what it refers to."""
    named = (
        ("IsDescribedBy", [own]),
        ("IsCitedBy", [using]),
        ("References", references or ()),
    )
    seen = set()
    for relation, texts in named:
        for text in texts:
            for bare in _dois(text):
                if bare not in seen:
                    seen.add(bare)
                    yield _doi(relation, bare)


def _relation(local: str, tag: str, given: str) -> str:
    ours = _OURS.fullmatch(given)
    if ours is None:
        return "IsVariantFormOf"
    if ours["id"] != local:
        return "References"
    if not (_NUMBERED.fullmatch(tag) and _NUMBERED.fullmatch(ours["tag"])):
        return "IsVariantFormOf"
    return "IsPreviousVersionOf" if _order(tag) < _order(ours["tag"]) else "IsNewVersionOf"


def _order(tag: str) -> tuple[int, ...]:
    return tuple(map(int, tag.split(".")))


def _dois(text: str | None) -> Iterator[str]:
    """The DOIs in a text; the punctuation of the sentence around them is not theirs."""
    for match in _IN_TEXT.finditer(text or ""):
        word = match[0].rstrip(".,;:'*")
        while word.endswith((")", "]")) and word.count(word[-1]) > word.count(
            "(" if word[-1] == ")" else "["
        ):
            word = word[:-1].rstrip(".,;:'*")
        if bare := doi.normalise(word):
            yield bare


def _doi(relation: str, bare: str) -> RelatedIdentifier:
    return RelatedIdentifier(relation=relation, scheme="DOI", value=bare)
