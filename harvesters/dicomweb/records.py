"""A DICOMweb archive, or one protocol of it, as a dataset."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn

from harvesters.record import dataset
from harvesters.text import plain_text
from schemas.dataset import Count, Dataset, Distribution, Identifier, Term
from schemas.errors import RecordError
from schemas.source import Source
from schemas.vocabulary import licence

_DICOM = "application/dicom"
_CURATED = ("description", "landing_url", "publisher", "licence", "licence_raw", "distributions")
_DERIVED = (
    "title modalities modalities_raw body_parts subjects studies series images sexes age_bands "
    "formats"
).split()


def archive(source: Source, identifier: str, raw: dict[str, Any], retrieved: datetime) -> Dataset:
    """The dataset of one protocol, or of what belongs to none.

    `raw`: what the studies state together, and what their series show.
    """
    shown = raw["shown"] or {}
    protocol, name = raw["protocol"], plain_text(raw["protocol_name"])
    title = f"{source.name}: {name or plain_text(protocol) or protocol}" if protocol else None
    spdx = licence.normalise(source.licence)
    modalities = shown.get("modalities") or []
    images = raw["images"] if raw["images"] is not None else raw["instances"]
    fields = {
        "id": identifier,
        "source": source.key,
        "kind": "collection" if protocol else "archive",
        "title": title or source.name,
        "description": plain_text(source.description),
        "landing_url": source.landing_url,
        "publisher": source.publisher,
        "licence": spdx,
        "licence_raw": source.licence,
        "identifiers": [Identifier(scheme="protocol", value=protocol)] if protocol else [],
        "modalities": modalities,
        "modalities_raw": [word for word in shown.get("modalities_raw") or [] if word],
        "body_parts": [
            Term(label=row["label"], code=row["code"], system="SCT", raw=row["raw"])
            for row in shown.get("body_parts", ())
        ],
        "formats": [_DICOM],
        "subjects": raw["subjects"],
        "studies": raw["studies"],
        "series": shown.get("series", 0),
        "images": images,
        "sexes": _counted(shown.get("sexes"), raw),
        "age_bands": _counted(shown.get("bands"), raw),
        "distributions": [
            Distribution(
                title=title,
                route="dicomweb",
                url=raw["root"],
                licence=spdx,
                licence_raw=source.licence,
                format=_DICOM,
                modalities=modalities,
                series=shown.get("series", 0),
            )
        ],
    }
    return dataset(fields, retrieved, derived=_DERIVED, curated=_CURATED)


def unreadable(level: str, number: int) -> NoReturn:
    """Say of rows that name no study or series that they cannot be part of a dataset.

    Raises:
        RecordError: always.
    """
    raise RecordError(f"rows of a listing that name no {level} one could ask for: {number:,}")


def _counted(found: dict[str, int] | None, raw: dict[str, Any]) -> list[Count]:
    """People by a value; unknown where the archive does not say which series are of one person."""
    if raw["subjects"] is None:
        return []
    return [Count(value=value, count=number) for value, number in (found or {}).items()]
