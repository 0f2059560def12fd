"""Signposting of a dataset's page: typed links that a machine finds without reading the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.dataset import Dataset
from schemas.exports import address
from schemas.exports.rights import rights

_MOST = 12
"""Links of one relation: a proxy refuses headers that are too long."""
_LONGEST = 500
"""Characters of one address."""


def links(dataset: Dataset, formats: Mapping[str, str]) -> str:
    """The value of the header Link (RFC 8288) of a dataset's page.

    formats: address of each machine record to its media type.
    """
    told: dict[str, list[str]] = {}
    for where, relation, kind in dict.fromkeys(_links(dataset, formats)):
        if len(where) <= _LONGEST:
            link = f'<{where}>; rel="{relation}"' + (f'; type="{kind}"' if kind else "")
            told.setdefault(relation, []).append(link)
    return ", ".join(link for group in told.values() for link in group[:_MOST])


def _links(dataset: Dataset, formats: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """(address, relation, media type)."""
    yield "https://schema.org/Dataset", "type", None
    yield "https://schema.org/AboutPage", "type", None
    if own := address.doi_url(dataset.doi):
        yield own, "cite-as", None
    for where, kind in formats.items():
        yield where, "describedby", kind
    for right in rights(dataset):
        if right.url:
            yield right.url, "license", None
    for person in dataset.creators:
        if orcid := address.orcid(person.orcid):
            yield orcid, "author", None
    for part in dataset.distributions:
        item = address.uri(part.url) if part.route in address.FETCHED else None
        if item:
            yield item, "item", _media_type(part.format)


def _media_type(text: str | None) -> str | None:
    """`text` if it may stand in a header as a media type."""
    simple = text and text.isascii() and text.replace("/", "").replace("+", "").replace(".", "")
    return text if simple and simple.replace("-", "").replace("_", "").isalnum() else None
