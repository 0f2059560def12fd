"""How much two records of two sources look like one dataset: names, counts, modalities, year.

A score of at least `SAME` joins them, one of at least `NEAR` is for a person to judge. Nothing but
a name written as a name, with a fact that agrees and none that contradicts, reaches `SAME`.
"""

from __future__ import annotations

from functools import cache

from catalog.identity import addresses, names
from catalog.identity.facts import Facts
from schemas.vocabulary import modality

SAME, NEAR = 0.85, 0.5
COUNTS = ("subjects", "studies", "series", "images")
_FEW = 10
"""Counts below this agree by chance."""


def score(one: Facts, other: Facts) -> tuple[float, list[str]]:
    """The score, 0 to 1, and its reasons in words. 0 if the records share no name."""
    shared = names.shared(one.names, other.names)
    if shared is None:
        return 0.0, []
    name, weight = shared
    if one.hint and one.hint == other.hint:
        weight = max(weight, 0.6)
    return facts_agree(one, other, weight, [f"both are called {' '.join(name.words)!r}"])


def facts_agree(
    one: Facts, other: Facts, total: float, reasons: list[str]
) -> tuple[float, list[str]]:
    """`total` and `reasons` with what counts, modalities, years and places add, 0 to 0.99."""
    for points, reason in (
        _counts(one, other), _modalities(one, other), _year(one, other), _place(one, other)
    ):  # fmt: skip
        total += points
        reasons = [*reasons, reason] if reason else reasons
    return round(min(max(total, 0.0), 0.99), 2), reasons


def counts_agree(one: Facts, other: Facts) -> bool:
    """Whether a count that both tell is the same, but for a few."""
    return _counts(one, other)[0] > 0


def contradicted(one: Facts, other: Facts) -> bool:
    """Whether what both say of themselves cannot be true of one dataset."""
    return _modalities(one, other)[0] < 0 or _counts(one, other)[0] < 0


def _counts(one: Facts, other: Facts) -> tuple[float, str]:
    told = [
        (field, mine, theirs)
        for field in COUNTS
        if (mine := getattr(one.dataset, field)) is not None
        and (theirs := getattr(other.dataset, field)) is not None
        and max(mine, theirs) >= _FEW
    ]
    for field, mine, theirs in told:
        if abs(mine - theirs) <= 0.02 * max(mine, theirs):
            return 0.3, f"{field}: {mine:,} and {theirs:,}"
    for field, mine, theirs in told:
        if abs(mine - theirs) > 0.25 * max(mine, theirs):
            return -0.3, f"{field} differ: {mine:,} and {theirs:,}"
    return 0.0, ""


def _modalities(one: Facts, other: Facts) -> tuple[float, str]:
    mine, theirs = _acquired(one), _acquired(other)
    if not mine or not theirs:
        return 0.0, ""
    both = sorted(mine & theirs)
    if both:
        return 0.15, f"modalities: both {', '.join(both)}"
    return -0.4, f"modalities differ: {', '.join(sorted(mine))} and {', '.join(sorted(theirs))}"


def _acquired(one: Facts) -> frozenset[str]:
    """Modalities of images: segmentations of a CT do not contradict "CT"."""
    return _image_codes().intersection(one.dataset.modalities)


@cache
def _image_codes() -> frozenset[str]:
    return frozenset(code for code in modality.codes() if modality.get(code).kind == "image")


def _year(one: Facts, other: Facts) -> tuple[float, str]:
    mine, theirs = one.dataset.year, other.dataset.year
    if mine is None or theirs is None:
        return 0.0, ""
    if abs(mine - theirs) <= 1:
        return 0.1, f"years: {mine} and {theirs}"
    return (-0.1, f"years differ: {mine} and {theirs}") if abs(mine - theirs) > 3 else (0.0, "")


def _place(one: Facts, other: Facts) -> tuple[float, str]:
    """Whether the data of one lie where the other is."""
    for here, there in ((one, other), (other, one)):
        theirs = set(there.addresses)
        for part in here.dataset.distributions:
            if not theirs.isdisjoint([*addresses.of_doi(part.doi), *addresses.of_url(part.url)]):
                return 0.25, f"data of {here.id} lie at {there.id}"
    return 0.0, ""
