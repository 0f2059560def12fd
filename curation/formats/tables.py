"""Tables as CSV and TSV: clinical tables, and BIDS participants, sessions, scans and events."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from curation.formats.bids import is_bids
from curation.formats.dates import NoDate, Spelled
from curation.formats.encoding import looks_like_text
from curation.formats.file import File
from curation.formats.paths import patient_of
from curation.formats.sheet import Sheet, read
from curation.formats.values import clean_value, identifies, inspect_value, is_nothing, is_number
from curation.phi import Kind, Style
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look

_OWN = frozenset("person patient record identifier birth".split())
_WATCHED = _OWN | {"participant", "date", "moment", "age", "institution", "device"}
_MOST = 1000
_SCANNED = 10_000


class _Table:
    name = "table"
    rank = 40

    def takes(self, name: str, head: bytes) -> bool:
        """Text that is named as a table."""
        return name.lower().endswith((".csv", ".tsv", ".tab")) and looks_like_text(head)

    def inspect(self, file: File, look: Look) -> None:
        """Report cells as `row:column`; of one column no more than the first thousand."""
        bids = is_bids(file.name)
        with read(file.path) as (sheet, rows):
            for column in sorted(sheet.strange):
                look.patient = _patient(file, sheet, [])
                cell = (sheet.header or [])[column]
                look.text(cell, f"0:{column + 1}", Style.PHRASE, rule="free text")
            said: Counter[int] = Counter()
            dated: set[int] = set()
            harmless: set[tuple[int, str]] = set()
            quiet = not any(field.role in _WATCHED for field in sheet.fields)
            for number, row in enumerate(rows, 1):
                if quiet and is_number(",".join(row)):
                    continue
                patient = _patient(file, sheet, row, bids=bids)
                if patient != look.patient or len(harmless) > _MOST:
                    look.patient = patient
                    harmless.clear()
                for column, cell in enumerate(row):
                    if (column, cell) in harmless or said[column] >= _MOST or not cell.strip():
                        continue
                    where = f"{number}:{sheet.label(column)}"
                    field = sheet.field(column)
                    once = column not in dated
                    worst = inspect_value(field, cell, where, look, bids=bids, dates=once)
                    if worst is None:
                        harmless.add((column, cell))
                    elif worst is Severity.INFO:
                        dated.add(column)
                    else:
                        said[column] += 1
                        if said[column] == _MOST:
                            message = f"{_MOST} cells of this column identify; no more are listed"
                            look.found("cells", Severity.ERROR, where, field.rule, message)

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """The cells of identifying columns, each with the patient of its row."""
        bids = is_bids(file.name)
        with read(file.path) as (sheet, rows):
            own = [i for i, f in enumerate(sheet.fields) if f.role in _OWN and f.kind]
            for row in rows if own else ():
                patient = _patient(file, sheet, row, bids=bids)
                for column in own:
                    cell = row[column].strip() if column < len(row) else ""
                    kind = sheet.fields[column].kind
                    if kind and not is_nothing(cell) and identifies(sheet.fields[column], cell):
                        yield patient, kind, cell

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write the same columns and rows, cells cleaned; what may not stay is left empty."""
        bids = is_bids(file.name)
        first = _day_first(file)
        empty = "n/a" if bids else ""
        with (
            read(file.path) as (sheet, rows),
            target.open("w", encoding=sheet.encoding, newline="") as out,
        ):
            write = csv.writer(out, lineterminator=sheet.ending, **sheet.options()).writerow
            if sheet.header is not None:
                write(
                    f"column {i + 1}" if i in sheet.strange else cell
                    for i, cell in enumerate(sheet.header)
                )
            quiet = not any(field.role in _WATCHED for field in sheet.fields)
            for row in rows:
                if quiet and is_number(",".join(row)):
                    write(row)
                    continue
                patient = _patient(file, sheet, row, bids=bids)
                new: list[str] = []
                for column, cell in enumerate(row):
                    clean = clean_value(
                        sheet.field(column),
                        cell,
                        act,
                        patient,
                        bids=bids,
                        day_first=first.get(column),
                    )
                    new.append(empty if clean is None or (cell and not clean) else clean)
                write(new)


FORMAT = _Table()


def _patient(file: File, sheet: Sheet, row: list[str], *, bids: bool = False) -> str:
    """Whose row it is, as other files call that patient: in BIDS by the label, else by the id."""
    order = ("participant", "patient", "record") if bids else ("patient", "record", "participant")
    for role in order:
        for field, cell in zip(sheet.fields, row, strict=False):
            if field.role == role and cell.strip():
                return cell.strip().removeprefix("sub-")
    return patient_of(file.name) or ""


def _day_first(file: File) -> dict[int, bool]:
    """For the columns of dates whose rows tell it: whether the day stands before the month."""
    told: dict[int, bool] = {}
    with read(file.path) as (sheet, rows):
        dated = [i for i, f in enumerate(sheet.fields) if f.role in ("date", "moment", "birth")]
        for row in islice(rows, _SCANNED) if dated else ():
            for column in dated:
                if column < len(row) and column not in told:
                    try:
                        a, b = (Spelled(row[column], day_first=day) for day in (True, False))
                    except NoDate:
                        continue
                    if a.order in ("dmy", "mdy") and a.order == b.order:
                        told[column] = a.order == "dmy"
    return told
