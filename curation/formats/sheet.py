"""A CSV or TSV file as rows: its encoding, delimiter, quotes and header found, never assumed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from curation.formats import Unsafe
from curation.formats.encoding import encoding_of
from curation.formats.fields import UNKNOWN, Field, field_of
from curation.formats.values import is_number
from curation.phi import Kind, Style
from curation.phi.find import find

_SAMPLE = 1 << 16
_LINES = 20
_DELIMITERS = "\t;,|"
_QUOTED = re.compile(r'(?:^|[\t;,|])"[^"\n]*"(?=[\t;,|]|\r?$)', re.MULTILINE)
_WIDEST = 10_000
_CLOSE = "person patient record participant identifier birth".split()


@dataclass(frozen=True)
class Sheet:
    """How a table is written, and what its columns are called and hold.

    `labels` are the names that findings give the columns: a number where the name of a column
    says itself who somebody is, or where there are no names. `strange` are those columns.
    """

    encoding: str
    delimiter: str
    quoted: bool
    everywhere: bool
    ending: str
    header: list[str] | None
    labels: list[str]
    fields: list[Field]
    strange: frozenset[int]

    def label(self, column: int) -> str:
        """What a column is called in findings; a cell beyond the header has a number."""
        return self.labels[column] if column < len(self.labels) else str(column + 1)

    def field(self, column: int) -> Field:
        """What a column holds."""
        return self.fields[column] if column < len(self.fields) else UNKNOWN

    def options(self) -> dict[str, Any]:
        """What the csv module reads and writes it with."""
        if not self.quoted:
            return {"delimiter": self.delimiter, "quoting": csv.QUOTE_NONE, "quotechar": None}
        quoting = csv.QUOTE_ALL if self.everywhere else csv.QUOTE_MINIMAL
        return {"delimiter": self.delimiter, "quoting": quoting}


@contextmanager
def read(path: Path) -> Iterator[tuple[Sheet, Iterator[list[str]]]]:
    """A table and its rows below the header.

    Raises:
        Unsafe: if it is no text, or no table (a cell of more than 128 KiB, 10,000 columns).
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE)
        file.seek(0)
        delimiter = _delimiter(sample)
        quoted = delimiter != "\t" or '"' not in sample or bool(_QUOTED.search(sample))
        given = {"delimiter": delimiter}
        if not quoted:
            given |= {"quoting": csv.QUOTE_NONE, "quotechar": None}  # type: ignore[dict-item]
        rows = _rows(csv.reader(file, **given))  # type: ignore[arg-type]
        first = next(rows, [])
        headed = _is_header(first)
        strange = frozenset(
            i for i, c in enumerate(first) if headed and field_of(c) is UNKNOWN and _speaks(c)
        )
        sheet = Sheet(
            encoding=encoding,
            delimiter=delimiter,
            quoted=quoted,
            everywhere=quoted
            and bool(first)
            and sample.count('"', 0, _end(sample)) >= 2 * len(first),
            ending="\r\n" if "\r\n" in sample else "\n",
            header=first if headed else None,
            labels=[
                str(i + 1) if i in strange or not headed else c.strip() or str(i + 1)
                for i, c in enumerate(first)
            ],
            fields=_fields(first) if headed else [],
            strange=strange,
        )
        yield sheet, rows if headed else chain([first] if first else [], rows)


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        for row in reader:
            if len(row) > _WIDEST:
                raise Unsafe(f"a table of more than {_WIDEST} columns")
            if row:
                yield row
    except csv.Error:
        raise Unsafe("no table: a cell that does not end") from None


def _end(sample: str) -> int:
    end = sample.find("\n")
    return len(sample) if end < 0 else end


def _delimiter(sample: str) -> str:
    """What parts the cells: what stands most evenly in the first lines."""
    lines = [line for line in re.sub(r'"[^"]*"', "", sample).splitlines()[:_LINES] if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(_DELIMITERS, key=score) if any(score(d)[0] for d in _DELIMITERS) else ","


def _is_header(row: list[str]) -> bool:
    """Whether a row names columns: it has a known name, or no number and few identifiers."""
    cells = [cell.strip() for cell in row if cell.strip()]
    if any(field_of(cell) is not UNKNOWN for cell in cells):
        return True
    if not cells or any(is_number(cell) for cell in cells):
        return False
    return 2 * sum(_speaks(cell) for cell in cells) <= len(cells)


def _speaks(cell: str) -> bool:
    return bool(find(cell, Style.PHRASE))


def _fields(header: list[str]) -> list[Field]:
    """What each column holds. One called just `name` is a person's beside other such columns."""
    fields = [field_of(cell.strip().lstrip("#")) for cell in header]
    if any(field.role in _CLOSE for field in fields):
        person = Field("person", Kind.NAME)
        fields = [
            person if cell.strip().casefold() == "name" else field
            for cell, field in zip(header, fields, strict=True)
        ]
    return fields
