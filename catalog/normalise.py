"""Datasets in the vocabularies' words, and what their own words imply where nothing is stated.

What a repository states is never replaced by something else: its words are given the concept that
they name, and stay beside it. What is filled is marked as derived (or assumed), with the words
that it rests on; titles of papers are not read. What nothing tells stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from schemas.dataset import Dataset, Method, Provenance, Term
from schemas.errors import VocabularyError
from schemas.vocabulary import anatomy, annotation, condition, licence, modality, task
from schemas.vocabulary.anatomy import Anatomy
from schemas.vocabulary.condition import Condition

_BETWEEN = re.compile(r"[,;/|]")
_MOST_PARTS = 50
_LONGEST_EVIDENCE = 200
_TEST_OBJECT = re.compile(
    r"phantoms?(?![a-z]| limb)|\bDRO\b|\bdigital reference object", re.IGNORECASE
)
_SPINE = frozenset({"Spine", "Spinal cord", "Cervical spine", "Lumbar spine", "Thoracic spine"})
_FOR_ALGORITHMS = frozenset({"challenge", "task"})
"""Kinds of dataset whose title says what is asked of an algorithm."""


class _Filled(NamedTuple):
    """A value that nobody stated; `rests_on` is the field whose words tell it."""

    value: Any
    method: Method
    rests_on: str
    evidence: str


def normalised(dataset: Dataset) -> Dataset:
    """`dataset` with its conditions, anatomy, modalities, tasks, annotations and licence mapped.

    Fields that say nothing are filled from fields that do, where their words leave no doubt.
    """
    update: dict[str, Any] = {}
    provenance = dict(dataset.provenance)
    stated = _stated_conditions(dataset)
    if stated != dataset.conditions:
        update["conditions"] = stated
        if not stated:  # it is known that there is no disease: a title shall not fill it
            words = "; ".join(dict.fromkeys(term.raw or term.label for term in dataset.conditions))
            none = f"conditions: {words[:_LONGEST_EVIDENCE]} (no disease)"
            told = _whence(dataset, provenance, "conditions", Method.STATED)
            provenance["conditions"] = told.model_copy(update={"evidence": none})
    for field, meaning in (("tasks", task.normalise), ("annotation_kinds", annotation.normalise)):
        said: list[str] = getattr(dataset, field)
        if (mapped := _mapped(said, meaning)) != said:
            update[field] = mapped
    if update:
        dataset = dataset.model_copy(update=update)
    for field, fill in _FILLS.items():
        if getattr(dataset, field) or field in provenance:
            continue
        filled = fill(dataset)
        if filled is not None:
            dataset = dataset.model_copy(update={field: filled.value})
            told = _whence(dataset, provenance, filled.rests_on, filled.method)
            provenance[field] = told.model_copy(
                update={"method": filled.method, "evidence": filled.evidence, "confidence": None}
            )
    if provenance == dataset.provenance:
        return dataset
    return dataset.model_copy(update={"provenance": provenance})


def _whence(
    dataset: Dataset, known: Mapping[str, Provenance], field: str, method: Method
) -> Provenance:
    """Who said the words of `field`, and when they were read."""
    return known.get(field) or Provenance(
        source=dataset.source,
        retrieved_at=dataset.retrieved,
        method=method,
        snapshot=dataset.snapshot,
    )


def _stated_conditions(dataset: Dataset) -> list[Term]:
    """The conditions with their concepts; words that name no disease are left out."""
    terms: dict[tuple[str, str | None], Term] = {}
    for term in dataset.conditions:
        for one in [term] if term.code else _conditions(term.raw or term.label):
            terms.setdefault((one.label, one.code), one)
    return list(terms.values())


def _conditions(raw: str) -> list[Term]:
    """What one value names: as a whole, then part by part; itself if it is not understood."""
    if condition.is_not_condition(raw):
        return []
    if whole := condition.normalise(raw):
        return [_named(whole, raw)]
    named: list[Condition] = []
    understood = False
    for part in (*_BETWEEN.split(raw, _MOST_PARTS), raw):
        one = condition.normalise(part)
        found = [one] if one else [name.meaning for name in condition.find(part)]
        named += [name for name in found if name not in named]
        understood |= condition.is_not_condition(part)
    if not named:
        return [] if understood else [Term(label=raw, raw=raw)]
    return [_named(one, raw) for one in named]


def _mapped(said: Iterable[str], meaning: Callable[[str], str | None]) -> list[str]:
    return list(dict.fromkeys(meaning(word) or word for word in said))


def _fill_conditions(dataset: Dataset) -> _Filled | None:
    if _TEST_OBJECT.search(dataset.title):
        return None
    if found := condition.find(dataset.title):
        terms = [_named(one.meaning, one.words) for one in found]
        return _Filled(terms, Method.DERIVED, *_quoted("title", (one.words for one in found)))
    # Lists of challenges write "lung cancer" where they are asked for anatomy.
    written = {
        one.label: _named(one, term.raw)
        for term in dataset.body_parts
        if term.raw and (one := condition.normalise(term.raw))
    }
    if not written:
        return None
    terms = list(written.values())
    return _Filled(terms, Method.DERIVED, *_quoted("body_parts", (t.raw or "" for t in terms)))


def _fill_modalities(dataset: Dataset) -> _Filled | None:
    if dataset.modalities_raw:
        codes = list(dict.fromkeys(filter(None, map(modality.normalise, dataset.modalities_raw))))
        return (
            _Filled(codes, Method.DERIVED, *_quoted("modalities_raw", dataset.modalities_raw))
            if codes
            else None
        )
    found = modality.find(dataset.title)
    if not found:
        return None
    codes = [one.meaning for one in found]
    return _Filled(codes, Method.DERIVED, *_quoted("title", (one.words for one in found)))


def _fill_body_parts(dataset: Dataset) -> _Filled | None:
    """From the modality if it shows nothing else, then the condition, then the title.

    Conditions that are themselves read from the title are only a part of what it says.
    """
    if _TEST_OBJECT.search(dataset.title):
        return None
    shown, implied, entitled = _shown(dataset), _implied(dataset), _entitled(dataset)
    if shown is not None:
        said = (other for other in (entitled, implied) if other and _same(other, shown))
        return shown if shown.method is Method.DERIVED else next(said, shown)
    if implied is None or entitled is None or "conditions" in dataset.provenance:
        return implied or entitled
    terms = {term.label: term for term in (*implied.value, *entitled.value)}
    evidence = f"{implied.evidence}; {entitled.evidence}"[:_LONGEST_EVIDENCE]
    return _Filled(list(terms.values()), Method.DERIVED, "title", evidence)


def _shown(dataset: Dataset) -> _Filled | None:
    """What the modalities show; of images of several kinds, one kind does not speak for all."""
    images = [code for code in dataset.modalities if _is_image(code)]
    silent = {code for code in images if not anatomy.shown_by(code)}
    words = dict.fromkeys((*dataset.modalities_raw, *dataset.modalities))
    if silent:
        words = {word: None for word in words if word not in images}
    found = [(word, shown) for word in words if (shown := anatomy.shown_by(word))]
    if not found:
        return None
    method = Method.DERIVED if any(how == "derived" for _, (_, how) in found) else Method.ASSUMED
    if any(concept.label == "Brain" for _, (concept, _) in found):
        spine = [one for one in anatomy.find(dataset.title) if one.meaning.label in _SPINE]
        if spine:  # the methods that show the brain are used on the spinal cord too
            return _entitled(dataset)
    terms = {concept.label: _term(concept, word) for word, (concept, _) in found}
    return _Filled(
        list(terms.values()), method, *_quoted("modalities", (word for word, _ in found))
    )


def _is_image(code: str) -> bool:
    try:
        return modality.get(code).kind == "image"
    except VocabularyError:
        return False


def _same(one: _Filled, other: _Filled) -> bool:
    return {term.label for term in one.value} == {term.label for term in other.value}


def _implied(dataset: Dataset) -> _Filled | None:
    known = condition.conditions()
    terms: dict[str, Term] = {}
    for stated in dataset.conditions:
        named = known.get(stated.label)
        for label in named.body_parts if named else ():
            concept = anatomy.normalise(label)
            if concept is not None:
                terms.setdefault(label, _term(concept, stated.raw or stated.label))
    if not terms:
        return None
    words = dict.fromkeys(term.raw or "" for term in terms.values())
    return _Filled(list(terms.values()), Method.DERIVED, *_quoted("conditions", words))


def _entitled(dataset: Dataset) -> _Filled | None:
    found = anatomy.find(dataset.title)
    if not found:
        return None
    terms = [_term(one.meaning, one.words) for one in found]
    return _Filled(terms, Method.DERIVED, *_quoted("title", (one.words for one in found)))


def _fill_tasks(dataset: Dataset) -> _Filled | None:
    if dataset.kind not in _FOR_ALGORITHMS:
        return None
    found = task.find(dataset.title)
    if not found:
        return None
    tasks = [one.meaning for one in found]
    return _Filled(tasks, Method.DERIVED, *_quoted("title", (one.words for one in found)))


def _fill_annotations(dataset: Dataset) -> _Filled | None:
    kinds = {code: kind for code in dataset.modalities if (kind := annotation.carried_by(code))}
    if not kinds:
        return None
    return _Filled(list(kinds.values()), Method.DERIVED, *_quoted("modalities", kinds))


def _fill_licence(dataset: Dataset) -> _Filled | None:
    """The licence that all words of the repository certainly mean; of several, all of them."""
    if not dataset.licence_raw:
        return None
    whole = licence.normalise(dataset.licence_raw)
    if whole:
        return _Filled(whole, Method.DERIVED, *_quoted("licence_raw", [dataset.licence_raw]))
    parts = {licence.normalise(part) for part in dataset.licence_raw.split("; ")}
    if None in parts:
        return None
    expression = " AND ".join(sorted(filter(None, parts)))
    return _Filled(expression, Method.DERIVED, *_quoted("licence_raw", [dataset.licence_raw]))


def _named(one: Condition, raw: str) -> Term:
    return Term(label=one.label, code=one.code, system=one.system, raw=raw)


def _term(concept: Anatomy, raw: str) -> Term:
    return Term(label=concept.label, code=concept.code, system=concept.system, raw=raw)


def _quoted(field: str, words: Iterable[str]) -> tuple[str, str]:
    """A field, and the words of it that are evidence."""
    return field, f"{field}: {', '.join(words)}"[:_LONGEST_EVIDENCE]


_FILLS: dict[str, Callable[[Dataset], _Filled | None]] = {
    "licence": _fill_licence,
    "modalities": _fill_modalities,
    "conditions": _fill_conditions,
    "body_parts": _fill_body_parts,
    "tasks": _fill_tasks,
    "annotation_kinds": _fill_annotations,
}
"""The fields that are filled, in this order: anatomy rests on conditions and modalities."""
