"""What a dataset is about, word by word: each with its code and code system where it has one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from schemas.dataset import Dataset
from schemas.errors import VocabularyError
from schemas.vocabulary import modality, table


class Subject(NamedTuple):
    """A word, and if it is coded: the system's name and address, the code, the concept's address.

    kind: modality (one that acquires images), body_part, condition or keyword.
    """

    kind: str
    label: str
    scheme: str | None = None
    scheme_uri: str | None = None
    code: str | None = None
    value_uri: str | None = None


def subjects(dataset: Dataset) -> list[Subject]:
    """Every word once, in the order: modalities, anatomy, conditions, then the rest."""
    once: dict[str, Subject] = {}
    for word in _words(dataset):
        once.setdefault(word.label.casefold(), word)
    return list(once.values())


def _words(dataset: Dataset) -> Iterator[Subject]:
    for code in dataset.modalities:
        yield _modality(code)
    for kind, terms in (("body_part", dataset.body_parts), ("condition", dataset.conditions)):
        for term in terms:
            if label := " ".join(term.label.split()):
                yield _coded(kind, label, term.system, term.code)
    for words in (dataset.species, dataset.tasks, dataset.annotation_kinds):
        for word in words:
            if label := " ".join(word.split()):
                yield Subject("keyword", label)


def _coded(kind: str, label: str, system: str | None, code: str | None) -> Subject:
    known = _systems().get((system or "").casefold())
    if known is None or not code or not code.isascii() or not code.replace(":", "").isalnum():
        return Subject(kind, label)
    bare = code.rpartition(":")[2]
    return Subject(kind, label, known["name"], known["uri"], code, known["concept"] + bare)


def _modality(code: str) -> Subject:
    try:
        known = modality.get(code)
    except VocabularyError:
        return Subject("keyword", code)
    return _coded("modality" if known.kind == "image" else "keyword", known.label, "DCM", code)


@cache
def _systems() -> dict[str, dict[str, str]]:
    return {row["system"].casefold(): row for row in table.read("code_systems")}
