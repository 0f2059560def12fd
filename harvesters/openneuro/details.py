"""The details of a few datasets at a time, and what becomes of those that fail.

Each dataset has an alias of its own, so a failure costs that one: it is asked for again alone.
A dataset that is null without an error ran into the server's own time limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harvesters.http import PassingError
from harvesters.openneuro import kept
from harvesters.openneuro.listing import Listing
from harvesters.openneuro.queries import details, metadata, variables
from harvesters.openneuro.talk import ATTEMPTS, Problem, Talk, Told

DELETED = "DELETED_DATASET"
_PRIVATE = "You do not have access to read this dataset"
_MISSING = re.compile(r"Dataset \S+ does not exist")
_ESSENTIAL = frozenset({"description", "summary"})
"""Parts without which a record would say less than is known."""

Answer = dict[str, Any]


class Details:
    """Reads datasets by id. earlier: what the last harvest knew of them: title and metadata."""

    def __init__(self, talk: Talk, listed: Listing, earlier: Mapping[str, dict[str, Any]]) -> None:
        self._talk = talk
        self._listed = listed
        self._earlier = earlier

    def of(self, ids: Sequence[str]) -> list[tuple[str, dict[str, Any] | None]]:
        """The raw record of each of `ids`; None for one that is not public (any more).

        Raises:
            SourceError: if the repository refuses the question, or cannot be reached.
        """
        try:
            told: Told | None = self._talk.ask(details(len(ids)), variables(ids))
        except PassingError:
            told = None  # one dataset can take its whole batch over the server's time limit
        found: dict[str, dict[str, Any] | None] = {}
        nodes: dict[str, tuple[Answer, set[str]]] = {}
        for place, local in enumerate(ids):
            outcome = "not answered" if told is None else self._judge(local, told, f"d{place}")
            if isinstance(outcome, str):
                outcome = self._alone(local, outcome)
            if isinstance(outcome, tuple):
                nodes[local] = outcome
            else:
                found[local] = outcome
        forms = self._forms(list(nodes))
        for local, (node, unread) in nodes.items():
            found[local] = self._record(local, node, forms, unread)
        return [(local, found[local]) for local in ids]

    def _alone(self, local: str, why: str) -> tuple[Answer, set[str]] | Answer | None:
        for attempt in range(1, ATTEMPTS):
            self._talk.pause(attempt)
            try:
                told = self._talk.ask(details(1), variables([local]))
            except PassingError as error:
                why = error.what
                continue
            outcome = self._judge(local, told, "d0", last=attempt == ATTEMPTS - 1)
            if not isinstance(outcome, str):
                return outcome
            why = outcome
        row = self._listed.rows.get(local)
        return kept.failed(local, why, row.known() if row else None)

    def _judge(
        self, local: str, told: Told, alias: str, last: bool = False
    ) -> tuple[Answer, set[str]] | Answer | str | None:
        """The answer and its unread parts, a tombstone, None if not public; else why ask again."""
        node, problems = told.data.get(alias), told.about(alias)
        for problem in problems:
            if problem.code == DELETED:
                return kept.gone(
                    local, problem.redirect, self._known(local).get("title"), datetime.now(UTC)
                )
            if problem.message.startswith(_PRIVATE) or _MISSING.match(problem.message):
                return None
        if node is None:
            return problems[0].message if problems else "no answer within the server's time limit"
        if not isinstance(node, dict) or node.get("id") != local:
            return "the answer is about something else"
        unread = {_part(problem) for problem in problems}
        lost = {part for part in _ESSENTIAL if _is_lost(node, part)}
        whole_parts = {part for part in unread if "." not in part}
        if {part.partition(".")[0] for part in unread} & lost or (whole_parts and not last):
            return problems[0].message
        return node, unread

    def _forms(self, ids: list[str]) -> dict[str, Answer | None]:
        """The depositors' forms by id; those that could not be read are left out."""
        if not ids:
            return {}
        try:
            told = self._talk.ask(metadata(len(ids)), variables(ids))
        except PassingError:
            return {}
        forms = {}
        for place, local in enumerate(ids):
            node = told.data.get(f"d{place}")
            if isinstance(node, dict) and not told.about(f"d{place}"):
                forms[local] = node.get("metadata")
        return forms

    def _record(
        self, local: str, node: Answer, forms: Mapping[str, Answer | None], unread: set[str]
    ) -> dict[str, Any]:
        form = forms.get(local)
        if local not in forms:
            unread = unread | {"metadata"}
            form = self._known(local).get("metadata")
        try:
            return kept.live(node, form, unread, datetime.now(UTC))
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            row = self._listed.rows.get(local)
            why = f"the answer has another shape: {type(error).__name__}"
            return kept.failed(local, why, row.known() if row else None)

    def _known(self, local: str) -> Mapping[str, Any]:
        return self._earlier.get(local, {})


def _is_lost(node: Answer, part: str) -> bool:
    """Whether an error further down took the whole part with it."""
    snapshot = node.get("latestSnapshot")
    return isinstance(snapshot, dict) and snapshot.get(part) is None


def _part(problem: Problem) -> str:
    """Which part of the latest snapshot an error spoiled, e.g. `summary`, `description.License`."""
    names = [str(step) for step in problem.path[2:] if isinstance(step, str)]
    return ".".join(names) or "latestSnapshot"
