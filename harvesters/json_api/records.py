"""A row of an API as a dataset: each field read as its kind of field is, by the declared paths.

Rows of a group, or the items of a list within a row, are told together: counts of files are added;
people are not, as they repeat, so the largest count of them stands. What an uploader says of the
licence of a copy does not speak for whoever published the original: it is kept as text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn

from harvesters import record
from harvesters.json_api.paths import values
from harvesters.text import plain_text
from schemas.api import Api, Parts
from schemas.dataset import Creator, Dataset, Distribution, Method, RelatedIdentifier, Term
from schemas.errors import RecordError
from schemas.facts import Facts
from schemas.source import Source
from schemas.vocabulary import anatomy, doi, licence, modality

COPY = frozenset({"IsVariantFormOf", "IsIdenticalTo"})
"""Relations of a copy to its original (DataCite 4.5, appendix relationType)."""
_COUNT = re.compile(r"\d{1,18}", re.ASCII)
_UNSEEN = r"\s<>\"\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069"
_WEB = re.compile(rf"https?://[^@/?#\\{_UNSEEN}]+(?:[/?#][^{_UNSEEN}]{{0,2000}})?")
"""An address of the web that names no user, and holds nothing that cannot be seen."""
_TOGETHER = frozenset({"subjects", "studies", "series", "images", "bytes", "modified"})


def refused(why: str, where: str) -> NoReturn:
    """Raises RecordError: a row that cannot be read as a dataset."""
    raise RecordError(why, where=where)


def dataset(
    source: Source, api: Api, local: str, row: dict[str, Any], retrieved: datetime
) -> Dataset:
    """The row of local id `local` as a dataset of `source`.

    Raises:
        RecordError: if a value is not what its field needs.
        pydantic.ValidationError: if the fields make no dataset.
    """
    known = next((facts for facts in source.datasets if facts.id == local), None)
    fields: dict[str, Any] = {}
    derived: set[str] = set()
    for target, path in api.fields.items():
        found = values(row, path)
        if not found:
            continue
        if target in ("licence", "modalities"):
            fields |= _BOTH[target](found)
            derived |= {target}
            continue
        fields[target] = _READERS[target](found, target)
        if target in _TOGETHER and len(found) > 1:
            derived.add(target)
    if parts := fields.pop("parts", None):
        fields["related"] = _related(known, parts)
        derived.add("related")
    if api.distributions is not None:
        fields["distributions"] = _distributions(row, api.distributions)
        derived.add("distributions")
    is_copy = known is not None and any(one.relation in COPY for one in known.related)
    if is_copy:
        fields.pop("licence", None)
    assumed, curated = _every(api, known, fields), set()
    if not fields.get("title") and known is not None:
        fields["title"], curated = known.title, {"title"}
    built = record.dataset(
        {
            **assumed,
            **fields,
            "id": f"{source.key}:{local}",
            "source": source.key,
            "kind": known.kind if known is not None else api.kind,
            "title": fields.get("title") or local,
            "publisher": fields.get("publisher") or (known and known.publisher) or source.publisher,
            "landing_url": fields.get("landing_url") or (known and known.landing_url),
        },
        retrieved,
        derived=derived & fields.keys() | (set() if fields.get("title") else {"title"}),
        assumed=assumed.keys(),
        curated=curated | ({"publisher", "landing_url"} - fields.keys()),
    )
    return _of_unknown_licence(built) if is_copy else built


def _of_unknown_licence(copy: Dataset) -> Dataset:
    """`copy` with its licence known to be unknown: its text is not to be read for one later."""
    if copy.licence_raw is None:
        return copy
    told = copy.provenance["licence_raw"].model_copy(update={"method": Method.CURATED})
    return copy.model_copy(update={"provenance": {**copy.provenance, "licence": told}})


def _every(api: Api, known: Facts | None, fields: dict[str, Any]) -> dict[str, Any]:
    """What is taken to hold for every dataset, but for what is known of this one."""
    told = {
        "access": api.every.access,
        "modalities": api.every.modalities,
        "body_parts": [_body_part(word) for word in api.every.body_parts],
        "species": api.every.species,
        "formats": api.every.formats,
    }
    return {
        name: value
        for name, value in told.items()
        if value and name not in fields and not (known is not None and getattr(known, name))
    }


def _related(known: Facts | None, parts: list[str]) -> list[RelatedIdentifier]:
    """What is known to be related, and the parts that are told, each once."""
    told = [RelatedIdentifier(relation="HasPart", scheme="URL", value=url) for url in parts]
    return list(dict.fromkeys([*(known.related if known is not None else ()), *told]))


def _distributions(row: dict[str, Any], parts: Parts) -> list[Distribution]:
    """A part for each licence that the row's list names; its title says how much, and of whom."""
    by_licence: dict[str, list[dict[str, Any]]] = {}
    for item in values(row, parts.each):
        if not isinstance(item, dict):
            raise RecordError(f"`{parts.each}` holds what is no object")
        raw = plain_text(_text(item.get(parts.licence), parts.licence)) or "not stated"
        by_licence.setdefault(raw, []).append(item)
    return [
        Distribution(
            title=_title(items, parts),
            route="https",
            licence=licence.normalise(raw),
            licence_raw=raw,
        )
        for raw, items in by_licence.items()
    ]


