"""How a dataset is cited: BibTeX, RIS, and a sentence for people."""

from __future__ import annotations

import re

from schemas.dataset import Creator, Dataset
from schemas.exports import address
from schemas.exports.dates import day, year
from schemas.exports.subjects import subjects

BIBTEX = "application/x-bibtex"
RIS = "application/x-research-info-systems"

_MOST_NAMES = 20
"""Names in a sentence; APA 7 (9.8) leaves out what stands between."""
_LONGEST_WORD = 255
"""Characters of an author or a keyword in RIS."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}
"""Braces as commands: BibTeX counts a brace even behind a backslash."""
_JOINED = re.compile(r"[-`'!?,][-`',]")
"""Two signs that TeX makes one: --, ``, '', ,, and their kind."""


def bibtex(dataset: Dataset, page_of: address.PageOf = address.no_page) -> str:
    """One BibTeX entry. Its type is `misc`, which every style knows; unknown fields are left out.

    `doi` and `url` stand as they are, for styles print them verbatim; all others are escaped.
    """
    url = address.of_dataset(dataset, page_of)
    names = [_bibtex_name(person) for person in dataset.creators if _line(person.name)]
    doi = dataset.doi if address.doi_url(dataset.doi) else None
    fields = {
        "author": " and ".join(names),
        "title": f"{{{_tex(dataset.title)}}}",
        "year": year(dataset),
        "publisher": f"{{{_tex(dataset.publisher)}}}" if _line(dataset.publisher) else None,
        "version": _tex(dataset.version),
        "howpublished": "Data set",
        "doi": doi if doi and not re.search(r"[{}\\%#]", doi) else None,
        "url": url,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{_key(dataset)},", *lines, "}"]) + "\n"


def ris(dataset: Dataset, page_of: address.PageOf = address.no_page) -> str:
    """One RIS record: a tag and a value a line, lines end in CR LF."""
    rows = [
        ("TY", "DATA"),
        *(("AU", _starless(person.name)) for person in dataset.creators),
        ("TI", _line(dataset.title)),
        ("PY", year(dataset)),
        ("DA", (day(dataset.published) or "").replace("-", "/")),
        ("PB", _line(dataset.publisher)),
        ("ET", _line(dataset.version)),
        ("DO", dataset.doi if address.doi_url(dataset.doi) else None),
        ("UR", address.of_dataset(dataset, page_of)),
        ("AB", _line(dataset.description)),
        *(("KW", _starless(word.label)) for word in subjects(dataset)),
    ]
    lines = [f"{tag}  - {value}" for tag, value in rows if value]
    return "\r\n".join([*lines, "ER  - ", ""])


def sentence(dataset: Dataset, page_of: address.PageOf = address.no_page) -> str:
    """Who, when, what, where, in the order of APA 7 (10.9); names stand as they are published."""
    names = [name for person in dataset.creators if (name := _line(person.name))]
    when = f"({year(dataset) or 'n.d.'})"
    version = f" (Version {_line(dataset.version)})" if _line(dataset.version) else ""
    title = f"{_line(dataset.title)}{version} [Data set]"
    parts = [f"{_joined(names)} {when}", title] if names else [f"{title} {when}"]
    parts.append(_line(dataset.publisher).rstrip("."))
    told = ". ".join(part for part in parts if part) + "."
    url = address.of_dataset(dataset, page_of)
    return f"{told} {url}" if url else told


def _joined(names: list[str]) -> str:
    if len(names) > _MOST_NAMES:
        return "; ".join(names[: _MOST_NAMES - 1]) + f"; … {names[-1]}"
    return "; ".join(names)


def _key(dataset: Dataset) -> str:
    return re.sub(r"[^A-Za-z0-9.:-]", "_", dataset.id)


def _bibtex_name(person: Creator) -> str:
    """ "Family, Given" as BibTeX reads it; any other name whole, for it may be an organisation."""
    name = _line(person.name)
    family, comma, given = name.partition(",")
    simple = comma and family.strip() and given.strip() and "," not in given
    if simple and not re.search(r"\band\b", name, re.IGNORECASE):
        return f"{_tex(family)}, {_tex(given)}"
    return f"{{{_tex(name)}}}"


def _tex(text: str | None) -> str:
    line = _line(text)
    apart = ("{}" if _JOINED.fullmatch(line[at : at + 2]) else "" for at in range(len(line)))
    return "".join(_SPECIAL.get(sign, sign) + gap for sign, gap in zip(line, apart, strict=True))


def _starless(text: str) -> str:
    """`text` for an author or keyword of RIS, which know no asterisk."""
    return _line(text.replace("*", " "))[:_LONGEST_WORD].strip()


def _line(text: str | None) -> str:
    """`text` in one line, without control characters."""
    seen = "".join(c if c.isprintable() else " " for c in text or "")
    return " ".join(seen.split())
