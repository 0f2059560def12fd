"""What a record's DOI, identifiers and pages name, written so that one thing has one address.

An address is `<scheme>:<accession>` in lower case: `doi:10.7937/…`, `openneuro:ds000001`,
`tcia:lidc-idri`, `github:owner/name`; a page of no known repository is `url:<host>/<path>`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from schemas.dataset import Dataset
from schemas.vocabulary import doi, table

HERE = Path(__file__).parent
LONGEST = 2_000
"""Characters of the longest address that is read; what is longer names nothing."""
_MEANT = frozenset({"id", "pageid", "persistentid", "project", "projectid"})
"""Parameters of a page's address that say which page it is."""
_VERSION = re.compile(r"\.v([0-9][0-9a-z.]{0,20})$")
_RUN = re.compile(r"[^a-z0-9]+")


@cache
def _patterns() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    patterns: dict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
    for row in table.rows(HERE / "addresses.csv", ("scheme", "domain", "pattern")):
        patterns[row["domain"]].append((row["scheme"], re.compile(row["pattern"])))
    return dict(patterns)


@cache
def _papers(kind: str) -> frozenset[str]:
    rows = table.rows(HERE / "papers.csv", ("kind", "value"))
    return frozenset(row["value"] for row in rows if row["kind"] == kind)


@cache
def roles() -> dict[str, dict[str, str]]:
    """What is known of a source's records: role, scheme of its local ids, of its short names."""
    columns = ("source", "role", "local_id", "short_name")
    return {row["source"]: row for row in table.rows(HERE / "sources.csv", columns)}


def of_doi(raw: str | None) -> list[str]:
    """The addresses of a DOI: itself, and the accession of all its versions; none of a paper."""
    bare = doi.normalise(raw) if raw and len(raw) <= LONGEST else None
    if bare is None or bare.partition("/")[0] in _papers("prefix"):
        return []
    return [f"doi:{bare}", *_matches("doi", bare)]


def of_url(raw: str | None) -> list[str]:
    """The addresses of a page: an accession if its repository is known; none of a paper."""
    if not raw or len(raw) > LONGEST or any(character.isspace() for character in raw):
        return []
    try:
        parts = urlsplit(raw)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return []
    if parts.scheme not in ("http", "https") or "." not in host or host in _papers("host"):
        return []
    if host.endswith("doi.org"):
        return of_doi(raw)
    asked = [(name.lower(), value) for name, value in parse_qsl(parts.query)]
    for name, value in asked:
        if name == "persistentid" and (found := of_doi(value)):
            return found
    path = unquote(parts.path).lower().rstrip("/").removesuffix("/index.html")
    whole = f"{host}{path}?{parts.query.lower()}#{parts.fragment.lower()}"
    domain = ".".join(host.split(".")[-2:])
    if found := _matches(domain, whole):
        return found[:1]
    kept = "&".join(f"{name}={value.lower()}" for name, value in sorted(asked) if name in _MEANT)
    return [f"url:{host}{path}" + (f"?{kept}" if kept else "")]


def of_record(dataset: Dataset) -> list[str]:
    """Every address that says which dataset this is, the DOI's first, each once.

    What lies in `distributions` and `related` says where parts and others are, and is left out.
    """
    role = roles().get(dataset.source, {})
    found = of_doi(dataset.doi)
    if scheme := role.get("local_id"):
        found.append(f"{scheme}:{dataset.id.partition(':')[2].lower()}")
    for identifier in dataset.identifiers:
        scheme, value = identifier.scheme.lower(), identifier.value.strip().lower()
        if len(value) > LONGEST:
            continue
        if scheme == "doi":
            found += of_doi(value)
        elif scheme == "url":
            found += of_url(value)
        elif scheme == "short_name" and role.get("short_name"):
            found.append(f"{role['short_name']}:{_RUN.sub('-', value).strip('-')}")
        elif scheme in _schemes():
            found.append(f"{scheme}:{value}")
    found += of_url(dataset.landing_url)
    return list(dict.fromkeys(found))


def version(dataset: Dataset) -> str | None:
    """The version that the record's DOI is of, e.g. "1.0.2"; None if it names none."""
    match = _VERSION.search(dataset.doi or "")
    return match[1] if match else None


@cache
def _schemes() -> frozenset[str]:
    return frozenset(scheme for rows in _patterns().values() for scheme, _ in rows)


def _matches(domain: str, text: str) -> list[str]:
    return [
        f"{scheme}:{'/'.join(match.groups())}"
        for scheme, pattern in _patterns().get(domain, ())
        if (match := pattern.search(text))
    ]