def _title(items: list[dict[str, Any]], parts: Parts) -> str:
    count = sum(_count(item.get(parts.count), parts.count) for item in items)
    told = [plain_text(_text(item.get(parts.holder), parts.holder)) for item in items]
    holders = "; ".join(dict.fromkeys(filter(None, told)))
    return f"{count:,} {parts.unit}{f' of {holders}' if holders else ''}"


def _text(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        if value is None:
            return ""
        raise RecordError(f"{name} that is no text")
    return str(value)


def _line(found: list[Any], name: str) -> str | None:
    return plain_text(_text(found[0], name))


def _lines(found: list[Any], name: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (plain_text(_text(one, name)) for one in found))))


def _count(value: Any, name: str) -> int:
    if isinstance(value, str) and _COUNT.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or value < 0:
        raise RecordError(f"{name} that is no count")
    return value


def _sum(found: list[Any], name: str) -> int:
    return sum(_count(one, name) for one in found)


def _largest(found: list[Any], name: str) -> int:
    return max(_count(one, name) for one in found)


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value, name))
    except ValueError as error:
        raise RecordError(f"{name} that is no date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _first_moment(found: list[Any], name: str) -> datetime:
    return min(_moment(one, name) for one in found)


def _last_moment(found: list[Any], name: str) -> datetime:
    return max(_moment(one, name) for one in found)


def _rating(found: list[Any], name: str) -> float:
    value = found[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecordError(f"{name} that is no number")
    return float(value)


def _address(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if _WEB.fullmatch(text) else None


def _url(found: list[Any], _: str) -> str | None:
    return _address(found[0])


def _urls(found: list[Any], _: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(_address, found))))


def _doi(found: list[Any], name: str) -> str | None:
    return doi.normalise(_text(found[0], name))


def _licence(found: list[Any]) -> dict[str, Any]:
    raws = _lines(found, "licence")
    meant = {licence.normalise(raw) for raw in raws}
    return {
        "licence": meant.pop() if len(meant) == 1 else None,
        "licence_raw": "; ".join(raws) or None,
    }


def _modalities(found: list[Any]) -> dict[str, Any]:
    raws = _lines(found, "modalities")
    codes = dict.fromkeys(filter(None, map(modality.normalise, raws)))
    return {"modalities": list(codes), "modalities_raw": raws}


def _body_part(word: str) -> Term:
    known = anatomy.normalise(word)
    if known is None:
        return Term(label=word, raw=word)
    return Term(label=known.label, code=known.code, system=known.system, raw=word)


def _body_parts(found: list[Any], name: str) -> list[Term]:
    return [_body_part(word) for word in _lines(found, name)]


def _conditions(found: list[Any], name: str) -> list[Term]:
    return [Term(label=word, raw=word) for word in _lines(found, name)]


def _creators(found: list[Any], name: str) -> list[Creator]:
    return [Creator(name=word) for word in _lines(found, name)]


def _each(names: str, reader: Callable[[list[Any], str], Any]) -> Iterable[tuple[str, Any]]:
    return [(name, reader) for name in names.split()]


_BOTH: dict[str, Callable[[list[Any]], dict[str, Any]]] = {
    "licence": _licence,
    "modalities": _modalities,
}
_READERS: dict[str, Callable[[list[Any], str], Any]] = dict(
    [
        *_each("title description version publisher programme", _line),
        *_each("species tasks annotation_kinds formats", _lines),
        *_each("studies series images bytes", _sum),
        *_each("subjects year citations", _largest),
        *_each("created published", _first_moment),
        *_each("modified", _last_moment),
        *_each("landing_url licence_url", _url),
        *_each("doi", _doi),
        *_each("rating", _rating),
        *_each("body_parts", _body_parts),
        *_each("conditions", _conditions),
        *_each("creators", _creators),
        *_each("parts", _urls),
    ]
)
