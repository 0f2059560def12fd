"""What the addresses of a dataset are: of itself, of its parts, and of what it is related to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from schemas.dataset import Dataset, RelatedIdentifier
from schemas.vocabulary import doi

PageOf = Callable[[str], str | None]
"""Gives the public address of the page of a dataset id; None if there is none."""

FETCHED = ("https", "http", "ftp", "s3", "gs")
"""Routes whose address is that of the bytes themselves."""

_SCHEMES = {
    "arxiv": "https://arxiv.org/abs/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "handle": "https://hdl.handle.net/",
}
_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[A-Za-z0-9._~-]+(?::[0-9]{1,5})?)"
    r"(?P<rest>(?:[/?#].*)?)",
    re.DOTALL,
)
_KEPT = "!#$&'()*+,/:;=?@~%-._"
"""What RFC 3986 lets stand in a path, and the sign of what is already encoded."""


def no_page(_: str) -> None:
    """The PageOf of a catalogue that is not published."""


def uri(text: str | None, schemes: Iterable[str] = ("http", "https")) -> str | None:
    """`text` as an RFC 3986 address of one of `schemes`, in ASCII; None if it is not one."""
    found = _PARTS.fullmatch((text or "").strip())
    if found is None or found["scheme"].lower() not in schemes:
        return None
    rest = quote(found["rest"], safe=_KEPT, errors="replace")
    rest = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", rest)
    return f"{found['scheme'].lower()}://{found['host']}{rest}"


def doi_url(bare: str | None) -> str | None:
    """The address of a bare DOI; None if it is not one."""
    return doi.url(bare) if bare and doi.normalise(bare) == bare else None


def of_dataset(dataset: Dataset, page_of: PageOf = no_page) -> str | None:
    """The best address of the dataset itself: its DOI, else its publisher's page, else ours."""
    own = doi_url(dataset.doi) or uri(dataset.landing_url)
    return own or uri(page_of(dataset.id))


def of_related(related: RelatedIdentifier, page_of: PageOf = no_page) -> str | None:
    """Where a related identifier leads; None if its scheme has no place in the web."""
    scheme, value = related.scheme.lower(), related.value.strip()
    if scheme == "fairscan":
        return uri(page_of(value))
    if scheme == "doi":
        return doi_url(doi.normalise(value))
    if scheme in _SCHEMES:
        return uri(_SCHEMES[scheme] + re.sub(r"^[A-Za-z]+:", "", value))
    return uri(value)


def orcid(bare: str | None) -> str | None:
    """The address of a bare ORCID iD; None if it is not one."""
    return f"https://orcid.org/{bare}" if bare and _ORCID.fullmatch(bare) else None
