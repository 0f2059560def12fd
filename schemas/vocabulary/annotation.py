"""What was added to the images by people or programs: kinds of annotation."""

from __future__ import annotations

from functools import cache

from schemas.vocabulary import table
from schemas.vocabulary.phrases import Names


def normalise(raw: str | None) -> str | None:
    """The kind of annotation that all of `raw` names; None if it is unknown."""
    return None if raw is None else _names().whole(raw)


def carried_by(code: str) -> str | None:
    """The kind that a series of DICOM modality `code` is, None if it is no annotation."""
    return _codes().get(code)


@cache
def _names() -> Names[str]:
    return Names((row["alias"] or row["kind"], row["kind"]) for row in table.read("annotations"))


@cache
def _codes() -> dict[str, str]:
    return {row["code"]: row["kind"] for row in table.read("annotations") if row["code"]}
