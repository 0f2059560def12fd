"""Checking and de-identifying a synthetic corpus: speed, memory, and how well, beside other tools.

The corpus has an answer key (tests/corpus). The same scorer looks at what each tool wrote; other
tools are run with their defaults, on the DICOM files alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import MB, Bar, Figure, Measured
from tests.bench.measure import FAIRSCAN, ROOT, BenchError, finish, run, start
from tests.bench.peers_deid import PEERS, PROGRAMS
from tests.bench.place import Place, say
from tests.corpus import key
from tests.corpus.key import Entry
from tests.corpus.score import written
from tests.corpus.score_check import Checked, score_check
from tests.corpus.score_deidentified import Deidentified, score_deidentified

PEER = ROOT / ".venv" / "peer" / "bin" / "python"
"""The Python that has the other tools."""

_PHRASE = {"FAIRSCAN_PASSPHRASE": "only-for-the-bench"}
_DONE = (0, 3)


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: CPU and wall seconds, peak in bytes, and what it printed."""

    cpu: float
    wall: float
    peak: int
    printed: str


def measure(place: Place) -> Measured:
    """Check, de-identify and compare; the full corpus unless it is to be quick."""
    corpus = place.folder / "corpus"
    say("deid: writing the corpus")
    size = "small" if place.quick else "full"
    run([sys.executable, "-m", "tests.corpus", corpus, "--size", size, "--seed", "11"], cwd=ROOT)
    entries = list(key.read(corpus / "key.jsonl"))
    checks = _checks(corpus, entries)
    figures, notes = _deidentifies(place.folder, corpus, entries)
    return Measured((*checks, *figures), tuple(notes))


def _checks(corpus: Path, entries: list[Entry]) -> list[Figure]:
    residual = corpus / "residual"
    files = _count(residual)
    say(f"deid: checking {files:,} files, headers alone")
    bare = _ran("check", residual, "--json", "--no-pixels", "--no-faces", "-j", "1")
    say("deid: checking them whole")
    whole = _ran("check", residual, "--json")
    score: Checked = score_check(
        (json.loads(line) for line in whole.printed.splitlines() if line.startswith("{")), entries
    )
    return [
        Figure("check, headers: files a CPU second", files / bare.cpu, "/s", bar=_over(2000)),
        Figure("check, headers: peak memory", bare.peak / MB, "MB"),
        Figure("check, all: files a second", files / whole.wall, "/s"),
        Figure("check: places with identifiers found", 100 * score.recall, "%", bar=_over(95)),
        *(
            Figure(f"  {name}, of {count}", 100 * score.found[name] / count, "%")
            for name, count in sorted(score.places.items())
        ),
        Figure("check: findings that are right", 100 * score.precision, "%", bar=_over(90)),
        Figure("check: clean files flagged", 100 * score.clean_flagged, "%", bar=Bar(1)),
    ]


def _deidentifies(
    folder: Path, corpus: Path, entries: list[Entry]
) -> tuple[list[Figure], list[str]]:
    raw = corpus / "raw"
    files = _count(raw)
    say(f"deid: de-identifying {files:,} files, without looking at pixels")
    bare = _ran("deidentify", raw, folder / "bare", "--no-check", "--no-pixels", "-j", "1")
    say("deid: de-identifying them whole")
    secret, table, out = folder / "key", folder / "table", folder / "out"
    whole = _ran("deidentify", raw, out, "--no-check", "--key", secret, "--table", table)
    _ran("reidentify", table, "--key", secret, "--to", folder / "who")
    score = score_deidentified(out, raw, entries, written(folder / "who" / "path.csv"))
    figures = [
        Figure("de-identify, no pixels: files a CPU second", files / bare.cpu, "/s",
               bar=_over(500)),
        Figure("de-identify, all: files a second", files / whole.wall, "/s"),
        Figure("de-identify: peak memory", whole.peak / MB, "MB"),
        *_scored("de-identify", score, bars=True),
    ]  # fmt: skip
    dicom = folder / "dicom"
    kept = [e for e in entries if e.corpus == "raw" and _is_dicom(e.file, raw)]
    _only_dicom(raw, dicom)
    rows = [_row("tool", ("files/s", *(name for name, _ in _measures(score)), "not written"))]
    rows.append(_row("fairscan", _cells(files / whole.wall, score)))
    for name in PEERS:
        say(f"deid: {name}")
        rows.append(_peer(name, dicom, folder / f"peer-{name}", kept))
    return figures, ["beside, each with its defaults, on the DICOM files:", *rows]


