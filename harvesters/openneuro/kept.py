"""What is kept of an answer about one dataset: counts of people, never a person.

OpenNeuro tells the age and sex of each subject and every subject's label. They are counted here,
before anything is written, and go no further. E-mail addresses are taken out of every text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from harvesters.openneuro.queries import FORM
from harvesters.text import plain_text
from schemas.vocabulary import age, sex

CAPPED = 89.0
"""BIDS lets "89+" be written as 89: at exactly this age the ten-year band is not known."""


def live(
    node: dict[str, Any],
    metadata: dict[str, Any] | None,
    unread: Iterable[str],
    read_at: datetime,
) -> dict[str, Any]:
    """The record of a dataset that answered at `read_at`; `unread` names the parts that did not.

    Raises:
        TypeError, AttributeError, KeyError, ValueError: if the answer has another shape.
    """
    snapshot = node["latestSnapshot"]
    summary = snapshot["summary"]
    return {
        "id": node["id"],
        "form": FORM,
        "created": node["created"],
        "publishDate": node["publishDate"],
        "latestSnapshot": {
            "tag": snapshot["tag"],
            "created": snapshot["created"],
            "hexsha": snapshot["hexsha"],
            "size": snapshot["size"],
            "description": _clean(snapshot["description"]),
            "summary": None if summary is None else _counted(summary),
            "deprecated": snapshot["deprecated"],
            "related": _clean(snapshot["related"]),
            "contributors": _clean(snapshot["contributors"]),
        },
        "metadata": _clean(metadata),
        "unread": sorted(unread),
        "read_at": read_at.isoformat(),
    }


def failed(local: str, why: str, entry: dict[str, Any] | None) -> dict[str, Any]:
    """The record of a dataset that could not be read: what the list says of it, and why."""
    return {"id": local, "failed": why, **(entry or {})}


def gone(local: str, redirect: str | None, title: str | None, read_at: datetime) -> dict[str, Any]:
    """The record of a dataset that was deleted: where it points to, and its last known title."""
    return {
        "id": local,
        "form": FORM,
        "deleted": {"redirect": redirect, "title": title},
        "read_at": read_at.isoformat(),
    }


def key(raw: dict[str, Any]) -> tuple[Any, Any, bool] | None:
    """What a dataset's record rests on: tag, commit, whether deprecated; None if not whole.

    A snapshot never changes but for its deprecation, so the same key means the same record.
    """
    snapshot = raw.get("latestSnapshot")
    whole = raw.get("form") == FORM and "read_at" in raw and not raw.get("unread")
    if not whole or not isinstance(snapshot, dict):
        return None
    return snapshot.get("tag"), snapshot.get("hexsha"), bool(snapshot.get("deprecated"))


def _counted(summary: dict[str, Any]) -> dict[str, Any]:
    people = [person for person in summary["subjectMetadata"] or [] if person]
    pet = summary["pet"] or {}
    return {
        "modalities": summary["modalities"],
        "secondaryModalities": summary["secondaryModalities"],
        "tasks": _clean(summary["tasks"]),
        "size": summary["size"],
        "subjects": None if summary["subjects"] is None else len(set(summary["subjects"])),
        "sexes": _tally(sex.normalise(person["sex"]) for person in people),
        "ages": _tally(_band(person["age"]) for person in people),
        "petBodyParts": _clean(pet.get("BodyPart")),
    }


def _band(years: float | None) -> str | None:
    if years is None or isinstance(years, bool) or not 0 <= years <= age.OLDEST or years == CAPPED:
        return None
    return age.band(years)


def _tally(values: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value is not None).items()))


def _clean(value: Any) -> Any:
    """`value` with every text in it as plain text, without e-mail addresses."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {name: _clean(item) for name, item in value.items()}
    return value
