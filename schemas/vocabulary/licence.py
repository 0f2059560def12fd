"""What a dataset may be used for: SPDX licence expressions, and the names repositories give."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.errors import VocabularyError
from schemas.vocabulary import table

if TYPE_CHECKING:
    from license_expression import Licensing

OPENNESS = ("open", "non-commercial", "no-derivatives", "custom")
"""From the loosest to the tightest condition."""

_LONGEST_NAME = 300
_OPEN_CATEGORIES = {"Permissive", "Copyleft", "Copyleft Limited", "Public Domain"}

_SCHEME = re.compile(r"\s*(?:https?://)?(?:www\.)?", re.IGNORECASE)
_COMMONS_ADDRESS = re.compile(
    r"creativecommons\.org/(?P<group>licenses|publicdomain)/(?P<terms>[a-z-]+)"
    r"/(?P<version>\d\.\d)(?:/(?P<country>[a-z]{2,3}))?"
    r"(?:/(?:legalcode|deed)?(?:\.[a-z_-]+)?)?(?:[?#].*)?",
    re.IGNORECASE,
)
_COMMONS_NAME = re.compile(
    r"(?:creative commons|cc)[ -]*(?P<terms>(?:by|attribution)[a-z ,-]*?)[ -]*v?(?:ersion )?"
    r"(?P<version>\d\.\d)(?:[ -]+(?:international|unported|generic))?"
    r"(?:[ -]+public)?(?:[ -]+licen[sc]e)?(?: \((?P<again>cc[ -]by[a-z \d.-]*)\))?",
    re.IGNORECASE,
)
_COMMONS_IDENTIFIER = re.compile(
    r"CC-(?P<terms>BY(?:-[A-Z]+)*)-(?P<version>\d\.\d)(?:-(?P<country>\w+))?"
)
_COMMONS_TERMS = {
    "by": "BY",
    "attribution": "BY",
    "nc": "NC",
    "noncommercial": "NC",
    "nd": "ND",
    "noderivatives": "ND",
    "noderivs": "ND",
    "sa": "SA",
    "sharealike": "SA",
}


class Licence(NamedTuple):
    """An SPDX identifier, a short name for people, where its text is, and how open it is.

    `openness` is the tightest condition: "open", "non-commercial", "no-derivatives" (a licence
    that forbids both, as CC BY-NC-ND does, counts here), or "custom" (read the terms).
    """

    spdx: str
    label: str
    url: str | None
    openness: str


def normalise(raw: str | None) -> str | None:
    """The SPDX expression (SPDX 2.3 Annex D) that `raw` certainly means, else None.

    Reads identifiers and expressions, common names, Creative Commons names and addresses. A
    name without its version ("CC BY") is not certain, so it is unknown.
    """
    text = "" if raw is None else " ".join(raw.split())
    if not text or len(text) > _LONGEST_NAME:
        return None
    return _known_name(text) or _commons_address(text) or _commons_name(text) or _expression(text)


def get(spdx: str) -> Licence:
    """The licence of an SPDX identifier or expression. Raises VocabularyError if not known.

    The openness of an expression is its tightest under AND, its loosest under OR.
    """
    if spdx in _licences():
        return _licences()[spdx]
    if _exact(spdx) == spdx:
        return _listed(spdx)
    if _expression(spdx) == spdx:
        return Licence(spdx, spdx, None, _openness(_spdx().parse(spdx)))
    raise VocabularyError(
        f"{spdx!r} is not an SPDX licence expression", do="Use one such as CC-BY-4.0"
    )


def _listed(spdx: str) -> Licence:
    if commons := _COMMONS_IDENTIFIER.fullmatch(spdx):
        return _commons_licence(spdx, **commons.groupdict())
    openness = "open" if _category(spdx) in _OPEN_CATEGORIES else "custom"
    return Licence(spdx, spdx, f"https://spdx.org/licenses/{spdx}.html", openness)


def _openness(expression: Any) -> str:
    if expression.isliteral:
        licence = getattr(expression, "license_symbol", expression)  # the part before WITH
        return (_licences().get(licence.key) or _listed(licence.key)).openness
    levels = [OPENNESS.index(_openness(part)) for part in expression.args]
    return OPENNESS[max(levels) if expression.operator.strip() == "AND" else min(levels)]


def _commons_licence(spdx: str, terms: str, version: str, country: str | None) -> Licence:
    parts = terms.split("-")
    openness = "open"
    if "NC" in parts:
        openness = "non-commercial"
    if "ND" in parts:
        openness = "no-derivatives"
    label = spdx if country else f"CC {terms} {version}"
    folder = "/".join(part.lower() for part in (terms, version, country) if part)
    return Licence(spdx, label, f"https://creativecommons.org/licenses/{folder}/", openness)


def _known_name(text: str) -> str | None:
    return _names().get(_name_key(text))


def _name_key(text: str) -> str:
    # "GPL-3.0+" allows more than "GPL-3.0".
    return table.squeeze(_SCHEME.sub("", text, count=1).replace("+", "plus"))


def _commons_address(text: str) -> str | None:
    match = _COMMONS_ADDRESS.fullmatch(_SCHEME.sub("", text, count=1))
    if match is None:
        return None
    if match["group"].lower() == "publicdomain":
        dedication = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}
        return dedication.get(match["terms"].lower()) if match["version"] == "1.0" else None
    parts = ("CC", match["terms"], match["version"], match["country"])
    return _exact("-".join(part for part in parts if part))


def _commons_name(text: str) -> str | None:
    match = _COMMONS_NAME.fullmatch(text)
    if match is None:
        return None
    wording = match["terms"].lower().replace("non-", "non").replace("non ", "non")
    wording = re.sub(r"\bno[ -](?=deriv)", "no", wording)
    wording = re.sub(r"\bshare[ -](?=alike)", "share", wording)
    found = [_COMMONS_TERMS.get(word) for word in re.split(r"[ ,-]+", wording) if word]
    if None in found:
        return None
    terms = [term for term in ("BY", "NC", "ND", "SA") if term in found]
    spdx = _exact("-".join(["CC", *terms, match["version"]]))
    contradicted = match["again"] is not None and _commons_name(match["again"]) != spdx
    return None if contradicted else spdx


def _expression(text: str) -> str | None:
    from license_expression import ExpressionError, ExpressionParseError

    try:
        parsed = _spdx().parse(text, validate=True)
    except (ExpressionError, ExpressionParseError):
        return None
    if parsed is None:
        return None
    if any(getattr(symbol, "is_exception", False) for symbol in parsed.symbols):
        return None  # an exception alone permits nothing
    return str(parsed)


def _exact(spdx: str) -> str | None:
    """The identifier in SPDX's own case, if SPDX has it."""
    return _identifiers().get(spdx.casefold())


@cache
def _spdx() -> Licensing:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@cache
def _identifiers() -> dict[str, str]:
    symbols = _spdx().known_symbols.items()
    return {key.casefold(): key for key, symbol in symbols if not symbol.is_exception}


def _category(spdx: str) -> str | None:
    from license_expression import get_license_index

    index = get_license_index()
    return next((row["category"] for row in index if row.get("spdx_license_key") == spdx), None)


@cache
def _licences() -> dict[str, Licence]:
    return {
        row["spdx"]: Licence(row["spdx"], row["label"], row["url"] or None, row["openness"])
        for row in table.read("licences")
    }


@cache
def _names() -> dict[str, str]:
    names = {_name_key(row["alias"]): row["spdx"] for row in table.read("licence_aliases")}
    for licence in _licences().values():
        names[_name_key(licence.label)] = licence.spdx
        names[_name_key(licence.spdx)] = licence.spdx
        if licence.url:
            names[_name_key(licence.url)] = licence.spdx
    return names
