"""What a dataset's page tells machines: embedded, in links of its header, and as files."""

from __future__ import annotations

import json
import re
from typing import Any

import extruct
import httpx
import pytest
from datacite import schema45

from schemas.exports.formats import FORMATS
from tests.schemas.made_up import NASTY
from tests.site.rendered import dataset_page

PAGE = "/dataset/idc:prostatex"
LINK = re.compile(r'<([^<>\s]+)>; rel="([a-z-]+)"(?:; type="([^"]+)")?')


def links(answer: httpx.Response) -> list[tuple[str, ...]]:
    return LINK.findall(answer.headers["link"])


def embedded(html: str) -> dict[str, Any]:
    (record,) = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    return dict(record)


def test_a_page_embeds_schema_org_that_an_independent_reader_finds(server: str) -> None:
    record = embedded(httpx.get(server + PAGE).text)
    assert record["@context"] == {"@vocab": "https://schema.org/"}
    assert record["@type"] == "Dataset"
    assert record["name"] == "SPIE-AAPM PROSTATEx Challenge Data"
    assert record["mainEntityOfPage"] == server + PAGE
    assert record["includedInDataCatalog"]["url"] == f"{server}/"
    assert "https://creativecommons.org/licenses/by/3.0/" in record["license"]


@pytest.mark.parametrize("title", NASTY)
def test_a_hostile_title_stays_in_its_block(title: str) -> None:
    page = dataset_page(title=title)
    assert "alert(1)</script>" not in page
    assert page.count("</script>") == 2
    told = embedded(page)["name"]
    assert " ".join(told.split(" ")) == " ".join(filter(None, title.split(" ")))


def test_every_link_of_the_header_to_a_record_leads_there(server: str) -> None:
    told = links(httpx.get(server + PAGE))
    assert {relation for _, relation, _ in told} == {"type", "cite-as", "describedby", "license"}
    records = {url: kind for url, relation, kind in told if relation == "describedby"}
    assert len(records) == len(FORMATS)
    for url, kind in records.items():
        answer = httpx.get(url)
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == kind
        assert links(answer) == [(server + PAGE, "describes", "text/html")]


def test_a_page_links_to_its_records_for_people_too(server: str) -> None:
    html = httpx.get(server + PAGE).text
    for name in FORMATS:
        assert f'<a href="{server}{PAGE}?format={name}">' in html


def test_the_served_datacite_is_valid_and_its_bibtex_is_a_file(server: str) -> None:
    told = httpx.get(f"{server}{PAGE}?format=datacite").json()
    assert [*schema45.validator.iter_errors(told)] == []
    answer = httpx.get(f"{server}{PAGE}?format=bibtex")
    assert answer.headers["content-disposition"] == 'inline; filename="idc_prostatex.bib"'
    assert answer.text.startswith("@misc{idc:prostatex,")


def test_the_record_itself_is_served_as_json(server: str) -> None:
    assert json.loads(httpx.get(f"{server}{PAGE}?format=json").text)["id"] == "idc:prostatex"


def test_an_unknown_format_and_an_unknown_dataset_are_refused(server: str) -> None:
    answer = httpx.get(f"{server}{PAGE}?format=xml")
    assert answer.status_code == 400
    assert "Use one of: datacite, schema.org, bibtex, ris" in answer.text
    assert httpx.get(f"{server}/dataset/idc:none?format=ris").status_code == 404


def test_a_page_not_changed_still_tells_its_links(server: str) -> None:
    first = httpx.get(server + PAGE)
    again = httpx.get(server + PAGE, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert links(again) == links(first)


def test_a_host_that_a_client_made_up_cannot_break_out_of_the_page(server: str) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = httpx.get(server + PAGE, headers={"Host": hostile})
    assert "<script>alert" not in answer.text
    assert "<script>" not in answer.headers.get("link", "")


def test_every_dataset_can_be_cited_even_where_nobody_says_how() -> None:
    page = dataset_page(landing_url="https://example.org/1")
    assert "One [Data set] (n.d.). https://example.org/1</blockquote>" in page
    assert "the publisher states no citation and no DOI." in page
    assert "?format=bibtex" in page
