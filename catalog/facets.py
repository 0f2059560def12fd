"""What a search and a cohort share: facets, and one query for URL, API and command."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.errors import UsageError

UNKNOWN = ""
"""The facet value that stands for null; shown as "not stated"."""

PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
LAST_PAGE = 10_000
"""The last page that a query may ask for."""


@dataclass(frozen=True, slots=True)
class FacetSpec:
    """A facet: its parameter name, its label, and whether chosen values all or any must hold."""

    name: str
    label: str
    match: Literal["all", "any"] = "any"

    @property
    def option(self) -> str:
        """The command-line option of the same meaning, e.g. `--body-part`, `--dataset`."""
        return "--" + self.name.removesuffix("_id").replace("_", "-")


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet with its count in the present result."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values, most frequent first; selected values always appear."""

    name: str
    label: str
    match: Literal["all", "any"]
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A text, chosen facet values, and a page; hashable, so that an answer can be kept."""

    text: str = ""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    page: int = 1
    size: int = PAGE_SIZE
    sort: str | None = None
    age_min: float | None = None
    age_max: float | None = None
    where: str | None = field(default=None)

    def chosen(self, facet: str) -> tuple[str, ...]:
        """The values chosen for `facet`, empty if none."""
        return dict(self.filters).get(facet, ())

    def params(self) -> list[tuple[str, str]]:
        """The query as URL parameters in a stable order, defaults left out."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [(name, value) for name, values in self.filters for value in values]
        pairs += [
            (name, f"{bound:g}")
            for name, bound in (("age_min", self.age_min), ("age_max", self.age_max))
            if bound is not None
        ]
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("size", str(self.size))] if self.size != PAGE_SIZE else []
        pairs += [("page", str(self.page))] if self.page != 1 else []
        return pairs


def query_from(
    params: Mapping[str, Sequence[str]],
    specs: Iterable[FacetSpec],
    *,
    sorts: Sequence[str] = (),
    ages: bool = False,
) -> Query:
    """Read a `Query` from URL parameters.

    Raises:
        UsageError: for a parameter that is no facet, or a page, size, age or sort that is not one.
    """
    names = [spec.name for spec in specs]
    known = {*names, "q", "page", "size", "sort", *(("age_min", "age_max") if ages else ())}
    for name in params:
        if name not in known:
            raise unknown_facet(name, sorted(known))
    youngest, oldest = _number(params, "age_min"), _number(params, "age_max")
    if youngest is not None and oldest is not None and youngest > oldest:
        raise UsageError(f"no age lies from {youngest:g} to {oldest:g}", do="Swap the two")
    filters = tuple(
        (name, tuple(dict.fromkeys(params[name]))) for name in names if params.get(name)
    )
    sort = _last(params, "sort")
    if sort and sort not in sorts:
        raise UsageError(f"cannot sort by {sort!r}", do=f"Sort by one of: {', '.join(sorts)}")
    return Query(
        text=" ".join((_last(params, "q") or "").split())[:200],
        filters=filters,
        page=_whole(params, "page", 1, LAST_PAGE) or 1,
        size=_whole(params, "size", 1, MAX_PAGE_SIZE) or PAGE_SIZE,
        sort=sort or None,
        age_min=youngest,
        age_max=oldest,
    )


def unknown_facet(name: str, known: Sequence[str]) -> UsageError:
    """The error for a facet that does not exist, with the nearest names that do."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return UsageError(f"unknown facet {name!r}", do=f"{hint}Known: {', '.join(known)}")


def facets_from(
    counts: Iterable[tuple[str, Any, int]],
    specs: Iterable[FacetSpec],
    query: Query,
    labels: Mapping[str, Mapping[str, str]],
    *,
    limit: int = 200,
) -> tuple[Facet, ...]:
    """Facets in the order of `specs` from (facet, value, count) rows; null becomes `UNKNOWN`."""
    by_name: dict[str, dict[str, int]] = {}
    for name, value, count in counts:
        if count:
            by_name.setdefault(name, {})[UNKNOWN if value is None else str(value)] = int(count)
    facets = []
    for spec in specs:
        chosen = query.chosen(spec.name)
        found = by_name.get(spec.name, {})
        for value in chosen:
            found.setdefault(value, 0)
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        names = labels.get(spec.name, {})
        values = tuple(
            FacetValue(value, names.get(value, value or "not stated"), count, value in chosen)
            for rank, (value, count) in enumerate(ordered)
            if rank < limit or value in chosen
        )
        facets.append(Facet(spec.name, spec.label, spec.match, values))
    return tuple(facets)


def _last(params: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = params.get(name)
    return values[-1].strip() if values else None


def _number(params: Mapping[str, Sequence[str]], name: str) -> float | None:
    text = _last(params, name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 200:
        raise UsageError(f"{name} is not an age: {text!r}", do="Give years, e.g. 40")
    return value


def _whole(params: Mapping[str, Sequence[str]], name: str, low: int, high: int) -> int | None:
    text = _last(params, name)
    if not text:
        return None
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not low <= value <= high:
        raise UsageError(
            f"{name} is not valid: {text!r}", do=f"Give a whole number from {low} to {high}"
        )
    return value
