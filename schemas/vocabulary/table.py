"""A vocabulary's table is a CSV beside its module, and its words are compared by letters alone."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from schemas.errors import SourceError


def read(name: str) -> list[dict[str, str]]:
    """The rows of `name`.csv in this folder; lines that begin with # say where it comes from."""
    path = Path(__file__).with_name(f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table kept by hand; its lines that begin with # say where it comes from.

    One row is one line: a cell never holds a new line, so that a forgotten quotation mark cannot
    swallow the rows after it.

    Raises:
        SourceError: naming file and line, if it is not UTF-8, has other columns than `columns`,
            or a line is no row of them.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise _no_row("not UTF-8", path, number, "Save the file as UTF-8") from error
    found: list[dict[str, str]] = []
    header: list[str] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#") or not line.strip():
            continue
        try:
            cells = next(csv.reader([line.removesuffix("\r")], strict=True))
        except csv.Error as error:
            do = "Keep a row on one line and close its quotation marks"
            raise _no_row(f"not a row: {error}", path, number, do) from error
        if header is None:
            header = cells
            if header != list(columns):
                named = ",".join(header)
                raise _no_row(f"columns {named!r}", path, number, f"Name them {','.join(columns)}")
        elif len(cells) != len(header):
            what = f"{len(cells)} cells in a table of {len(header)} columns"
            raise _no_row(what, path, number, "Quote a cell that holds a comma")
        else:
            found.append(dict(zip(header, cells, strict=True)))
    if header is None:
        raise _no_row("no columns", path, 1, f"Name them {','.join(columns)}")
    return found


def _no_row(what: str, path: Path, line: int, do: str) -> SourceError:
    return SourceError(what, where=f"{path.name}, line {line}", do=do)


def squeeze(raw: str) -> str:
    """`raw` without case, spaces and punctuation, so that spellings of one word compare equal."""
    folded = unicodedata.normalize("NFKC", raw).casefold()
    return "".join(character for character in folded if character.isalnum())


def words(raw: str) -> list[str]:
    """The words of `raw`, folded as in `squeeze`, in their order."""
    folded = unicodedata.normalize("NFKC", raw).casefold()
    return "".join(c if c.isalnum() else " " for c in folded).split()
