"""Where the standard or law that a rule names can be read; linked, never fetched."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_PART = re.compile(r"PS3\.(\d{1,2})(?!\d)")


def address(rule: str) -> str | None:
    """The address of the standard that a rule names, or None if it is not known here."""
    known = _standard(rule)
    return None if known is None else known[1]


def title(rule: str) -> str | None:
    """The title of the standard that a rule names, or None if it is not known here."""
    known = _standard(rule)
    return None if known is None else known[0]


def _standard(rule: str) -> tuple[str, str] | None:
    rule = rule.removeprefix("DICOM ")
    for one in _standards():
        if rule.startswith(one["begins"]):
            part = _PART.match(rule)
            number = int(part[1]) if part else 1
            return one["title"].format(part=number), one["address"].format(part=number)
    return None


@cache
def _standards() -> list[dict[str, str]]:
    with Path(__file__).with_name("standards.toml").open("rb") as file:
        known: list[dict[str, str]] = tomllib.load(file)["standard"]
    return known
