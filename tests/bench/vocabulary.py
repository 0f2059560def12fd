"""How much of the catalogue the vocabularies understand, and how often they are right.

Every packaged record is normalised: which share has a value, which share of the repositories' own
words is mapped, what is not, and how the records agree with the set that was labelled by hand.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from catalog import records
from catalog.normalise import normalised
from schemas.dataset import Dataset, Method, Status
from schemas.vocabulary import annotation, condition, modality, task
from tests.bench.figures import Bar, Figure, Measured
from tests.bench.place import Place, say
from tests.vocabulary.accuracy import VALUES, accuracy

MOST_SHOWN = 20
RUNS = 3

Words = Iterable[tuple[str, bool]]
"""A record's words in one vocabulary, and whether each is mapped."""


def measure(place: Place) -> Measured:
    """Coverage and accuracy over the offline catalogue, one line a vocabulary and share."""
    say("vocabulary: normalising every packaged record")
    place.refresh("--offline", name="vocabulary")
    stated = list(_packaged(place.folder / "vocabulary" / "sources"))
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        mapped = [normalised(dataset) for dataset in stated]
        seconds.append(time.perf_counter() - started)
    # The first run reads the tables too, once a process.
    figures = [Figure(f"normalising {len(mapped):,} records", min(seconds), "s", bar=Bar(1.0))]
    notes: list[str] = []
    scores = accuracy({dataset.id: dataset for dataset in mapped})
    for name, values in VALUES.items():
        # "Healthy" is no condition: what is stated counts if it names one.
        before = _share(
            bool(values(old) and values(new)) for old, new in zip(stated, mapped, strict=True)
        )
        after = _share(bool(values(dataset)) for dataset in mapped)
        figures.append(Figure(f"{name}: records with a value", after, "%", before, "stated"))
        words = [word for dataset in mapped for word in _WORDS.get(name, _none)(dataset)]
        if words:
            known = _share(understood for _, understood in words)
            figures.append(Figure(f"{name}: words mapped", known, "%"))
        score = scores[name]
        figures.append(Figure(f"{name}: precision, {score.judged} labelled", 100 * score.precision,
                              "%", bar=Bar(90, better="over")))  # fmt: skip
        figures.append(
            Figure(f"{name}: recall", 100 * score.recall, "%", bar=Bar(85, better="over"))
        )
        notes += _notes(name, mapped, words, score.wrong)
    return Measured(tuple(figures), tuple(notes))


def _packaged(sources: Path) -> Iterable[Dataset]:
    for folder in sorted(sources.iterdir()):
        for dataset in records.read(folder / records.FILE):
            if dataset.status is not Status.WITHDRAWN:
                yield dataset


def _notes(
    name: str, datasets: list[Dataset], words: list[tuple[str, bool]], wrong: list[str]
) -> list[str]:
    """By source, by method, the commonest words that are not mapped, and every disagreement."""
    lines = [f"{name}", f"  by source: {_by_source(name, datasets)}"]
    methods = Counter(
        told.method.value
        for dataset in datasets
        if VALUES[name](dataset) and (told := dataset.provenance.get(name))
    )
    lines.append(f"  by method: {_counted(methods.most_common())}")
    if name == "conditions":
        none = sum(not d.conditions and "conditions" in d.provenance for d in datasets)
        assumed = sum(_assumed(dataset) for dataset in datasets)
        lines.append(f"  said to have no disease: {none:,} more; anatomy assumed: {assumed:,}")
    missed = Counter(word for word, understood in words if not understood)
    if missed:
        lines.append(
            f"  not mapped: {sum(missed.values()):,} uses of {len(missed):,} words, "
            f"{_share(not understood for _, understood in words):.1f} %: "
            + _counted(missed.most_common(MOST_SHOWN))
        )
    return [*lines, *(f"  labelled otherwise: {line}" for line in wrong)]


def _assumed(dataset: Dataset) -> bool:
    told = dataset.provenance.get("body_parts")
    return told is not None and told.method is Method.ASSUMED


def _by_source(name: str, datasets: list[Dataset]) -> str:
    every = Counter(dataset.source for dataset in datasets)
    known = Counter(dataset.source for dataset in datasets if VALUES[name](dataset))
    return ", ".join(f"{source} {known[source]:,}/{every[source]:,}" for source in sorted(every))


def _counted(pairs: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{word[:60]} {count:,}" for word, count in pairs)


def _share(answers: Iterable[bool]) -> float:
    """Per cent of the answers that are yes."""
    known = list(answers)
    return 100 * sum(known) / len(known) if known else 0.0


def _none(_: Dataset) -> Words:
    """Access has no words of its own: a harvester reads it as one of the few there are."""
    return ()


def _modalities(dataset: Dataset) -> Words:
    """A source may have words of its own: its only one is mapped if the record has a code."""
    words = dataset.modalities_raw
    for word in words:
        alone = len(words) == 1 and bool(dataset.modalities)
        yield word, alone or bool(modality.normalise(word) or modality.find(word))


def _conditions(dataset: Dataset) -> Words:
    for term in dataset.conditions:
        yield term.raw or term.label, term.label in condition.conditions()


def _body_parts(dataset: Dataset) -> Words:
    for term in dataset.body_parts:
        yield term.raw or term.label, term.code is not None


def _licence(dataset: Dataset) -> Words:
    if dataset.licence_raw:
        yield dataset.licence_raw, dataset.licence is not None


def _tasks(dataset: Dataset) -> Words:
    for word in dataset.tasks:
        yield word, task.normalise(word) == word


def _annotations(dataset: Dataset) -> Words:
    for word in dataset.annotation_kinds:
        yield word, annotation.normalise(word) == word


_WORDS: dict[str, Callable[[Dataset], Words]] = {
    "modalities": _modalities,
    "body_parts": _body_parts,
    "conditions": _conditions,
    "licence": _licence,
    "tasks": _tasks,
    "annotation_kinds": _annotations,
}