def _peer(name: str, raw: Path, out: Path, entries: list[Entry]) -> str:
    if name in PROGRAMS and shutil.which(PROGRAMS[name]) is None:
        return f"{name}: {PROGRAMS[name]} is not installed"
    python = PEER if PEER.exists() else Path(sys.executable)
    script = ROOT / "tests" / "bench" / "peers_deid.py"
    started = time.perf_counter()
    done = subprocess.run(
        [python, "-P", script, name, raw, out], capture_output=True, text=True, check=False
    )
    wall = time.perf_counter() - started
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return f"{name}: failed: {last}"
    label = done.stdout.strip().splitlines()[-1]
    score = score_deidentified(out, raw, entries)
    shutil.rmtree(out, ignore_errors=True)
    return _row(label, _cells(_count(raw) / wall, score))


def _measures(score: Deidentified) -> list[tuple[str, float | None]]:
    share = score.share
    return [
        ("text gone", score.removal if score.to_remove else None),
        ("dates changed", share("date")), ("UIDs 1:1", share("UIDs 1:1")),
        ("refs resolve", share("references resolve")), ("basic kept", share("keep_basic")),
        ("option kept", share("keep_option")), ("burned-in hidden", share("pixel_hidden")),
        ("pixels kept", share("pixels outside boxes")), ("as MIDI-B", score.total),
    ]  # fmt: skip


_BARS = {
    "text gone": 99.5, "UIDs 1:1": 99.99, "refs resolve": 99.99, "basic kept": 99,
    "option kept": 99, "burned-in hidden": 98, "pixels kept": 99.99,
}  # fmt: skip


def _scored(what: str, score: Deidentified, *, bars: bool) -> Iterable[Figure]:
    for name, value in _measures(score):
        bar = _over(_BARS[name]) if bars and name in _BARS else None
        shown = None if value is None else 100 * value
        yield Figure(f"{what}: {name}", shown, "%", bar=bar)


def _cells(speed: float, score: Deidentified) -> tuple[str, ...]:
    shares = ("-" if v is None else f"{100 * v:.1f}" for _, v in _measures(score))
    return (f"{speed:.0f}", *shares, str(len(score.missing)))


def _row(name: str, cells: tuple[str, ...]) -> str:
    return f"{name:<26}" + "".join(f"{cell:>17}" for cell in cells)


def _over(limit: float) -> Bar:
    return Bar(limit, better="over")


def _count(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def _is_dicom(file: str, raw: Path) -> bool:
    if "!/" in file:
        return False
    return file.endswith(".dcm") or "/IMAGES/" in file or (raw / file).is_dir()


def _only_dicom(raw: Path, folder: Path) -> None:
    for path in raw.rglob("*"):
        name = str(path.relative_to(raw))
        if path.is_file() and _is_dicom(name, raw):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)


def _ran(*arguments: str | Path) -> Ran:
    """Run the command; that it found something is no failure."""
    words = [str(word) for word in (FAIRSCAN, *arguments)]
    with tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        process = start(words, env={**_PHRASE, "FAIRSCAN_OFFLINE": "1"}, stdout=printed.fileno())
        assert process.stderr is not None
        said = process.stderr.read()
        cpu, peak = finish(process)
        wall = time.perf_counter() - started
        printed.seek(0)
        text = printed.read().decode()
    if process.returncode not in _DONE:
        raise BenchError(f"ended with {process.returncode}: {said[-300:]}", where=words[1])
    return Ran(cpu, wall, peak, text)
