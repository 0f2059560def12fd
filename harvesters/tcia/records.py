"""TCIA's collections and analysis results as datasets.

Names of fields in version 2 of the Collection Manager's API. Evidenced by clients that read it:
`collection_*` and `result_*` (title, short_title, doi, summary, abstract, downloads), `slug`,
`link`, `program`, `cancer_types`, `cancer_locations`, `species`, `data_types`, `subjects`,
`supporting_data`, `date_updated`, `version_number`, `hide_from_browse_table`, `collections`, and
every key of a download but its title's. Inferred: the shape of `collections` (ids, names or
objects; all are understood), and that a title may lie under `rendered`.

Access and licence are decided from the licence of each download. The dataset's access is the
loosest of its parts that hold images (of all, if none does): a spreadsheet that anyone may have
does not make controlled images open. Every label stands in `licence_raw`, and there is a licence
only if every part has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from harvesters.record import dataset as built
from harvesters.record import overlaid
from harvesters.tcia import datacite as tcia_datacite
from harvesters.tcia import words as tw
from harvesters.tcia.downloads import parts
from harvesters.tcia.wordpress import POSTS
from harvesters.text import plain_text
from schemas.dataset import Access, Dataset, Distribution, Identifier, Status, Term
from schemas.errors import RecordError
from schemas.vocabulary import anatomy, doi, table

_LOOSEST = (Access.OPEN, Access.REGISTERED, Access.CONTROLLED, Access.REQUEST, Access.CLOSED)
_NOT_A_CONDITION = {"various", "phantom", "non-cancer", "healthy controls (non-cancer)"}
_NOT_A_PLACE = {"various", "phantom"}


def dataset(envelope: Mapping[str, Any], retrieved: datetime, day: date | None = None) -> Dataset:
    """The dataset of an envelope: `post`, `record` and what else was found to belong to it.

    `day` is that of the packaged snapshot, if the envelope is from there.

    Raises:
        RecordError: if the record is none.
        pydantic.ValidationError: if its fields make no dataset.
    """
    live = _live(envelope, retrieved, day)
    attributes = envelope.get("datacite")
    if not attributes:
        return live
    cited = tcia_datacite.fields(attributes)
    if live.licence_raw:  # a licence there is of the whole, and may contradict a part's
        cited = {name: value for name, value in cited.items() if not name.startswith("licence")}
    same = {"id": live.id, "source": live.source, "kind": live.kind, "title": live.title}
    read = datetime.fromisoformat(envelope["datacite_read"])
    base = built({**cited, **same}, read, derived=["licence"], source="datacite")
    return overlaid(base, live)


def record_of(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The record of an envelope; an empty one for what is no record."""
    record = envelope["record"]
    return record if isinstance(record, dict) else {}


def is_hidden(record: Mapping[str, Any]) -> bool:
    """Whether TCIA leaves the record out of its own tables: retired, or not yet published."""
    return tw.text(record.get("hide_from_browse_table")) == "1" or (
        record.get("hide_from_browse_table") is True
    )


def slug(record: Mapping[str, Any]) -> str | None:
    """The local id: the last part of the landing page's path."""
    path = urlsplit(tw.web(tw.first(record, "link", "url")) or "").path.rstrip("/")
    name = unquote(path.rpartition("/")[2]) or tw.text(record.get("slug"))
    return "".join(name.split()) if name else None


def named(record: Mapping[str, Any], post: str, what: str) -> Any:
    """A field that collections and analysis results call by their own prefix."""
    return record.get(f"{'collection' if post == 'collections' else 'result'}_{what}")


def doi_of(record: Mapping[str, Any], post: str) -> str | None:
    """The record's DOI, bare and in lower case."""
    return doi.normalise(tw.text(named(record, post, "doi")))


def derived_from(record: Mapping[str, Any], slugs: Mapping[str, str]) -> list[str]:
    """The slugs of the collections that an analysis result names, by id or by name."""
    found = []
    given = record.get("collections")
    for value in given if isinstance(given, list) else [given]:
        keys = [value] if not isinstance(value, dict) else [
            value.get(key) for key in ("id", "ID", "slug", "post_name", "title", "post_title")
        ]  # fmt: skip
        words = (table.squeeze(word) for key in keys if (word := tw.text(key)))
        found += [slugs[word] for word in words if word in slugs][:1]
    return list(dict.fromkeys(found))


def names(record: Mapping[str, Any], post: str) -> Iterable[str]:
    """What a record may be called by another: its id, its slug and its names, letters alone."""
    called = (record.get("id"), slug(record), named(record, post, "short_title"))
    return [table.squeeze(word) for value in called if (word := tw.text(value))]


