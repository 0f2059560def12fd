"""The registry of checks: a check is one function with one decorator, in `curation.metadata`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from schemas.finding import Severity

DATASET = "dataset."
"""Prefix of a field of the dataset's record; any other field is a column of `series`."""

Query = Callable[[], str]


class Evidence(StrEnum):
    """How much of a value a finding may show."""

    SHAPE = "shape"  # letters and digits hidden: may be an identifier
    AGE = "age"  # only on which side of a limit it lies
    PLAIN = "plain"  # a code, a licence or a count: identifies nobody


@dataclass(frozen=True)
class Check:
    """One rule: what it is called, how bad a hit is, and the SQL that finds its hits.

    `query()` gives a SELECT of four columns: `dataset_id`, `field` (one of `fields`), `value`
    (the raw value, or null) and `affected` (how many series or records carry it).
    """

    id: str
    title: str
    severity: Severity
    fields: tuple[str, ...]
    message: str
    evidence: Evidence
    reference: str | None
    query: Query

    @property
    def explanation(self) -> str:
        """What it looks for and why that matters, in the words of its author."""
        return (self.query.__doc__ or "").strip()


_CHECKS: dict[str, Check] = {}


def check(
    id: str,
    *,
    title: str,
    severity: Severity,
    fields: tuple[str, ...],
    message: str,
    evidence: Evidence = Evidence.SHAPE,
    reference: str | None = None,
) -> Callable[[Query], Query]:
    """Register the decorated function as the check `id`, a slug that never changes.

    Raises ValueError if the id is taken or the function has no docstring: both are mistakes of
    the programmer, found when the module is imported.
    """

    def register(query: Query) -> Query:
        if id in _CHECKS:
            raise ValueError(f"two checks are called {id}")
        if not query.__doc__:
            raise ValueError(f"the check {id} does not say what it looks for")
        _CHECKS[id] = Check(id, title, severity, fields, message, evidence, reference, query)
        return query

    return register


def registered() -> dict[str, Check]:
    """Every check by id; all modules of `curation.metadata` are imported once to find them."""
    from curation import metadata

    for module in pkgutil.walk_packages(metadata.__path__, "curation.metadata."):
        importlib.import_module(module.name)
    return dict(sorted(_CHECKS.items()))
