"""A cohort written to a manifest by a cold command, beside idc-index asked the same."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import MB, Bar, Figure, Measured
from tests.bench.measure import ROOT, BenchError, Run, fairscan, median, run
from tests.bench.place import Place, say

RUNS = 5
PEER_RUNS = 3
PEER = Path(os.environ.get("FAIRSCAN_BENCH_PEER", ROOT / ".venv" / "peer"))
"""The environment that idc-index has for itself: beside pandas, we would be measured with it."""

_QUESTION = ("--modality", "MR", "--body-part", "Prostate")


def measure(place: Place) -> Measured:
    """Run both from cold processes; what they read from disk is warm for both."""
    home, manifest = place.home, place.folder / "subset.json"
    say("select")
    fairscan("select", *_QUESTION, "-o", manifest, home=home)
    ours = [
        fairscan("select", *_QUESTION, "-o", manifest, home=home) for _ in range(place.times(RUNS))
    ]
    helps = [fairscan("--help", home=home) for _ in range(place.times(RUNS))]
    bare = [run([sys.executable, "-c", "pass"]) for _ in range(place.times(RUNS))]
    found = json.loads(manifest.read_text(encoding="utf-8"))["totals"]["series"]
    peers, notes = _peers(place)
    named = "idc-index" if peers else notes[0]
    return Measured(
        (
            Figure("select MR prostate, cold", median(r.wall for r in ours), "s",
                   median(r.wall for r in peers) if peers else None, named, Bar(0.5)),
            Figure("select: peak memory", max(r.peak for r in ours) / MB, "MB",
                   median(r.peak for r in peers) / MB if peers else None, named, Bar(150)),
            Figure("select: series in the manifest", found, "series",
                   _series(peers[0]) if peers else None, named),
            Figure("fairscan --help", median(r.wall for r in helps), "s",
                   median(r.wall for r in bare), "Python that does nothing", Bar(0.3)),
        ),
        notes,
    )  # fmt: skip


def _peers(place: Place) -> tuple[list[Run], tuple[str, ...]]:
    """idc-index asked the same, after one run that does not count; or why it could not be."""
    python = PEER / "bin" / "python"
    if not python.exists():
        return [], ("idc-index is not installed",)
    script = Path(__file__).with_name("peer.py")
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1 + place.times(PEER_RUNS)):
            say(f"select: idc-index, run {number}")
            try:
                # -I: this folder has a select.py, and must not come before the standard library's.
                runs.append(run([python, "-I", script, folder]))
            except BenchError as error:
                return [], (f"idc-index failed: {error}",)
    return runs[1:], (runs[0].stdout.splitlines()[-1],)


def _series(peer: Run) -> int:
    return int(peer.stdout.split()[0])
