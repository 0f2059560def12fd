"""What of a record tells which dataset it is, made ready to be compared."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.identity import addresses, names, works
from schemas.dataset import Dataset

LIST, MIRROR = "list", "mirror"


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """A record with its addresses, its names, and the well-known dataset that it is of.

    work: sure, from an address or from a list's name. hint: the same, from any record's name.
    """

    dataset: Dataset
    addresses: list[str]
    names: list[names.Name]
    role: str
    work: str | None
    hint: str | None

    @property
    def id(self) -> str:
        return self.dataset.id

    @property
    def source(self) -> str:
        return self.dataset.source


def of(dataset: Dataset) -> Facts:
    """The facts of a record."""
    found = addresses.of_record(dataset)
    called = names.of_record(dataset)
    role = addresses.roles().get(dataset.source, {}).get("role", "")
    hint = works.by_name(name for name in called if name.whole)
    # In a list, pages are copied from line to line; its names are what tells.
    sure = works.by_address(dataset.id, found)
    work = (hint or sure) if role == LIST else sure
    return Facts(dataset, found, called, role, work, work or hint)


def is_part(facts: Facts) -> bool:
    """Whether the record's title says that it is a part: "Task 2"."""
    return any(name.part for name in facts.names)
