"""The answer key: what stands where in the corpus, and what is expected of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Corpus = Literal["raw", "residual", "hostile"]
Expect = Literal["remove", "date", "uid", "keep_basic", "keep_option", "pixel_hidden", "clean"]

IDENTIFYING: frozenset[str] = frozenset({"remove", "pixel_hidden"})
"""What a check of a de-identified file must find."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One expectation.

    `where` is a path of tags `GGGGEEEE[item].GGGGEEEE`, `pixel` with `frame` and `bbox` (x0, y0,
    x1, y1; x1 and y1 outside), `preamble`, `padding`, `filename`, a JSON key, `row:column`, or
    the place as the format names it; None for the file as a whole. `text` is what stands there:
    for `remove` the identifier alone. A `filename` entry may name a folder.
    """

    corpus: Corpus
    file: str
    where: str | None
    category: str
    expect: Expect
    kind: str = ""
    text: str = ""
    frame: int | None = None
    bbox: tuple[int, int, int, int] | None = None
    patient: str = ""

    def as_json(self) -> str:
        """The entry as a line, without what does not apply."""
        data = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        return json.dumps(data, ensure_ascii=False)


@dataclass
class Notes:
    """Entries of one file as it is made; the file's name comes at the end."""

    corpus: Corpus
    patient: str = ""
    entries: list[Entry] = field(default_factory=list)

    def add(
        self,
        where: str | None,
        category: str,
        expect: Expect,
        kind: str = "",
        text: str = "",
        frame: int | None = None,
        bbox: tuple[int, int, int, int] | None = None,
    ) -> None:
        """Note one expectation."""
        self.entries.append(
            Entry(
                self.corpus, "", where, category, expect, kind, str(text), frame, bbox, self.patient
            )
        )

    def phi(self, where: str | None, category: str, found: Iterable[tuple[str, str]]) -> None:
        """Note identifiers, as (kind, text), that stand in one place now."""
        self.entries = [
            e for e in self.entries if (e.where, e.expect) != (where, "remove") or not where
        ]
        for kind, text in found:
            self.add(where, category, "remove", kind, text)

    def of(self, file: str) -> list[Entry]:
        """The entries, now that the file has a name; a file without identifiers is clean."""
        named = [
            Entry(**{**asdict(entry), "file": entry.file or file, "bbox": entry.bbox})
            for entry in self.entries
        ]
        if not any(entry.expect in IDENTIFYING for entry in named):
            named.append(Entry(self.corpus, file, None, "file", "clean"))
        return named


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write the key as JSON lines."""
    path.write_text("".join(entry.as_json() + "\n" for entry in entries), encoding="utf-8")


def read(path: Path) -> Iterator[Entry]:
    """Read a key back."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            data = json.loads(line)
            if data.get("bbox"):
                data["bbox"] = tuple(data["bbox"])
            data.setdefault("where", None)
            yield Entry(**data)
