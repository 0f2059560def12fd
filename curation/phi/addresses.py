"""Postal addresses in text: streets with numbers, towns with codes, what follows "Address:"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.phi.lexicon import STREET
from curation.phi.reading import Reading
from curation.phi.span import Kind, Span, Style

_L = r"(?<![^\W_])"  # no letter or digit before
_STREET = (
    r"(?:Street|Avenue|Road|Boulevard|Lane|Drive|Court|Place|Square|Way|Terrace|Circle|Parkway"
    r"|Highway|Close|Crescent|Gardens?|Mews|Grove|Trail|St|Ave|Rd|Blvd|Ln|Dr|Ct|Pl|Sq|Ter|Cir|Pkwy"
    r"|Hwy|street|avenue|road|boulevard|lane|drive)"
)
_PLACE = r"[^\W\d_a-z][^\W\d_]{2,20}(?:[ -][^\W\d_a-z][^\W\d_]{2,20}){0,2}"
_STATE = (
    r"(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI"
    r"|S[CD]|T[NX]|UT|V[TA]|W[AVIY])"
)
_ENGLISH = (
    r"(?<![\w.])\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?"
    rf"(?:(?:[A-Z][a-z'’.-]{{1,24}} ){{1,3}}{_STREET}\b"
    r"|(?:[A-Z]{3,24} ){1,2}(?:ST|STREET|AVE|AVENUE|ROAD|RD|BLVD|LANE|DRIVE)\b)\.?"
    rf"(?:,? (?:Apt|Suite|Ste|Unit|Flat|#)\.? ?[\w-]{{1,6}})?(?:, ?{_PLACE})?(?:,? [A-Z]{{2}})?"
    r"(?:,? \d{5}(?:-\d{4})?)?"
)
_GERMAN = (
    rf"{_L}[A-ZÄÖÜ][a-zäöüß-]{{2,24}}(?:straße|strasse|str\.|weg|gasse|allee|platz|damm|ufer)"
    rf" \d{{1,4}}[a-z]?(?:,? ?(?:D-|A-|CH-)?\d{{4,5}} {_PLACE})?"
)
_FRENCH = (
    r"(?<![\w.])\d{1,4},? (?i:rue|avenue|boulevard|bd|place|chemin|impasse|allée|quai) "
    rf"(?:(?:de|du|des|la|le|les|l'|d') ?){{0,2}}{_PLACE}(?:,? \d{{5}} {_PLACE})?"
)
_SOUTHERN = (
    rf"{_L}(?:Via|Viale|Piazza|Corso|Calle|Avenida|Plaza|Paseo|Rua|Ulica|ul\.|Odos|Οδός|Οδού"
    r"|Leoforos|Λεωφόρος|Λεωφ\.) (?:(?:de|la|el|los|del|della|dei|da|do) ){0,2}"
    rf"{_PLACE},? (?:n[°º.]? ?)?\d{{1,4}}(?:,? \d{{3}} ?\d{{2}}(?: {_PLACE})?)?"
)
_ADDRESS = re.compile(
    rf"{_ENGLISH}|{_GERMAN}|{_FRENCH}|{_SOUTHERN}|{_L}(?i:p\.? ?o\.? box) \d{{1,6}}"
)
_COMPOUND = re.compile(r"(?:stra(?:ß|ss)e|str\.|weg|gasse|allee|platz|damm|ufer) \d")
_TOWN = re.compile(
    rf"{_L}[A-Z][a-zA-Z.'’-]{{2,24}}(?: [A-Z][a-zA-Z'’-]{{2,24}}){{0,2}}, {_STATE},? "
    r"\d{5}(?:-\d{4})?(?![\w-])"
    rf"|(?i:{_L}(?:zip|postcode|plz|postal code|zip code|τ\.?κ\.?)[ .:=]{{1,3}})"
    r"\d{3} ?\d{2}(?:-\d{4})?(?![\w-])"
    rf"|(?<!\w)(?:D|A|CH|F|I|GR|NL)-\d{{4,5}} {_PLACE}"
)
# Of the United Kingdom; and a street with its number before a continental code and town.
_CODE = re.compile(
    r"(?<!\w)(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d(?:\d|[ABEHMNPRV-Y])?|\d[A-HJKPS-UW])"
    r" \d[ABD-HJLNP-UW-Z]{2})(?!\w)"
    rf"|{_L}{_PLACE}\.? \d{{1,4}}[a-z]?(?:[-/]\d{{1,4}})?, "
    r"(?:\d{5}|\d{2}-\d{3}|\d{3} \d{2}) [^\W\d_a-z][^\W\dA-Z_]{2,20}(?![^\W_])"
)
# What follows a label, if it has a number: to the end of the line or sentence.
_ANNOUNCED = re.compile(
    rf"(?i){_L}(?:(?:home |postal |mailing )?address|adresse|anschrift|wohnhaft(?: in)?|domicile"
    r"|dirección|direccion|indirizzo|διεύθυνση|адрес|(?:lives|resides|residing|living) (?:at|in))"
    r"[ .:=]{1,3}((?:(?!(?<=[^\W_]{3})\. [A-Z]| and | with | who | since )[^\n;]){1,90})"
)


def addresses(seen: Reading, style: Style) -> Iterator[Span]:
    """Addresses in a PHRASE or PROSE with digits; in PROSE in every form, and surely."""
    text = seen.text
    prose = style is Style.PROSE
    if seen.marks & STREET or _COMPOUND.search(text):
        for match in _ADDRESS.finditer(text):
            yield Span(*match.span(), Kind.ADDRESS, prose)
    if prose or seen.longest >= 4:
        for match in _TOWN.finditer(text):
            yield Span(*match.span(), Kind.ADDRESS, prose)
    if prose:
        for match in _CODE.finditer(text):
            yield Span(*match.span(), Kind.ADDRESS, False)
        for match in _ANNOUNCED.finditer(text):
            if any(c.isdigit() for c in match[1]):
                yield Span(*match.span(1), Kind.ADDRESS)
