"""Pages of the site over loopback: how long an answer takes, for one client and for eight."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.bench.figures import MB, Bar, Figure, Measured
from tests.bench.measure import median, module, percentile
from tests.bench.place import Place, say
from tests.bench.server import Answers, serving

PASSES = 3
CLIENTS = 8
NAMES = {
    "cohort": ("cohort page", 100.0),
    "text": ("cohort page, text", 100.0),
    "age": ("cohort page, ages", 100.0),
    "search": ("dataset search", 30.0),
    "dataset": ("dataset page", None),
}
"""Kind of question to its name and the limit of its p95 in milliseconds."""
CROWDS = {
    "cohort crowd": ("cohort page, 8 clients", 20.0),
    "text crowd": ("cohort page, text, 8 clients", None),
}
"""Kind of question asked at once to its name and the least answers a second."""
WARM = ["/", "/cohort", "/cohort?q=t1", "/cohort?age_min=40"]


def measure(place: Place) -> Measured:
    """Each address is asked once, so that an answer that the server kept would help nobody."""
    passes = asked(place.home, place.times(PASSES))
    answers: dict[str, list[Answers]] = {kind: [] for kind in (*NAMES, *CROWDS)}
    with serving(place.home, place.folder) as server:
        first = server.ask(WARM[1:2]).seconds[0]
        server.ask(WARM * 4, CLIENTS)
        for number, questions in enumerate(passes, start=1):
            say(f"pages: pass {number} of {len(passes)}")
            for kind in (*NAMES, *CROWDS):
                answers[kind].append(server.ask(questions[kind], CLIENTS if kind in CROWDS else 1))
        again = server.ask([address for address in passes[0]["twice"] for _ in range(2)]).seconds
    kept = median(second / one for one, second in zip(again[::2], again[1::2], strict=True))
    figures = [f for kind in NAMES for f in alone(*NAMES[kind], answers[kind])]
    figures += [f for kind in CROWDS for f in crowd(*CROWDS[kind], answers[kind])]
    return Measured(
        (*figures, Figure("server: peak memory", server.peak / MB, "MB")),
        (
            f"first cohort page of a new server: {first * 1000:.0f} ms",
            f"a new cohort asked twice in a row: the second answer takes {kept:.2f}× the first "
            "(well below 1: the server keeps answers)",
            "CPU of the server a page: "
            + ", ".join(f"{kind} {_cpu(answers[kind]):.0f} ms" for kind in NAMES),
            f"largest cohort page: {max(max(a.sizes) for a in answers['cohort']) / 1000:.0f} kB",
            *slowest(passes, answers),
        ),
    )


def asked(home: Path, passes: int) -> list[dict[str, list[str]]]:
    """The addresses to ask, one mapping a pass, drawn from the release of `home`."""
    drawn = module("questions", home / "current", str(passes))
    found: list[dict[str, list[str]]] = json.loads(drawn.stdout)
    return found


def p95(answers: Iterable[Answers]) -> float:
    """Median over the passes of the p95 in milliseconds."""
    return median(percentile(a.seconds, 0.95) for a in answers) * 1000


def _cpu(answers: Iterable[Answers]) -> float:
    return median(a.cpu / len(a.seconds) for a in answers) * 1000


def alone(name: str, limit: float | None, answers: list[Answers]) -> Iterable[Figure]:
    """p50 and p95 of answers to one client."""
    middle = median(percentile(a.seconds, 0.5) for a in answers) * 1000
    bar = None if limit is None else Bar(limit)
    return (
        Figure(f"{name}: p50", middle, "ms"),
        Figure(f"{name}: p95", p95(answers), "ms", bar=bar),
    )


def crowd(name: str, least: float | None, answers: list[Answers]) -> Iterable[Figure]:
    """Answers a second and p95 with many clients."""
    rate = median(len(a.seconds) / a.whole for a in answers)
    bar = None if least is None else Bar(least, better="over")
    return (Figure(name, rate, "/s", bar=bar), Figure(f"{name}: p95", p95(answers), "ms"))


def slowest(
    passes: list[dict[str, list[str]]], answers: Mapping[str, list[Answers]]
) -> Iterable[str]:
    """The slowest address of each kind that was asked singly."""
    for kind in NAMES:
        seconds, address = max(
            pair
            for questions, answer in zip(passes, answers[kind], strict=True)
            for pair in zip(answer.seconds, questions[kind], strict=True)
        )
        yield f"slowest of {kind}: {seconds * 1000:.0f} ms {address[:150]}"
