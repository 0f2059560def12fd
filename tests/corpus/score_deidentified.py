"""How good a de-identification of the raw corpus is: removal, retention and integrity, apart."""

from __future__ import annotations

import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.corpus.hidden import hidden, outside_is_same
from tests.corpus.key import Entry
from tests.corpus.reading import Read

_UNREADABLE = 8
"""Names shorter than this many letters are searched only together with the given name."""


@dataclass
class Deidentified:
    """What was done, of what was to be done; `done` and `asked` by expectation or category."""

    done: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    to_remove: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    left: list[Entry] = field(default_factory=list)
    lost: list[Entry] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    midi: tuple[int, int] = (0, 1)

    def share(self, what: str) -> float | None:
        """Share done of one expectation, or None where nothing was asked."""
        return self.done[what] / self.asked[what] if self.asked[what] else None

    @property
    def removal(self) -> float:
        """Share of the identifying texts that are nowhere in what was written."""
        return self.removed.total() / max(1, self.to_remove.total())

    @property
    def total(self) -> float:
        """Everything in one figure, as MIDI-B has it: a missing file passes what is removal."""
        return self.midi[0] / max(1, self.midi[1])

    def lines(self) -> list[str]:
        """The score as a table."""
        rows = [
            _line(name, self.removed[name], count) for name, count in sorted(self.to_remove.items())
        ]
        rows.append(f"text removed           {100 * self.removal:.2f} %")
        rows += [_line(what, self.done[what], count) for what, count in sorted(self.asked.items())]
        rows.append(f"as MIDI-B has it       {100 * self.total:.2f} %")
        rows.append(f"not written            {len(self.missing)}")
        return rows


def _line(name: str, done: int, asked: int) -> str:
    return f"{name:<22} {done:>6} / {asked:<6} {100 * done / max(1, asked):6.2f} %"


def score_deidentified(
    out: Path, raw: Path, key: Iterable[Entry], mapping: Mapping[str, str] | None = None
) -> Deidentified:
    """Compare what a tool wrote below `out` with the key of the raw corpus below `raw`.

    `mapping` has the file written (relative to `out`) for each file read (relative to `raw`);
    where it has none, the same name is looked for.
    """
    by_file: dict[str, list[Entry]] = defaultdict(list)
    folders: list[Entry] = []
    for entry in key:
        if entry.corpus != "raw":
            continue
        if entry.category == "filename":
            folders.append(entry)
        else:
            by_file[entry.file].append(entry)
    score = _Scoring(out, raw, dict(mapping or {}))
    for file in sorted(by_file):
        score.file(file, by_file[file])
    score.names(folders, sorted(by_file))
    score.whole()
    return score.result


