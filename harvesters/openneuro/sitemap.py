"""Which versions of which datasets OpenNeuro's sitemap names (sitemaps.org protocol 0.9).

The file comes from outside, so it is read by a parser that keeps nothing but addresses and that
refuses entity declarations: a few lines of them can unfold to gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from schemas.errors import SourceError

_LONGEST = 2048
_VERSION = re.compile(r"/datasets/(?P<id>[^/]+)/versions/(?P<tag>[^/]+)/?")


def versions(body: bytes) -> set[tuple[str, str]]:
    """Every (dataset id, version tag) in the sitemap `body`; its host does not matter.

    Raises:
        SourceError: if it is not well-formed XML, or declares entities.
    """
    found = set()
    for address in _addresses(body):
        if match := _VERSION.fullmatch(unquote(urlsplit(address).path)):
            found.add((match["id"], match["tag"]))
    return found


def _addresses(body: bytes) -> Iterator[str]:
    addresses: list[str] = []
    text: list[str] | None = None

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal text
        text = [] if name.rpartition(" ")[2] == "loc" else None

    def characters(part: str) -> None:
        if text is not None and sum(map(len, text)) < _LONGEST:
            text.append(part)

    def end(_: str) -> None:
        nonlocal text
        if text is not None:
            addresses.append("".join(text).strip())
        text = None

    def refuse(*_: object) -> None:
        raise SourceError("the sitemap declares entities", where="sitemap.xml")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.CharacterDataHandler = characters
    parser.EndElementHandler = end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError) as error:
        raise SourceError(f"the sitemap is not XML: {error}", where="sitemap.xml") from error
    return iter(addresses)
