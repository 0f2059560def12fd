"""The links of a page's header lead to its DOI, its records, its licence, its authors and files."""

from __future__ import annotations

import re

from hypothesis import given, settings

from schemas.dataset import Dataset
from schemas.exports.address import uri
from schemas.exports.signposting import links
from tests.schemas.made_up import dataset, datasets

FORMATS = {"https://scans.example/dataset/x:1?format=ris": "application/x-ris"}
LINK = r'<([^<>\s]+)>; rel="([a-z-]+)"(?:; type="([^"]+)")?'


def parsed(header: str) -> list[tuple[str, str, str]]:
    return re.findall(LINK, header)


@settings(deadline=None, max_examples=60)
@given(datasets)
def test_any_header_is_ascii_well_formed_and_of_bounded_length(record: Dataset) -> None:
    header = links(record, FORMATS)
    assert header.isascii() and header.isprintable()
    assert re.fullmatch(rf"{LINK}(, {LINK})*", header)


def test_each_relation_is_there() -> None:
    record = dataset(
        doi="10.1234/abc", licence="CC-BY-4.0",
        creators=[{"name": "Doe", "orcid": "0000-0002-1825-0097"}, {"name": "Roe"}],
        distributions=[{"route": "https", "url": "https://example.org/f", "format": "text/csv"},
                       {"route": "page", "url": "https://example.org/page"},
                       {"route": "s3", "url": "s3://bucket/"}],
    )  # fmt: skip
    told = parsed(links(record, FORMATS))
    assert told == [
        ("https://schema.org/Dataset", "type", ""),
        ("https://schema.org/AboutPage", "type", ""),
        ("https://doi.org/10.1234/abc", "cite-as", ""),
        ("https://scans.example/dataset/x:1?format=ris", "describedby", "application/x-ris"),
        ("https://creativecommons.org/licenses/by/4.0/", "license", ""),
        ("https://orcid.org/0000-0002-1825-0097", "author", ""),
        ("https://example.org/f", "item", "text/csv"),
    ]


def test_a_thousand_files_do_not_make_a_header_that_proxies_refuse() -> None:
    parts = [{"route": "https", "url": f"https://example.org/{'x' * 300}/{at}"}
             for at in range(1000)]  # fmt: skip
    assert len(links(dataset(distributions=parts), FORMATS)) < 8000
    one = [{"route": "https", "url": f"https://example.org/{'x' * 9000}"}]
    assert len(links(dataset(distributions=one), FORMATS)) < 8000


def test_an_address_cannot_leave_its_brackets_or_its_line() -> None:
    assert uri('https://e.org/a>; rel="x"\r\nSet-Cookie: a=b') == (
        "https://e.org/a%3E;%20rel=%22x%22%0D%0ASet-Cookie:%20a=b"
    )
    assert uri("https://e.org/50%25 and 50%") == "https://e.org/50%25%20and%2050%25"
    for none in ("javascript:alert(1)", "https://", "https://a b/", "//e.org", "", None):
        assert uri(none) is None