class _Scoring:
    def __init__(self, out: Path, raw: Path, mapping: dict[str, str]) -> None:
        self.out, self.raw, self.mapping = out, raw, mapping
        self.result = Deidentified()
        self.uids: dict[str, set[str]] = defaultdict(set)
        self.references: list[tuple[str, str]] = []
        self.asked_references = 0
        self.objects: dict[str, str] = {}
        self.sources: set[str] = set()
        self.shifts: dict[str, Counter[int]] = defaultdict(Counter)
        self.passed = self.actions = 0

    def target(self, file: str) -> Path | None:
        """The file that was written for one, if any."""
        name = file.partition("!/")[0]
        path = self.out / self.mapping.get(file, self.mapping.get(name, name))
        return path if path.is_file() else None

    def file(self, name: str, entries: list[Entry]) -> None:
        """Score one file."""
        path = self.target(name)
        own = next((e.text for e in entries if e.where == "00080018"), "")
        if own:
            self.sources.add(own)
        if path is None:
            self.result.missing.append(name)
            for entry in entries:
                if entry.expect != "clean":
                    self._act(entry.expect in ("remove", "date", "pixel_hidden"))
            return
        read = _read(path, name)
        self._remove(read, [entry for entry in entries if entry.expect == "remove"])
        for entry in entries:
            if entry.expect == "date":
                self._date(read, entry)
            elif entry.expect == "uid":
                self._uid(read, entry)
            elif entry.expect in ("keep_basic", "keep_option"):
                self._keep(read, entry)
        if own and read.dataset is not None:
            ds = read.dataset
            self.objects[own] = str(ds.get("SOPInstanceUID", ""))
            meta = ds.file_meta.get("MediaStorageSOPInstanceUID")
            self._count("file meta agrees", meta == ds.get("SOPInstanceUID"))
        self._pixels(name, read, [e for e in entries if e.expect == "pixel_hidden"])

    def _count(self, what: str, good: bool) -> bool:
        self.result.asked[what] += 1
        self.result.done[what] += good
        return good

    def _act(self, good: bool) -> None:
        self.actions += 1
        self.passed += good

    def _remove(self, read: Read, entries: list[Entry]) -> None:
        """A text that is anywhere in the file is left, in the places that still have it.

        Where none of its places has it, it went elsewhere, and none of them is done.
        """
        left = [e for e in entries if any(read.holds(text) for text in needles(e))]
        there = {id(e) for e in left if any(read.holds_at(e.where, t) for t in needles(e))}
        blamed = {e.text for e in left if id(e) in there}
        bad = {id(e) for e in left if id(e) in there or e.text not in blamed}
        for entry in entries:
            gone = id(entry) not in bad
            self.result.to_remove[entry.category] += 1
            self.result.removed[entry.category] += gone
            if not gone:
                self.result.left.append(entry)
            self._act(gone)

    def _date(self, read: Read, entry: Entry) -> None:
        assert entry.where is not None
        now = read.value(entry.where)
        changed = now is None or now != entry.text
        if not self._count("date", changed):
            self.result.left.append(entry)
        self._act(changed)
        before, after = _day(entry.text), _day(now or "")
        if before and after and entry.patient:
            self.shifts[entry.patient][(after - before).days] += 1

    def _uid(self, read: Read, entry: Entry) -> None:
        assert entry.where is not None
        now = read.value(entry.where)
        if entry.where not in ("00080018", "0020000D", "0020000E", "00200052"):
            self.asked_references += 1
            if now is not None:
                self.references.append((entry.text, now))
        if now is not None:
            self.uids[entry.text].add(now)
        self._act(now is not None and now != entry.text)

    def _keep(self, read: Read, entry: Entry) -> None:
        assert entry.where is not None
        kept = same(read.value(entry.where), entry.text)
        if not self._count(entry.expect, kept):
            self.result.lost.append(entry)
        self._act(kept)

    def _pixels(self, name: str, read: Read, boxes: list[Entry]) -> None:
        before = _read(self.raw / name.partition("!/")[0], name)
        if before.dataset is None or "PixelData" not in before.dataset:
            return
        try:
            old, new = before.frames(), read.frames()
        except Exception as error:  # of many kinds, one for each decoder
            self.result.broken.append(f"{name}: {type(error).__name__}")
            new = None
        if new is None or new.shape != old.shape:
            self._count("pixels outside boxes", False)
            for _ in boxes:
                self._act(self._count("pixel_hidden", True))
            return
        self._act(self._count("pixels outside boxes", outside_is_same(old, new, boxes)))
        for entry in boxes:
            gone = hidden(old, new, entry)
            if not self._count("pixel_hidden", gone):
                self.result.left.append(entry)
            self._act(gone)

    def names(self, folders: list[Entry], files: list[str]) -> None:
        """Names of files and folders that were to go."""
        for entry in folders:
            written = [
                str(path.relative_to(self.out)).lower()
                for file in files
                if file == entry.file or file.startswith(f"{entry.file}/")
                if (path := self.target(file)) is not None
            ]
            gone = not any(entry.text.lower() in name for name in written)
            self.result.to_remove["filename"] += 1
            self.result.removed["filename"] += gone
            if not gone:
                self.result.left.append(entry)
            self._act(gone)

    def whole(self) -> None:
        """What can be said only of all files together: UIDs, references, shifts."""
        back: Counter[str] = Counter(new for news in self.uids.values() for new in news)
        for old, news in self.uids.items():
            one = len(news) == 1 and old not in news and all(back[new] == 1 for new in news)
            self._count("UIDs 1:1", one)
        for reference, new in self.references:
            if reference in self.sources:
                self._count("references resolve", new == self.objects.get(reference))
        self.result.asked["references kept"] = self.asked_references
        self.result.done["references kept"] = len(self.references)
        for days in self.shifts.values():
            self.result.asked["shift is one a patient"] += days.total()
            self.result.done["shift is one a patient"] += days.most_common(1)[0][1]
        self.result.midi = (self.passed, self.actions)


def _read(path: Path, name: str) -> Read:
    """A file, or the member of an archive where `name` is of one and it was written as one."""
    member = name.partition("!/")[2]
    if not member or not zipfile.is_zipfile(path):
        return Read(path)
    with zipfile.ZipFile(path) as archive:
        inside = archive.namelist()
    return Read(path, member) if member in inside else Read(path)


def needles(entry: Entry) -> list[str]:
    """What must not be found any more: the text, and of a name in parts its long first part."""
    text = entry.text
    found = [text]
    if entry.kind == "name":
        family = text.replace("=", "^").partition("^")[0].rstrip(",")
        if "^" in text and len(family) >= _UNREADABLE:
            found.append(family)
    return found


def same(now: str | None, before: str) -> bool:
    """Whether a value is what it was; numbers may be spelled in another way."""
    if now is None:
        return False
    if now.strip() == before.strip():
        return True
    try:
        ours, theirs = ([float(part) for part in text.split("\\")] for text in (now, before))
    except ValueError:
        return False
    return ours == theirs


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
