"""How values read on a page: numbers, sizes, dates, links, and the URL of a changed query."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from datasette import hookimpl
from jinja2 import Environment
from markupsafe import Markup, escape

from catalog.cohort import FACETS
from catalog.facets import LAST_PAGE, UNKNOWN, Facet, FacetValue, Query
from schemas.vocabulary import licence

NOT_STATED = Markup('<span class="unknown">not stated</span>')

ACCESS_NOT_STATED = Markup('<span class="unknown">access not stated</span>')

_ACCESS = {
    "open": "open access",
    "registered": "access after registration",
    "controlled": "controlled access",
    "request": "access on request",
    "closed": "no access",
    "gone": "no longer there",
}
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_CRON = re.compile(r"(\d{1,2}) (\d{1,2}) (\*|\d{1,2}) \* (\*|[0-7])")
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_STORED = re.compile(r"(?:s3|gs)://\S+", re.ASCII)
_SCHEMES = {
    "arXiv": "https://arxiv.org/abs/",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/",
    "Handle": "https://hdl.handle.net/",
}
"""DataCite relatedIdentifierType to where such identifiers are looked up."""
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_OPTIONS = {
    **{spec.name: spec.option for spec in FACETS},
    "q": "--text",
    "age_min": "--age-min",
    "age_max": "--age-max",
}


class Deed(NamedTuple):
    """Where a licence can be read, and whether its stated address is that of another licence."""

    url: str | None
    contradicted: bool


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """Give the templates their filters."""
    env.filters.update(
        number=number, size=size, day=day, moment=moment, doi=doi, web=web, path=path,
        terms=terms, share=share, local=local, spoken=spoken, command=command, deed=deed,
        short_day=short_day, orcid=orcid, address=address, plain_address=plain_address,
        cron=cron, banded=banded, host=host, reached=reached, chosen_only=chosen_only,
    )  # fmt: skip
    env.globals.update(
        turned=turned, without=without, chosen=chosen, ordered=ordered,
        worth_showing=worth_showing, last_page=LAST_PAGE,
    )  # fmt: skip


def number(value: int | None) -> str:
    """1044191 as "1,044,191"; null as "not stated"."""
    return NOT_STATED if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Bytes as "99.9 TB" (powers of 1000), the exact figure in the title; null as "not stated"."""
    if value is None:
        return NOT_STATED
    scaled, unit = float(value), 0
    while scaled >= 999.5 and unit < len(_UNITS) - 1:
        scaled, unit = scaled / 1000, unit + 1
    digits = 0 if unit == 0 or scaled >= 99.95 else 1
    text = f"{scaled:.{digits}f} {_UNITS[unit]}"
    return Markup('<data value="{}" title="{:,} bytes">{}</data>').format(value, value, text)


def day(value: datetime | str | None) -> str:
    """A date as YYYY-MM-DD in a `time` element; null as "not stated"."""
    return _time(value, 10)


def moment(value: datetime | str | None) -> str:
    """A date and time to the minute, UTC, in a `time` element; null as "not stated"."""
    return _time(value, 16)


def _time(value: datetime | str | None, length: int) -> str:
    if not value:
        return NOT_STATED
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    shown = text[:length].replace("T", " ") + (" UTC" if length > 10 else "")
    return Markup('<time datetime="{}">{}</time>').format(text, shown)


def spoken(value: datetime | date | str) -> str:
    """A date as it is said: 23 November 2026."""
    when = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{when.day} {when:%B %Y}"


def short_day(value: str) -> str:
    """A date as it is said in little room: 23 Nov 2026."""
    when = date.fromisoformat(value[:10])
    return f"{when.day} {when:%b %Y}"


def cron(expression: str, jitter: int = 0) -> str:
    """When a refresh is due: "Tuesdays at 03:30 UTC"; an expression that is not simple, as it is.

    jitter: minutes that it may start later.
    """
    fields = _CRON.fullmatch(expression.strip())
    if fields is None:
        return expression
    minute, hour, day_of_month, weekday = fields.groups()
    if "*" not in (day_of_month, weekday):
        return expression
    if weekday != "*":
        days = f"{_WEEKDAYS[int(weekday) % 7]}s"
    else:
        days = "every day" if day_of_month == "*" else f"on day {day_of_month} of each month"
    later = f", up to {jitter} minutes later" if jitter else ""
    return f"{days} at {int(hour):02}:{int(minute):02} UTC{later}"


def doi(value: str) -> str:
    """The URL of a bare DOI."""
    return f"https://doi.org/{quote(value, safe='/:;()._-')}"


def orcid(value: str | None) -> str | None:
    """The address of a person's ORCID record, if `value` is a bare ORCID iD."""
    return f"https://orcid.org/{value}" if value and _ORCID.fullmatch(value) else None


