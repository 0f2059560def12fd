"""A vocabulary's table is a CSV beside its module, and its words are compared by letters alone."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path


def read(name: str) -> list[dict[str, str]]:
    """The rows of `name`.csv in this folder; lines that begin with # say where it comes from."""
    path = Path(__file__).with_name(f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def squeeze(raw: str) -> str:
    """`raw` without case, spaces and punctuation, so that spellings of one word compare equal."""
    folded = unicodedata.normalize("NFKC", raw).casefold()
    return "".join(character for character in folded if character.isalnum())


def words(raw: str) -> list[str]:
    """The words of `raw`, folded as in `squeeze`, in their order."""
    folded = unicodedata.normalize("NFKC", raw).casefold()
    return "".join(c if c.isalnum() else " " for c in folded).split()
