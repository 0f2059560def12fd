"""IDC collections and analysis results as datasets: what the index says and its series show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from harvesters.text import plain_text
from schemas.dataset import (
    Access,
    Count,
    Dataset,
    Distribution,
    Identifier,
    Method,
    Provenance,
    RelatedIdentifier,
    Term,
)  # fmt: skip
from schemas.errors import RecordError
from schemas.vocabulary import anatomy, doi, licence, table

_DICOM = "application/dicom"
_YEAR = re.compile(r"\(((?:19|20)\d\d)[^)]*\)")
_PUBLISHER = re.compile(r"\[Data ?set\]\.\s*([^.]+?)\.\s*https?://", re.IGNORECASE)
_NOT_A_PLACE = {"various", "phantom", "lung phantom"}

_STATED = (
    "title description landing_url doi identifiers licence_raw licence_url access conditions "
    "species supporting_data subjects programme modified related derived_from version"
).split()
_DERIVED = (
    "licence modalities modalities_raw body_parts studies series images bytes sexes age_bands year "
    "publisher annotation_kinds formats distributions"
).split()
_ANNOTATIONS = {
    "SEG": "segmentation",
    "RTSTRUCT": "contour",
    "SR": "structured report",
    "ANN": "bulk annotation",
    "PR": "presentation state",
    "M3D": "surface model",
}


def collection(
    raw: dict[str, Any],
    facts: dict[str, Any] | None,
    parts: list[dict[str, Any]],
    version: str,
    retrieved: datetime,
) -> Dataset:
    """A collection as a dataset.

    Raises:
        RecordError: if the index lists no series for it.
    """
    identifier = raw["collection_id"]
    known = _required(facts, identifier)
    sources = raw["sources"] or []
    own = [s for s in sources if s["source_type"] == "original_data"]
    by_doi = {doi.normalise(s["source_doi"]): s for s in sources}
    first = _first(own, parts)
    title, joined = _collection_title(raw, first)
    counted = identifier not in _not_subjects()
    if _is_phantom(raw) or not counted:
        known = {**known, "sexes": {}, "bands": {}}
    return _dataset(
        identifier,
        "collection",
        known,
        [_distribution(part, by_doi.get(part["doi"])) for part in parts],
        first,
        version,
        retrieved,
        title=title,
        derived=("title",) if joined else (),
        description=plain_text(raw["description"]),
        identifiers=[Identifier(scheme="short_name", value=raw["collection_name"])],
        conditions=_conditions(raw["cancer_types"]),
        body_parts=_body_parts(known["body_parts"], _words(raw["tumor_locations"])),
        species=_words(raw["species"]),
        supporting_data=_words(raw["supporting_data"]),
        programme=raw["program_id"],
        subjects=raw["subjects"] if counted else None,
        modified=_day(raw["updated"]),
        access=_access(s["Access"] for s in sources),
        related=[
            RelatedIdentifier(relation="IsSourceOf", scheme="DOI", value=name)
            for name, s in by_doi.items()
            if name and s["source_type"] == "analysis_result"
        ],
    )


@cache
def _not_subjects() -> frozenset[str]:
    """Collections in which a Patient ID is not a patient's."""
    found = table.rows(
        Path(__file__).with_name("not_subjects.csv"), ("collection_id", "patient_id_is")
    )
    return frozenset(row["collection_id"] for row in found)


def analysis_result(
    raw: dict[str, Any],
    facts: dict[str, Any] | None,
    parts: list[dict[str, Any]],
    version: str,
    retrieved: datetime,
) -> Dataset:
    """An analysis result as a dataset derived from the collections that it annotates.

    Raises:
        RecordError: if the index lists no series for it.
    """
    identifier = raw["analysis_result_id"]
    known = _required(facts, identifier)
    stated = {
        "source_doi": raw["source_DOI"],
        "source_url": raw["source_url"],
        "source_title": raw["analysis_result_title"],
        "citation": raw["citation"],
        "license": {
            "license_short_name": raw["license_short_name"],
            "license_long_name": raw["license_long_name"],
            "license_url": raw["license_url"],
        },
    }
    named = {f"idc:{name}" for name in _words(raw["collections"])}
    return _dataset(
        identifier,
        "analysis_result",
        known,
        [_distribution(part, stated) for part in parts],
        stated,
        version,
        retrieved,
        title=plain_text(raw["analysis_result_title"]) or identifier,
        description=plain_text(raw["description"]),
        identifiers=[Identifier(scheme="short_name", value=identifier)],
        body_parts=_body_parts(known["body_parts"], []),
        subjects=raw["subjects"],
        modified=_day(raw["updated"]),
        access=Access.OPEN,
        assumed=("access",),
        derived_from=sorted(named | set(known["collections"])),
    )


