"""A sweep of an XNAT host of 30 projects and 3,000 scans, beside the same walk with xnatpy."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests import oracles
from tests.bench.figures import Bar, Figure, Measured
from tests.bench.measure import BenchError, median, module
from tests.bench.place import Place, say

PROJECTS, SCANS = 30, 3000
LATENCY = 0.05
"""Seconds that each answer takes to begin, for both."""
RUNS = 3
_HURRY = 1000.0
"""Requests a second: what is measured is how little is asked, not how politely."""


def measure(place: Place) -> Measured:
    """Alternate the two against one host, each in a process of its own, without its start."""
    from tests.emulators.xnat import Xnat
    from tests.emulators.xnat_site import large

    if not oracles.INTERPRETER.is_file():
        raise BenchError("xnatpy is not installed", do="Run `make test` once")
    ours, theirs, beside = [], [], 0
    with Xnat(large(PROJECTS, SCANS)) as host:
        host.latency = LATENCY
        for number in range(1, place.times(RUNS) + 1):
            say(f"xnat: run {number} of {place.times(RUNS)}")
            host.forget()
            told = json.loads(module("xnat", host.base).stdout.splitlines()[-1])
            host.forget()
            walked = oracles.run("xnat_walk", host.base, str(place.folder / "no-netrc"))
            beside = len(host.log)
            ours.append(told["seconds"])
            theirs.append(walked["seconds"])
            _agree(told["scans"], walked["projects"])
    rate = told["requests_per_second"]
    return Measured(
        (
            Figure("XNAT: xnatpy's walk beside our sweep", median(theirs), "s",
                   median(ours), "our sweep", Bar(20, "ratio", "over")),
            Figure("XNAT: our sweep beside its digest", median(ours), "s", told["digest"],
                   "the digest of a second refresh"),
        ),
        (
            f"{PROJECTS} projects, {SCANS:,} scans, {LATENCY * 1000:.0f} ms a request: "
            f"{told['requests']} requests beside {beside}, {told['concurrency']} at once beside 1",
            f"at the {rate:g} requests a second that the source allows itself, the sweep takes "
            f"{told['requests'] / rate:.0f} s",
            f"a second refresh asks {told['digest_requests'] / told['requests']:.1%} of the "
            f"requests and {told['digest_bytes'] / told['bytes']:.1%} of the bytes",
        ),
    )  # fmt: skip


def _agree(scans: int, projects: dict[str, dict[str, dict[str, dict[str, str]]]]) -> None:
    met = sum(len(found) for one in projects.values() for found in one["sessions"].values())
    if not scans == met == SCANS:
        raise BenchError(f"{scans} scans were read and {met} walked, of {SCANS}")


def main(address: str) -> None:
    """Read the host as NITRC-IR's source does, its rate apart, and print how long that took."""
    from harvesters.base import harvester_for
    from harvesters.registry import load_sources

    shipped = load_sources()["nitrc_ir"]
    source = shipped.model_copy(update={"base_url": address, "requests_per_second": _HURRY})
    with tempfile.TemporaryDirectory() as folder:
        reader, again = harvester_for(source), harvester_for(source)
        assert reader.client and again.client  # xnatpy is imported before its clock starts, too
        begin = time.perf_counter()
        harvest = reader.harvest(Path(folder))
        records = [record.build() for record in harvest.records]
        seconds = time.perf_counter() - begin
        begin = time.perf_counter()
        again.digest()
        digest = time.perf_counter() - begin
    if len(records) != PROJECTS:
        raise BenchError(f"{len(records)} projects were read of {PROJECTS}")
    print(
        json.dumps(
            {
                "seconds": seconds,
                "digest": digest,
                "scans": harvest.series,
                "requests": reader.traffic["requests"],
                "bytes": reader.traffic["bytes"],
                "digest_requests": again.traffic["requests"],
                "digest_bytes": again.traffic["bytes"],
                "concurrency": shipped.concurrency,
                "requests_per_second": shipped.requests_per_second,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
