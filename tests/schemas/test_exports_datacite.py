"""Every record is valid DataCite 4.5; what is not known is said to be so, never made up."""

from __future__ import annotations

import json

from datacite import schema45
from hypothesis import given, settings

from schemas.dataset import Dataset
from schemas.exports.datacite import datacite
from schemas.exports.formats import FORMATS
from tests.schemas.made_up import dataset, datasets


def page_of(dataset_id: str) -> str:
    return f"https://scans.example/dataset/{dataset_id}"


def faults(record: Dataset) -> list[str]:
    written = json.loads(FORMATS["datacite"].write(record, page_of))
    return [error.message for error in schema45.validator.iter_errors(written)]


@settings(deadline=None, max_examples=60)
@given(datasets)
def test_any_dataset_is_valid_datacite(record: Dataset) -> None:
    assert faults(record) == []


def test_the_validator_refuses_what_is_not_datacite() -> None:
    wrong = {**datacite(dataset()), "publicationYear": ":unav"}
    assert [*schema45.validator.iter_errors(wrong)]
    assert [*schema45.validator.iter_errors({**datacite(dataset()), "creators": []})]


def test_what_is_mandatory_and_unknown_has_datacites_own_value() -> None:
    record = datacite(dataset())
    assert record["creators"] == [{"name": ":unav"}]
    assert record["publisher"] == {"name": ":unav"}
    assert record["publicationYear"] == "0000"
    assert not {"doi", "version", "sizes", "rightsList", "dates", "descriptions"} & set(record)


def test_a_dataset_without_doi_is_identified_by_its_address_and_its_other_identifiers() -> None:
    told = datacite(
        dataset(
            landing_url="https://example.org/1",
            identifiers=[{"scheme": "accession", "value": "ds1"}],
        ),
        page_of,
    )
    assert "doi" not in told
    assert told["url"] == "https://example.org/1"
    assert [i["alternateIdentifier"] for i in told["alternateIdentifiers"]] == [
        "ds1", "x:1", "https://example.org/1", "https://scans.example/dataset/x:1",
    ]  # fmt: skip
    assert datacite(dataset(), page_of)["url"] == "https://scans.example/dataset/x:1"


def test_a_doi_that_is_none_is_not_sent_as_one() -> None:
    assert "doi" not in datacite(dataset(doi="not a doi"))
    assert datacite(dataset(doi="10.1234/abc"))["doi"] == "10.1234/abc"


def test_a_certain_licence_has_its_spdx_identifier_and_an_assumed_one_has_none() -> None:
    (certain,) = datacite(dataset(licence="CC-BY-4.0"))["rightsList"]
    assert certain["rightsIdentifier"] == "CC-BY-4.0"
    assert certain["rightsUri"] == "https://creativecommons.org/licenses/by/4.0/"
    (assumed,) = datacite(dataset(licence="CC0-1.0", licence_assumed=True))["rightsList"]
    assert assumed == {"rights": "CC0-1.0 (assumed from the terms of the repository)"}
    (raw,) = datacite(dataset(licence_raw="Ask us", licence_url="javascript:x"))["rightsList"]
    assert raw == {"rights": "Ask us"}


def test_each_licence_of_an_expression_is_named_but_not_one_with_an_exception() -> None:
    both = datacite(dataset(licence="CC-BY-3.0 AND CC-BY-4.0"))["rightsList"]
    assert [right["rightsIdentifier"] for right in both] == ["CC-BY-3.0", "CC-BY-4.0"]
    (excepted,) = datacite(dataset(licence="GPL-2.0-only WITH GCC-exception-2.0"))["rightsList"]
    assert "rightsIdentifier" not in excepted


def test_a_licence_never_has_the_address_of_another() -> None:
    url = "https://creativecommons.org/licenses/by/3.0/"
    (right,) = datacite(dataset(licence="CC-BY-NC-3.0", licence_url=url))["rightsList"]
    assert right["rightsUri"] == "https://creativecommons.org/licenses/by-nc/3.0/"


def test_ids_of_this_catalogue_become_pages_or_are_left_out() -> None:
    record = dataset(
        related=[
            {"relation": "IsPartOf", "scheme": "fairscan", "value": "x:9"},
            {"relation": "IsDescribedBy", "scheme": "doi", "value": "10.1234/p"},
            {"relation": "Likes", "scheme": "DOI", "value": "10.1234/q"},
        ],
        derived_from=["x:2"],
    )
    told = [(r["relationType"], r["relatedIdentifierType"], r["relatedIdentifier"])
            for r in datacite(record, page_of)["relatedIdentifiers"]]  # fmt: skip
    assert told == [
        ("IsPartOf", "URL", "https://scans.example/dataset/x:9"),
        ("IsDescribedBy", "DOI", "10.1234/p"),
        ("IsDerivedFrom", "URL", "https://scans.example/dataset/x:2"),
    ]
    assert len(datacite(record)["relatedIdentifiers"]) == 1


def test_only_a_creator_with_an_orcid_is_called_a_person() -> None:
    creators = [{"name": "Doe, Jo", "orcid": "0000-0002-1825-0097"}, {"name": "Some Group"}]
    person, group = datacite(dataset(creators=creators))["creators"]
    assert person["nameType"] == "Personal"
    assert (person["familyName"], person["givenName"]) == ("Doe", "Jo")
    assert person["nameIdentifiers"][0]["nameIdentifier"] == "https://orcid.org/0000-0002-1825-0097"
    assert group == {"name": "Some Group"}


def test_zero_is_a_size_and_unknown_is_none() -> None:
    assert datacite(dataset(subjects=1, series=0))["sizes"] == ["1 subject", "0 series"]


def test_a_coded_word_has_the_address_of_its_concept() -> None:
    terms = [{"label": "Glioma", "code": "MONDO:0021042", "system": "MONDO"}]
    modality, condition = datacite(dataset(modalities=["MR"], conditions=terms))["subjects"]
    assert modality["valueUri"] == "http://dicom.nema.org/resources/ontology/DCM/MR"
    assert condition["valueUri"] == "http://purl.obolibrary.org/obo/MONDO_0021042"
