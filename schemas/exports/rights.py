"""What a dataset may be used for and how it is reached, in words that machines share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from schemas.dataset import Access, Dataset, Distribution
from schemas.errors import VocabularyError
from schemas.exports.address import uri
from schemas.vocabulary import licence

COAR = "http://purl.org/coar/access_right/"

ACCESS = {
    Access.OPEN: ("open access", f"{COAR}c_abf2"),
    Access.REGISTERED: ("restricted access", f"{COAR}c_16ec"),
    Access.CONTROLLED: ("restricted access", f"{COAR}c_16ec"),
    Access.REQUEST: ("restricted access", f"{COAR}c_16ec"),
    Access.CLOSED: ("metadata only access", f"{COAR}c_14cb"),
    Access.GONE: ("metadata only access", f"{COAR}c_14cb"),
}
"""Term and address in the COAR access rights vocabulary 1.0. Whoever must log in, apply or ask
has restricted access in its sense."""

_OPERATORS = ("AND", "OR")


class Right(NamedTuple):
    """A licence: SPDX identifier if it is certain, what it is called, where it can be read."""

    spdx: str | None
    name: str
    url: str | None


def rights(of: Dataset | Distribution) -> list[Right]:
    """The licences that rule, each once; none if nobody says anything.

    One that is assumed, and was not stated of this dataset, has neither identifier nor address:
    a machine must not take it for certain.
    """
    if of.licence and getattr(of, "licence_assumed", False):
        return [Right(None, f"{of.licence} (assumed from the terms of the repository)", None)]
    if of.licence:
        return list(_expressed(of.licence, of.licence_url))
    name = of.licence_raw or of.licence_url
    return [Right(None, " ".join(name.split()), uri(of.licence_url))] if name else []


def _expressed(expression: str, stated: str | None) -> Iterator[Right]:
    words = re.findall(r"[A-Za-z0-9.+:-]+", expression)
    if "WITH" in words:  # an exception changes the licence that it stands beside
        yield Right(None, expression, uri(stated))
        return
    names = list(dict.fromkeys(word for word in words if word not in _OPERATORS))
    for name in names:
        try:
            known = licence.get(name)
        except VocabularyError:
            yield Right(None, name, uri(stated) if len(names) == 1 else None)
        else:
            alone = len(names) == 1 and licence.normalise(stated) in (None, name)
            yield Right(name, known.label, (uri(stated) if alone else None) or uri(known.url))
