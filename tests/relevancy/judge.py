"""How well the search ranks: nDCG@10 of each query of `grades.csv` over one release.

Järvelin and Kekäläinen, 2002, with gains 2^grade - 1; what nobody graded counts as nothing. A
dataset with copies in other repositories is one answer, graded as its best member.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from catalog import search as dataset_search
from catalog.facets import Query
from catalog.reader import Reader
from catalog.search import TOMBSTONES

AT = 10
_CLAUSE = re.compile(r"(\w+) (=|~|!~) (.+)")

Test = Callable[["Facts"], bool]


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a record is judged: values to compare whole, texts to look into."""

    values: Mapping[str, frozenset[str]]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A query with its score; `found` are the grades of the answers shown, `best` of the best."""

    query: str
    score: float
    found: tuple[int, ...]
    best: tuple[int, ...]
    shown: tuple[str, ...]


def judged(reader: Reader) -> list[Judged]:
    """Every query, asked and judged. A misspelt one is judged by where its suggestion leads."""
    units, facts = _catalogue(reader.folder / "site.db")
    found = []
    for query, rules in _rules().items():
        grades: dict[str, int] = {}
        for dataset, known in facts.items():
            met = (grade for grade, rule in rules if all(test(known) for test in rule))
            grade = max(met, default=0)
            unit = units[dataset]
            grades[unit] = max(grade, grades.get(unit, 0))
        page = reader.search(Query(text=query, size=AT))
        if page.suggestion:
            page = reader.search(replace(page.suggestion.query, size=AT))
        shown = tuple(hit.id for hit in page.hits)
        answers = tuple(grades.get(units.get(dataset, ""), 0) for dataset in shown)
        best = tuple(sorted((g for g in grades.values() if g), reverse=True)[:AT])
        found.append(Judged(query, ndcg(answers, best), answers, best, shown))
    return found


def ndcg(found: Iterable[int], best: Iterable[int]) -> float:
    """The gain of an order of grades as a share of the gain of the best order; 1 if none can be."""
    possible = _gain(best)
    return _gain(found) / possible if possible else 1.0


def report(found: Iterable[Judged]) -> str:
    """A line a query, the worst first."""
    return "\n".join(
        f"{one.score:.2f}  {one.query:<52} {_told(one.found)} of {_told(one.best)}"
        for one in sorted(found, key=lambda one: one.score)
    )


def _gain(grades: Iterable[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))


def _told(grades: Iterable[int]) -> str:
    return "".join(map(str, grades)) or "none"


@cache
def _rules() -> Mapping[str, list[tuple[int, list[Test]]]]:
    found: dict[str, list[tuple[int, list[Test]]]] = {}
    with Path(__file__).with_name("grades.csv").open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter=";", quoting=csv.QUOTE_NONE):
            tests = [_test(clause) for clause in row["rule"].split(" & ")]
            found.setdefault(row["query"], []).append((int(row["grade"]), tests))
    return found


def _test(clause: str) -> Test:
    match = _CLAUSE.fullmatch(clause)
    assert match, f"no clause: {clause!r}"
    field, sign, value = match.groups()
    if sign == "=":
        wanted = frozenset(part.strip() for part in value.split(" | "))
        return lambda facts: bool(wanted & facts.values[field])
    pattern = re.compile(value, re.IGNORECASE)
    return lambda facts: (pattern.search(facts.texts[field]) is not None) == (sign == "~")


def _catalogue(site_db: Path) -> tuple[dict[str, str], dict[str, Facts]]:
    """Each living dataset to the one that stands for it, and to what is judged of it."""
    with dataset_search.connect(site_db) as site:
        rows = site.execute(
            "SELECT d.id, s.id, d.record FROM datasets d JOIN datasets s ON s.rowid = d.stands "
            f"WHERE d.status NOT IN {TOMBSTONES}"
        ).fetchall()
    units = {dataset: unit for dataset, unit, _ in rows}
    return units, {dataset: _facts(json.loads(record)) for dataset, _, record in rows}


def _facts(record: dict[str, Any]) -> Facts:
    def terms(name: str) -> list[str]:
        return [word for term in record[name] for word in (term["label"], term["raw"]) if word]

    parts, conditions = terms("body_parts"), terms("conditions")
    names = [record["id"].partition(":")[2], *(i["value"] for i in record["identifiers"])]
    marks = [*record["tasks"], *record["annotation_kinds"], *record["modalities"], record["title"]]
    return Facts(
        {
            "id": frozenset({record["id"]}),
            "source": frozenset({record["source"]}),
            "modality": frozenset(record["modalities"]),
            "modality_too": frozenset(record["modalities"]),
        },
        {
            "about": " ; ".join([record["title"], *names, *parts, *conditions]),
            "title": record["title"],
            "part": " ; ".join(parts),
            "marks": " ; ".join("segmentation" if m in ("SEG", "RTSTRUCT") else m for m in marks),
            "task": " ; ".join(record["tasks"]),
            "paradigm": " ; ".join([*record["tasks"], *record["paradigms"]]),
            "raw": " ; ".join(record["modalities_raw"]),
            "text": f"{record['title']} ; {record['description'] or ''}",
        },
    )