def address(related: Mapping[str, Any]) -> str | None:
    """Where a DataCite related identifier leads, if its scheme has a place in the web."""
    scheme, value = related["scheme"], related["value"]
    if scheme == "DOI":
        return doi(value)
    if scheme in _SCHEMES:
        bare = re.sub(r"^[A-Za-z]+:", "", value)
        return _SCHEMES[scheme] + quote(bare, safe="/.-_()")
    return web(value)


def plain_address(url: str | None) -> str | None:
    """`url` if it is one that a program reads and no browser follows: s3://…, gs://…."""
    return url if url and _STORED.fullmatch(url) else None


def web(url: str | None) -> str | None:
    """`url` if a browser may follow it (http or https), else None."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def reached(access: str | None, ways: Iterable[str] = ()) -> str:
    """How a dataset is reached, in words, and how other parts of it are: `ways` may repeat it."""
    others = [way for way in ways if way and way != access]
    if access is None:
        return " or ".join(map(_reached, others)) if others else ACCESS_NOT_STATED
    named = ", ".join(map(_reached, others))
    return f"{_reached(access)}, in part {named}" if others else _reached(access)


def _reached(access: str) -> str:
    return _ACCESS.get(access, f"{access} access")


def host(url: str) -> str:
    """The name of the host of a web address, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def deed(part: Mapping[str, Any]) -> Deed:
    """The address of a distribution's licence: as stated, unless that is another licence's."""
    spdx, stated = part["licence"], web(part["licence_url"])
    if spdx and stated and licence.normalise(stated) not in (None, spdx):
        return Deed(licence.get(spdx).url, True)
    return Deed(stated, False)


def path(dataset_id: str) -> str:
    """The address of a dataset's page below the site's root."""
    return f"dataset/{quote(dataset_id, safe=':')}"


def local(dataset_id: str) -> str:
    """The part of a dataset's id that its own repository gave."""
    return dataset_id.partition(":")[2] or dataset_id


def terms(values: Iterable[str], most: int) -> str:
    """The first `most` values with commas, and how many more there are."""
    names = list(values)
    more = len(names) - most
    shown = escape(", ".join(names[:most]))
    return (
        shown + Markup(' <span class="more">and {} more</span>').format(more) if more > 0 else shown
    )


def banded(counts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Counts by age or age band, the youngest first, those without a number last."""

    def youngest(entry: Mapping[str, Any]) -> tuple[bool, int, str]:
        found = re.match(r"\d+", entry["value"])
        return found is None, int(found[0]) if found else 0, entry["value"]

    return sorted(counts, key=youngest)


def share(count: int, facet: Facet) -> str:
    """`count` as a percentage of the facet's largest value, for the length of a bar."""
    most = max((value.count for value in facet.values), default=0)
    return f"{100 * count / most:.2f}" if most else "0"


def turned(query: Query, **changes: Any) -> str:
    """The query string of `query` with `changes`."""
    return _query_string(replace(query, **changes))


def without(query: Query, name: str, value: str | None = None) -> str:
    """The query string without one value of a facet, a text ("q") or the ages ("age"); page 1."""
    if name == "q":
        return _query_string(replace(query, text="", page=1))
    if name == "age":
        return _query_string(replace(query, age_min=None, age_max=None, page=1))
    kept = ((facet, tuple(v for v in values if (facet, v) != (name, value)))
            for facet, values in query.filters)  # fmt: skip
    return _query_string(replace(query, filters=tuple(f for f in kept if f[1]), page=1))


def chosen_only(choices: Mapping[str, str]) -> str:
    """The query string of the choices that hold a value."""
    return urlencode({name: value for name, value in choices.items() if value})


def chosen(facets: Iterable[Facet]) -> list[tuple[Facet, Any]]:
    """Every chosen (facet, value)."""
    return [(facet, value) for facet in facets for value in facet.values if value.selected]


def ordered(facet: Facet) -> list[FacetValue]:
    """The values as they are best read: bands by age with unknown last, all others by count."""
    if facet.name != "age_band":
        return list(facet.values)
    return sorted(facet.values, key=lambda value: (value.value == UNKNOWN, value.value))


def worth_showing(facet: Facet) -> bool:
    """Whether the facet offers a choice, or holds one already made."""
    return len(facet.values) > 1 or any(value.selected for value in facet.values)


def command(query: Query) -> str:
    """The `fairscan select` command that writes exactly this cohort."""
    parts = ["fairscan", "select"]
    for name, value in query.params():
        if name in _OPTIONS:
            parts += [_OPTIONS[name], value]
    return shlex.join([*parts, "-o", "subset.json"])


def _query_string(query: Query) -> str:
    pairs = query.params()
    return f"?{urlencode(pairs)}" if pairs else "?"