def _dataset(
    identifier: str,
    kind: str,
    known: dict[str, Any],
    distributions: list[Distribution],
    first: dict[str, Any],
    version: str,
    retrieved: datetime,
    *,
    assumed: tuple[str, ...] = (),
    derived: tuple[str, ...] = (),
    **stated: Any,
) -> Dataset:
    """The fields that both kinds share; `assumed` and `derived` name those that are not stated."""
    cited = plain_text(first["citation"]) or ""
    year, publisher = _YEAR.search(cited), _PUBLISHER.search(cited)
    spdx = {d.licence for d in distributions}
    fields = dict(
        id=f"idc:{identifier}",
        source="idc",
        kind=kind,
        landing_url=first["source_url"],
        version=version,
        doi=doi.normalise(first["source_doi"]),
        licence=" AND ".join(sorted(filter(None, spdx))) if None not in spdx else None,
        licence_raw="; ".join(sorted({d.licence_raw for d in distributions if d.licence_raw})),
        licence_url=first["license"]["license_url"] if len(spdx) == 1 else None,
        modalities=known["modalities"] or [],
        modalities_raw=known["modalities_raw"] or [],
        annotation_kinds=[_ANNOTATIONS[m] for m in known["modalities"] or [] if m in _ANNOTATIONS],
        formats=[_DICOM],
        studies=known["studies"],
        series=known["series"],
        images=known["images"],
        bytes=known["bytes"],
        sexes=[Count(value=v, count=n) for v, n in known["sexes"].items()],
        age_bands=[Count(value=v, count=n) for v, n in known["bands"].items()],
        year=int(year.group(1)) if year else None,
        publisher=publisher.group(1) if publisher else None,
        retrieved=retrieved,
        distributions=distributions,
        **stated,
    )
    return Dataset.model_validate(
        {**fields, "provenance": _provenance(fields, retrieved, assumed, derived)}
    )


def _provenance(
    fields: dict[str, Any], retrieved: datetime, assumed: tuple[str, ...], derived: tuple[str, ...]
) -> dict[str, Provenance]:
    """Each known field to where it came from."""
    known = {name for name, value in fields.items() if value not in (None, [], "")}
    methods = {
        **dict.fromkeys(_STATED, Method.STATED),
        **dict.fromkeys((*_DERIVED, *derived), Method.DERIVED),
        **dict.fromkeys(assumed, Method.ASSUMED),
    }
    return {
        name: Provenance(source="idc", retrieved_at=retrieved, method=method)
        for name, method in methods.items()
        if name in known
    }


def _distribution(part: dict[str, Any], stated: dict[str, Any] | None) -> Distribution:
    """One DOI's part: its licence is what its series say, beside what the record says."""
    said = (stated or {}).get("license") or {}
    names = [
        part["licence_raw"],
        *(said[k] for k in ("license_short_name", "license_long_name") if said.get(k)),
    ]
    return Distribution(
        title=plain_text(stated["source_title"]) if stated else None,
        route="s3",
        url=part["bucket"] if part["buckets"] == 1 else None,
        doi=doi.normalise(part["doi"]),
        licence=part["licence"],
        licence_raw="; ".join(dict.fromkeys(filter(None, _differing(names)))) or None,
        licence_url=said.get("license_url"),
        format=_DICOM,
        modalities=part["modalities"] or [],
        series=part["series"],
        bytes=part["bytes"],
        citation=plain_text(stated["citation"]) if stated else None,
    )


def _differing(names: list[str | None]) -> list[str | None]:
    """The names, without those that only repeat the first one's licence in other words."""
    return names[:1] + [n for n in names[1:] if licence.normalise(n) != licence.normalise(names[0])]


def _required(facts: dict[str, Any] | None, identifier: str) -> dict[str, Any]:
    if facts is None:
        raise RecordError("no series in the index", where=f"idc:{identifier}")
    return facts


def _first(sources: list[dict[str, Any]], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The source that names the collection: a provider's own before IDC's conversions of slides,

    then the one whose DOI covers most series.
    """
    if not sources:
        raise RecordError("no original data among its sources")
    size = {part["doi"]: part["series"] for part in reversed(parts)}

    def rank(source: dict[str, Any]) -> tuple[bool, int]:
        own = (source["provenance"] or {}).get("data_contributor") != "IDC"
        return own, size.get(doi.normalise(source["source_doi"]), 0)

    return max(sources, key=rank)


def _is_phantom(raw: dict[str, Any]) -> bool:
    """Whether it is known to show no living subject: a phantom has no age and no sex."""
    words = (raw["collection_id"], raw["species"] or "", raw["cancer_types"] or "")
    return any("phantom" in word.lower() for word in words)


def _collection_title(raw: dict[str, Any], first: dict[str, Any]) -> tuple[str, bool]:
    """The title, with the short name that people know before it if it lacks it; and if it did."""
    name = raw["collection_name"]
    title = plain_text(first["source_title"])
    if not title or title.lower() == name.lower():
        return str(name), False
    if name.lower() in title.lower():
        return title, False
    return f"{name}: {title}", True


def _conditions(text: str | None) -> list[Term]:
    return [Term(label=word, raw=word) for word in _words(text) if word.lower() != "various"]


def _body_parts(shown: list[dict[str, Any]], stated: list[str]) -> list[Term]:
    """Anatomy of the series first (most series first), then what the record adds."""
    terms = [Term(label=s["label"], code=s["code"], system="SCT", raw=s["raw"]) for s in shown]
    seen = {term.label for term in terms}
    for word in stated:
        found = anatomy.normalise(word)
        if found is not None and found.label not in seen:
            terms.append(Term(label=found.label, code=found.code, system=found.system, raw=word))
            seen.add(found.label)
        elif found is None and word.lower() not in _NOT_A_PLACE and word not in seen:
            terms.append(Term(label=word, raw=word))
            seen.add(word)
    return terms


def _access(words: Iterable[str | None]) -> Access | None:
    """Open only if every part is stated as public; anything else is not known here."""
    return Access.OPEN if {w.lower() for w in words if w} == {"public"} else None


def _words(text: str | None) -> list[str]:
    """A comma-separated list; commas inside brackets do not part."""
    words = (word.strip() for word in re.split(r",(?![^()]*\))", text or ""))
    return list(dict.fromkeys(word for word in words if word))


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
