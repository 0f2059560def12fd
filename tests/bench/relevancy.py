"""How well the search ranks: nDCG@10 of each query of the relevancy suite, the worst first."""

from __future__ import annotations

from catalog.reader import Reader
from tests.bench.figures import Bar, Figure, Measured
from tests.bench.measure import median
from tests.bench.place import Place, say
from tests.relevancy import judge


def measure(place: Place) -> Measured:
    """Asked of the packaged catalogue; a query that nothing here answers is left out."""
    say("relevancy: building the packaged catalogue")
    place.refresh("--offline", name="packaged")
    reader = Reader((place.folder / "packaged" / "current").resolve())
    judged = [one for one in judge.judged(reader) if one.best]
    reader.close()
    scores = [one.score for one in judged]
    mean = sum(scores) / len(scores)
    return Measured(
        (
            Figure("relevancy: mean nDCG@10", mean, "×", bar=Bar(0.70, better="over")),
            Figure("relevancy: median nDCG@10", median(scores), "×"),
            Figure("relevancy: queries", float(len(judged)), "requests"),
        ),
        tuple(judge.report(judged).splitlines()),
    )
