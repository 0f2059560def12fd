"""What a dataset was made for: the tasks that algorithms are asked to do with its images."""

from __future__ import annotations

from functools import cache

from schemas.vocabulary import table
from schemas.vocabulary.phrases import Found, Names


def normalise(raw: str | None) -> str | None:
    """The task that all of `raw` names; None if it is unknown."""
    return None if raw is None else _named("text", "whole").whole(raw)


def find(text: str) -> list[Found[str]]:
    """The tasks named among the words of `text`, a challenge's title, each once."""
    found: dict[str, Found[str]] = {}
    for one in _named("text").among(text):
        found.setdefault(one.meaning, one)
    return list(found.values())


@cache
def _named(*uses: str) -> Names[str]:
    rows = table.read("tasks")
    return Names((row["alias"] or row["task"], row["task"]) for row in rows if row["use"] in uses)
