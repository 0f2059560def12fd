"""schema.org JSON-LD is read back by an RDF library, with no context fetched from anywhere."""

from __future__ import annotations

import json
import warnings
from typing import Any

import rdflib
from hypothesis import given, settings

from schemas.dataset import Dataset
from schemas.exports.formats import FORMATS
from schemas.exports.schema_org import schema_org
from tests.schemas.made_up import dataset, datasets

SDO = rdflib.Namespace("https://schema.org/")


def page_of(dataset_id: str) -> str:
    return f"https://scans.example/dataset/{dataset_id}"


def graph(record: dict[str, Any]) -> rdflib.Graph:
    with warnings.catch_warnings():  # rdflib's parser uses a class of rdflib that it deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        return rdflib.Graph().parse(data=json.dumps(record), format="json-ld")


@settings(deadline=None, max_examples=40)
@given(datasets)
def test_any_dataset_is_read_back_with_its_title(record: Dataset) -> None:
    told = json.loads(FORMATS["schema.org"].write(record, page_of))
    read = graph(told)
    (node,) = read.subjects(rdflib.RDF.type, SDO.Dataset)
    assert str(read.value(node, SDO.name)) == record.title


def test_the_core_of_a_citation_is_there() -> None:
    record = dataset(
        title="Brain", description="Scans", doi="10.1234/abc", publisher="P", year=2020,
        creators=[{"name": "Doe, Jo", "orcid": "0000-0002-1825-0097"}], modalities=["MR"],
        licence="CC-BY-4.0", access="open", landing_url="https://example.org/1",
        distributions=[{"route": "https", "url": "https://example.org/f.zip", "bytes": 5,
                        "format": "application/zip"},
                       {"route": "aspera", "url": "https://example.org/get"}],
    )  # fmt: skip
    read = graph(schema_org(record, page_of, catalogue="https://scans.example/"))
    node = rdflib.URIRef("https://doi.org/10.1234/abc")
    assert str(read.value(node, SDO.description)) == "Scans"
    assert str(read.value(node, SDO.datePublished)) == "2020"
    assert str(read.value(node, SDO.license)) == "https://creativecommons.org/licenses/by/4.0/"
    assert str(read.value(node, SDO.sameAs)) == "https://example.org/1"
    assert read.value(node, SDO.isAccessibleForFree).toPython() is True
    creator = read.value(node, SDO.creator)
    assert creator == rdflib.URIRef("https://orcid.org/0000-0002-1825-0097")
    assert str(read.value(read.value(node, SDO.publisher), SDO.name)) == "P"
    catalogue = read.value(node, SDO.includedInDataCatalog)
    assert str(read.value(catalogue, SDO.url)) == "https://scans.example/"
    parts = {str(read.value(p, SDO.contentUrl)): p for p in read.objects(node, SDO.distribution)}
    assert set(parts) == {"https://example.org/f.zip", "None"}
    assert str(read.value(parts["https://example.org/f.zip"], SDO.contentSize)) == "5 B"
    assert str(read.value(read.value(node, SDO.measurementTechnique), SDO.termCode)) == "MR"


def test_what_is_not_known_is_left_out() -> None:
    told = schema_org(dataset())
    assert set(told) == {"@context", "@type", "name", "identifier", "sdDatePublished"}


def test_data_that_must_be_applied_for_is_not_called_free() -> None:
    told = schema_org(dataset(access="controlled"))
    assert "isAccessibleForFree" not in told
    assert told["conditionsOfAccess"][0] == "restricted access"


def test_only_addresses_of_the_web_are_addresses() -> None:
    told = schema_org(
        dataset(
            landing_url="javascript:alert(1)",
            licence_raw="Ours",
            licence_url="data:text/html,x",
            distributions=[{"route": "https", "url": "file:///etc/passwd", "title": "f"}],
        )
    )
    assert "url" not in told
    assert told["license"] == [{"@type": "CreativeWork", "name": "Ours"}]
    assert told["distribution"] == [{"@type": "DataDownload", "name": "f"}]


def test_what_it_derives_from_and_the_papers_on_it_are_told_apart() -> None:
    record = dataset(
        derived_from=["x:2"],
        related=[
            {"relation": "IsDerivedFrom", "scheme": "DOI", "value": "10.1234/q"},
            {"relation": "IsDescribedBy", "scheme": "arXiv", "value": "arXiv:1911.08434"},
            {"relation": "IsCitedBy", "scheme": "DOI", "value": "10.1234/r"},
        ],
    )
    told = schema_org(record, page_of)
    assert told["isBasedOn"] == [
        "https://doi.org/10.1234/q",
        "https://scans.example/dataset/x:2",
    ]
    assert [work["url"] for work in told["citation"]] == ["https://arxiv.org/abs/1911.08434"]


def test_modalities_that_make_no_image_are_no_technique_of_measurement() -> None:
    told = schema_org(dataset(modalities=["CT", "SEG", "SR"]))
    assert [term["termCode"] for term in told["measurementTechnique"]] == ["CT"]


def test_the_same_dataset_elsewhere_is_named() -> None:
    told = schema_org(dataset(), page_of, elsewhere=["y:1"])
    assert told["sameAs"] == ["https://scans.example/dataset/y:1"]
