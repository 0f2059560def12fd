"""Which disease or finding a dataset is about: names of conditions, with codes where certain.

"Cancer" and "tumour" alone are conditions: they tell such a dataset from one of healthy people.
"Healthy", "control" and placeholders such as "various" name none.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from schemas.vocabulary import table
from schemas.vocabulary.phrases import Found, Names

_BROAD = frozenset({"Cancer", "Neoplasm"})
"""Said in passing where a more exact name stands in the same text."""


class Condition(NamedTuple):
    """A disease or finding; `code` and its `system` ("NCIt" or "MONDO") are None if not certain.

    `body_parts` are labels of `schemas.vocabulary.anatomy` that the condition implies.
    """

    label: str
    code: str | None
    system: str | None
    body_parts: tuple[str, ...]


def normalise(raw: str | None) -> Condition | None:
    """The condition that all of `raw` names; None if it is unknown or names none."""
    return None if raw is None else _whole().whole(raw)


def find(text: str) -> list[Found[Condition]]:
    """The conditions named among the words of `text`, each once.

    Abbreviations that may mean something else ("MS", "PD") are not taken for one here.
    """
    found: dict[str, Found[Condition]] = {}
    for one in _among().among(text):
        found.setdefault(one.meaning.label, one)
    exact = [one for label, one in found.items() if label not in _BROAD]
    return exact or list(found.values())


def is_not_condition(raw: str | None) -> bool:
    """Whether `raw` is known to name no disease: health, a phantom, a purpose or a placeholder."""
    return raw is not None and _none().knows(raw)


@cache
def conditions() -> dict[str, Condition]:
    """Every condition by its label."""
    return {
        row["label"]: Condition(
            row["label"],
            row["code"] or None,
            _system(row["code"]),
            tuple(filter(None, row["body_parts"].split(";"))),
        )
        for row in table.read("conditions")
    }


def _system(code: str) -> str | None:
    return ("MONDO" if code.startswith("MONDO:") else "NCIt") if code else None


def _named(*uses: str) -> list[tuple[str, Condition | None]]:
    labels = [(label, condition) for label, condition in conditions().items()]
    aliases = [
        (row["alias"], conditions()[row["label"]])
        for row in table.read("condition_aliases")
        if row["use"] in uses
    ]
    return [*labels, *aliases]


@cache
def _whole() -> Names[Condition]:
    return Names(_named("text", "whole"))


@cache
def _among() -> Names[Condition]:
    phrases = [(row["value"], None) for row in table.read("not_conditions") if row["use"] == "text"]
    return Names([*_named("text"), *phrases])


@cache
def _none() -> Names[bool]:
    return Names((row["value"], True) for row in table.read("not_conditions"))
