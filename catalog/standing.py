"""How a source stands, in words: read live, resting on a packaged snapshot, held, failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from schemas.source import HOW_IT_IS_READ, Source, SourceStatus

_ENDED = frozenset(SourceStatus) - {SourceStatus.ALIVE, SourceStatus.MOVED}
"""What a page that sends elsewhere does not undo: its domain may be another's by now."""
Basis = Literal["live", "installed", "snapshot", "mixed", "nothing"]


class Standing(NamedTuple):
    """What the datasets of a source rest on, and how its last run went.

    tag: one word for both. words: the same, with days and reasons.
    """

    basis: Basis
    tag: str
    words: str


def standing(row: Mapping[str, Any]) -> Standing:
    """How a source stands.

    row: `base_url`, `datasets`, `on_snapshot` (how many of them rest on the packaged snapshot),
    `oldest` and `snapshot` (its first and last day), `read` (when the others were last read), and
    of its last run `state`, `message`, `requests`, `finished` and `landing_checked`. Days are ISO
    8601.
    """
    basis = _basis(row)
    state, message = row.get("state"), row.get("message") or ""
    if row.get("alias_of"):
        return Standing("nothing", "alias", f"the same as {row['alias_of']}: counted there, once")
    ground = _ground(basis, row)
    if state in ("held", "failed"):
        reason = message.removeprefix(f"{state}: ") or "no reason was recorded"
        return Standing(basis, state, f"{state} on {spoken(row.get('finished'))}: {reason}")
    if basis == "nothing":
        return Standing(basis, "not read", message or "never read")
    if state == "unchanged" and basis == "live" and row.get("requests"):
        ground += f"; found unchanged on {spoken(row.get('finished'))}"
    tags = {
        "snapshot": "curated" if row.get("curated") else "snapshot",
        "mixed": "live and snapshot",
        "live": "live",
    }
    return Standing(basis, tags.get(basis, "read"), ground)


def as_found(source: Source, run: Mapping[str, Any] | None) -> dict[str, Any]:
    """A source as its file describes it, but for what the last look at its own page found.

    A page that has moved or is gone changes the source's status from the day it was found so; one
    that is behind a login changes only what is said of the way to it. What people found out, such
    as that a repository has ended, is not undone by a page that sends elsewhere, and their note
    stays. `run` is its last run.
    """
    row = source.model_dump(mode="json", exclude=set(HOW_IT_IS_READ))
    row |= {"curated": source.curated, "status_since": source.status_since}
    found, to = (run or {}).get("landing"), (run or {}).get("landing_url")
    if run is None or found in (None, "unreachable"):
        return row
    since = date.fromisoformat((run.get("landing_since") or run["landing_checked"])[:10])
    why = f" ({run['landing_why']})" if run.get("landing_why") else ""
    words = {
        "gone": f"Its page is gone{why}.",
        "moved": f"Its page has moved to {to}{why}.",
        "login": f"Its page asks for a login{why}.",
        "alive": f"Its page answers{why}.",
    }[found]
    if found == "alive" and source.status is not None:
        return row
    if found == "gone" and source.status is SourceStatus.GONE:
        return row
    note = " ".join(filter(None, [None if found == "alive" else source.status_note, words]))
    if found == "moved" and source.status in _ENDED:
        return row | {"status_note": note}
    status = row["status"] if found == "login" else found
    return row | {"status": status, "status_since": since, "status_note": note}


def spoken(day: str | None) -> str:
    """An ISO date, or the day of an ISO time, as it is said: 21 August 2026."""
    if not day:
        return "a day that is not known"
    value = date.fromisoformat(day[:10])
    return f"{value.day} {value:%B %Y}"


def _basis(row: Mapping[str, Any]) -> Basis:
    datasets, on_snapshot = row.get("datasets") or 0, row.get("on_snapshot") or 0
    if not datasets:
        return "nothing"
    if on_snapshot:
        return "snapshot" if on_snapshot == datasets else "mixed"
    return (
        "live" if (row.get("base_url") or "").startswith(("http://", "https://")) else "installed"
    )


def _ground(basis: Basis, row: Mapping[str, Any]) -> str:
    first, last = spoken(row.get("oldest")), spoken(row.get("snapshot"))
    what = "curated facts" if row.get("curated") else "packaged snapshot"
    taken = f"{what} of {last if first == last else f'{first} to {last}'}"
    read = spoken(row.get("read"))
    if basis == "snapshot" and row.get("landing_checked"):
        return f"{taken}; its page was looked at on {spoken(row['landing_checked'])}"
    if basis == "snapshot":
        return f"{taken}, not read live"
    if basis == "mixed":
        return f"read live on {read}; {row['on_snapshot']:,} datasets from the {taken}"
    return f"read live on {read}" if basis == "live" else f"read on {read}"