def _live(envelope: Mapping[str, Any], retrieved: datetime, day: date | None) -> Dataset:
    record, post = envelope["record"], envelope["post"]
    if not isinstance(record, dict):
        raise RecordError(f"not a record but {type(record).__name__}", where=f"tcia:{post}")
    local = slug(record)
    if local is None:
        raise RecordError("no landing page and no slug", where=f"tcia:{record.get('id')}")
    downloads = parts(named(record, post, "downloads"))
    ways = [way for _, way in downloads]
    short = plain_text(tw.text(named(record, post, "short_title")))
    title, joined = _title(record, post, short, local)
    kinds = tw.words(record.get("data_types"))
    shown = kinds or _all(downloads, "data type")
    files = _all(downloads, "file type")
    spdx = {way.licence for way in ways}
    sizes = [way.bytes for way in ways]
    addresses = {way.licence_url for way in ways}
    fields: dict[str, Any] = {
        "id": f"tcia:{local}",
        "source": "tcia",
        "kind": POSTS[post],
        "title": title,
        "description": plain_text(
            tw.text(tw.first(record, f"{_prefix(post)}_summary", f"{_prefix(post)}_abstract"))
        ),
        "landing_url": tw.web(tw.first(record, "link", "url")),
        "version": tw.text(record.get("version_number")),
        "doi": doi_of(record, post),
        "identifiers": [
            Identifier(scheme=scheme, value=value)
            for scheme, value in (
                ("short_name", short),
                ("tcia_wordpress", tw.text(record.get("id"))),
            )
            if value
        ],
        "licence": " AND ".join(sorted(filter(None, spdx))) if None not in spdx else None,
        "licence_raw": "; ".join(sorted({way.licence_raw for way in ways if way.licence_raw})),
        "licence_url": addresses.pop() if len(addresses) == 1 else None,
        "access": _access(ways),
        "modalities": list(dict.fromkeys(c for w in shown if (c := tw.modality_of(w)))),
        "modalities_raw": shown,
        "annotation_kinds": list(dict.fromkeys(k for w in shown if (k := tw.annotation_of(w)))),
        "body_parts": _body_parts(tw.words(record.get("cancer_locations"))),
        "conditions": _conditions(tw.words(record.get("cancer_types"))),
        "species": tw.words(record.get("species")),
        "supporting_data": tw.words(record.get("supporting_data")),
        "formats": list(dict.fromkeys(m for w in files if (m := tw.media_type_of(w)))),
        "subjects": tw.number(record.get("subjects")),
        "bytes": None if None in sizes or not sizes else sum(s for s in sizes if s is not None),
        "programme": "; ".join(tw.words(record.get("program"))),
        "modified": tw.day(record.get("date_updated")),
        "status": Status.DEPRECATED if is_hidden(record) else Status.ACTIVE,
        "distributions": ways,
        "derived_from": [f"tcia:{name}" for name in envelope.get("derived_from", [])],
    }
    derived = {"licence", "access", "modalities", "annotation_kinds", "formats", "bytes"}
    derived |= {"title"} if joined else set()
    derived |= set() if kinds else {"modalities_raw"}
    return built(fields, retrieved, derived=[n for n in derived if fields[n]], snapshot=day)


def _access(ways: list[Distribution]) -> Access | None:
    """How the most easily reached part with images is reached; of any part if none has images."""
    known = {way.access for way in ways if way.modalities} or {way.access for way in ways}
    return next((access for access in _LOOSEST if access in known), None)


def _all(downloads: list[tuple[dict[str, Any], Distribution]], key: str) -> list[str]:
    """The words that any download has under `key`."""
    return list(dict.fromkeys(word for one, _ in downloads for word in tw.words(one.get(key))))


def _prefix(post: str) -> str:
    return "collection" if post == "collections" else "result"


def _title(record: Mapping[str, Any], post: str, short: str | None, local: str) -> tuple[str, bool]:
    """The title, with the short name that people know before it if it lacks it; and if it did."""
    long = plain_text(tw.text(named(record, post, "title")) or tw.text(record.get("title")))
    if long is None or short is None:
        return long or short or local, False
    if short.lower() in long.lower():
        return long, False
    return f"{short}: {long}", True


def _conditions(said: list[str]) -> list[Term]:
    """Diseases; TCIA marks those that are no cancer with "(non-cancer)"."""
    return [
        Term(label=word.removesuffix("(non-cancer)").strip(), raw=word)
        for word in said
        if word.lower() not in _NOT_A_CONDITION
    ]


def _body_parts(said: list[str]) -> list[Term]:
    terms: dict[str, Term] = {}
    for word in said:
        found = anatomy.normalise(word)
        if found is not None:
            term = Term(label=found.label, code=found.code, system=found.system, raw=word)
        elif word.lower() in _NOT_A_PLACE or anatomy.is_not_anatomy(word):
            continue
        else:
            term = Term(label=word, raw=word)
        terms.setdefault(term.label, term)
    return list(terms.values())
