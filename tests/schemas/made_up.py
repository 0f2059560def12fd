"""Datasets with values that no repository would give, for the tests of exports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from schemas.dataset import MOST, Access, Dataset, Status

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NASTY = (
    "</script><script>alert(1)</script>",
    r"{\input{/etc/passwd}}",
    "one\r\nER  - \r\nTY  - JOUR\r\nTI  - another",
    'a "quoted" & 100 % {half # of_it $x$ ~ ^ \\',
    "``a'' -- b --- c ,,d'' ?` !` << >> |",
    "Tumour à l’œil 🧠 \u202e evil \u2028 line \x00\x1b[31m",
    "}, title = {Other}, note = {x",
    "@string{x = 1}",
    "a*b and c",
)


def dataset(**fields: Any) -> Dataset:
    """A dataset of `fields`, and of the least that one must have."""
    least = {"id": "x:1", "source": "x", "kind": "dataset", "title": "One", "retrieved": NOW}
    return Dataset.model_validate({**least, **fields})


_text = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
)
_texts = st.lists(_text, max_size=3)
_url = st.one_of(
    st.none(), _text, st.sampled_from(["https://example.org/a b?c={d}#<e>", "javascript:alert(1)"])
)
_doi = st.one_of(st.none(), _text, st.sampled_from(["10.1234/abc", "10.1234/a{b}%\\<c>"]))
_licence = st.one_of(
    st.none(),
    _text,
    st.sampled_from(["CC-BY-4.0", "CC-BY-3.0 AND CC0-1.0", "GPL-2.0-only WITH GCC-exception-2.0"]),
)
_count = st.one_of(st.none(), st.integers(0, MOST))
_time = st.one_of(st.none(), st.datetimes(timezones=st.just(UTC)))
_access = st.one_of(st.none(), st.sampled_from(Access))
_related = st.fixed_dictionaries(
    {
        "relation": st.one_of(_text, st.sampled_from(["IsDescribedBy", "IsDerivedFrom"])),
        "scheme": st.one_of(_text, st.sampled_from(["DOI", "arxiv", "fairscan", "PMID"])),
        "value": _text,
    }
)
_part = st.fixed_dictionaries(
    {
        "route": st.one_of(_text, st.sampled_from(["https", "s3", "git"])),
        "title": st.one_of(st.none(), _text),
        "url": _url,
        "doi": _doi,
        "licence": _licence,
        "licence_raw": st.one_of(st.none(), _text),
        "licence_url": _url,
        "access": _access,
        "format": st.one_of(st.none(), _text),
        "bytes": _count,
        "checksum": st.one_of(st.none(), _text),
    }
)
_term = st.fixed_dictionaries(
    {
        "label": _text,
        "code": st.one_of(st.none(), _text, st.just("MONDO:0005148")),
        "system": st.one_of(st.none(), _text, st.sampled_from(["SCT", "NCIt", "MONDO"])),
    }
)
_creator = st.fixed_dictionaries(
    {"name": _text, "orcid": st.one_of(st.none(), _text, st.just("0000-0002-1825-0097"))}
)

datasets = st.builds(
    dataset,
    id=st.from_regex(r"[a-z][a-z0-9_]{0,8}:[^\s\x00-\x1f\x7f-\x9f]{1,20}", fullmatch=True),
    title=_text,
    kind=_text,
    description=st.one_of(st.none(), _text),
    landing_url=_url,
    version=st.one_of(st.none(), _text),
    doi=_doi,
    identifiers=st.lists(st.fixed_dictionaries({"scheme": _text, "value": _text}), max_size=2),
    licence=_licence,
    licence_raw=st.one_of(st.none(), _text),
    licence_url=_url,
    licence_assumed=st.booleans(),
    access=_access,
    modalities=st.lists(st.one_of(_text, st.sampled_from(["MR", "SEG"])), max_size=3),
    body_parts=st.lists(_term, max_size=2),
    conditions=st.lists(_term, max_size=2),
    species=_texts,
    tasks=_texts,
    annotation_kinds=_texts,
    formats=_texts,
    subjects=_count,
    studies=_count,
    series=_count,
    images=_count,
    bytes=_count,
    creators=st.lists(_creator, max_size=3),
    publisher=st.one_of(st.none(), _text),
    year=st.one_of(st.none(), st.integers(-10, 99999)),
    funders=_texts,
    created=_time,
    published=_time,
    modified=_time,
    withdrawn=_time,
    status=st.sampled_from(Status),
    related=st.lists(_related, max_size=3),
    distributions=st.lists(_part, max_size=2),
    derived_from=st.lists(st.just("x:2"), max_size=1),
)
