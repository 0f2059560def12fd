"""What registries say of a DOI is read for what it is, and no more than that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters.doi.records import (
    CROSSREF_KEPT,
    DATACITE_KEPT,
    crossref,
    datacite,
    trimmed_crossref,
    trimmed_datacite,
)
from tests.emulators.crossref import work
from tests.emulators.datacite import recorded

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
CC_BY = {
    "rights": "Creative Commons Attribution 4.0 International",
    "rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode",
    "rightsIdentifier": "cc-by-4.0",
    "rightsIdentifierScheme": "SPDX",
}
NOTE = {"rights": "Open Access", "rightsUri": "info:eu-repo/semantics/openAccess"}


def attributes(doi: str) -> dict[str, Any]:
    (found,) = [one["attributes"] for one in recorded() if one["id"] == doi]
    return dict(found)


def test_a_recorded_dataset_is_read_whole() -> None:
    told = datacite(attributes("10.7937/k9/tcia.2016.eln8ygle"))
    assert told["creators"][0].name == "Hugo, Geoffrey D."
    assert told["creators"][3].orcid == "0000-0003-0756-8953"
    assert (told["publisher"], told["year"]) == ("The Cancer Imaging Archive", 2016)
    assert (told["licence"], told["citations"]) == ("CC-BY-3.0", 48)
    assert told["licence_raw"] == "Creative Commons Attribution 3.0 Unported"
    assert told["title"] == "Data from 4D Lung Imaging of NSCLC Patients"


def test_citing_works_are_counted_and_not_listed() -> None:
    told = datacite(attributes("10.7937/k9/tcia.2016.eln8ygle"))
    assert "related" not in told
    kept = trimmed_datacite(attributes("10.7937/k9/tcia.2016.eln8ygle"))
    assert kept["relatedIdentifiers"] == []


def test_without_a_count_the_citing_works_are_counted_once_and_for_all() -> None:
    said = {**attributes("10.7937/k9/tcia.2016.eln8ygle"), "citationCount": None}
    assert datacite(said)["citations"] == 5
    assert datacite(trimmed_datacite(said))["citations"] == 5


def test_reading_what_was_kept_gives_the_same_again() -> None:
    for record in recorded():
        said = record["attributes"]
        assert datacite(trimmed_datacite(said)) == datacite(said)
        assert set(trimmed_datacite(said)) <= set(DATACITE_KEPT)


def test_funders_are_named_once() -> None:
    told = datacite(attributes("10.5063/f1m61h5x"))
    assert "National Science Foundation" in told["funders"]
    assert len(told["funders"]) == len(set(told["funders"]))


@pytest.mark.parametrize(
    ("rights", "licence", "raw"),
    [
        ([CC_BY], "CC-BY-4.0", CC_BY["rights"]),
        ([CC_BY, NOTE], "CC-BY-4.0", CC_BY["rights"]),
        ([{"rightsUri": CC_BY["rightsUri"]}], "CC-BY-4.0", CC_BY["rightsUri"]),
        ([{"rights": "Our licence"}], None, "Our licence"),
        ([CC_BY, {"rights": "Our licence"}], None, f"{CC_BY['rights']}; Our licence"),
        ([{**CC_BY, "rightsIdentifier": "cc0-1.0"}], None, CC_BY["rights"]),
        ([NOTE], None, None),
        ([{"rights": None, "rightsUri": None}], None, None),
        ([], None, None),
        (None, None, None),
    ],
)
def test_a_licence_is_certain_only_if_everything_means_the_same(
    rights: Any, licence: str | None, raw: str | None
) -> None:
    told = datacite({"rightsList": rights})
    assert (told.get("licence"), told.get("licence_raw")) == (licence, raw)


@pytest.mark.parametrize(
    ("raw", "orcid"),
    [
        ("https://orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097"),
        ("0000-0002-1694-233x", "0000-0002-1694-233X"),
        ("0000-0002-1825-0098", None),
        ("jane.doe@example.org", None),
        (7, None),
    ],
)
def test_an_orcid_is_bare_and_its_check_digit_holds(raw: Any, orcid: str | None) -> None:
    (creator,) = datacite(
        {"creators": [{"name": "A", "nameIdentifiers": [{"nameIdentifier": raw}]}]}
    )["creators"]
    assert creator.orcid == orcid


def test_a_publisher_may_be_an_object() -> None:
    assert datacite({"publisher": {"name": "Zenodo"}})["publisher"] == "Zenodo"


def test_an_alternative_title_is_not_the_title() -> None:
    titles = [{"title": "4D-Lung", "titleType": "AlternativeTitle"}, {"title": "Scans"}]
    assert datacite({"titles": titles})["title"] == "Scans"


def test_e_mail_addresses_do_not_stay_in_what_is_kept() -> None:
    said = {
        "descriptions": [{"description": "Ask a.b@example.org", "descriptionType": "Abstract"}],
        "creators": [{"name": "A", "affiliation": ["B, a.b@example.org"]}],
    }
    assert "example.org" not in str(trimmed_datacite(said))
    kept = trimmed_crossref(work("10.1000/a"))
    assert "example.org" not in str(kept["abstract"])
    assert kept["abstract"] == "Scans. Ask [e-mail removed]"


def test_a_work_of_crossref_is_read_whole() -> None:
    told = crossref(work("10.1000/a"))
    assert [(one.name, one.orcid) for one in told["creators"]] == [
        ("Carberry, Josiah", "0000-0002-1825-0097"),
        ("The Imaging Group", None),
    ]
    assert (told["year"], told["licence"], told["citations"]) == (2024, "CC-BY-4.0", 12)
    assert told["funders"] == ["A foundation"]
    (related,) = told["related"]
    assert (related.relation, related.scheme, related.value) == (
        "IsSupplementTo",
        "DOI",
        "10.1000/paper",
    )
    assert set(trimmed_crossref(work("10.1000/a"))) == set(CROSSREF_KEPT)


@pytest.mark.parametrize("parts", [[[None]], [[]], [], None, [["soon"]], [[0]]])
def test_a_date_of_nothing_is_unknown(parts: Any) -> None:
    assert "year" not in crossref({"issued": {"date-parts": parts}})


def test_a_relation_that_datacite_has_no_word_for_is_left_out() -> None:
    relation = {"is-preprint-of": [{"id-type": "doi", "id": "10.1000/b"}]}
    assert "related" not in crossref({"relation": relation})


def test_an_absent_key_and_a_null_one_mean_the_same() -> None:
    assert datacite({}) == datacite(dict.fromkeys(DATACITE_KEPT)) == {}
    assert crossref({}) == crossref(dict.fromkeys(CROSSREF_KEPT)) == {}


@given(st.dictionaries(st.sampled_from(DATACITE_KEPT), JSON))
def test_no_shape_of_a_datacite_record_raises(said: dict[str, Any]) -> None:
    assert datacite(trimmed_datacite(said)).keys() <= datacite(said).keys() | {"citations"}


@given(st.dictionaries(st.sampled_from(CROSSREF_KEPT), JSON))
def test_no_shape_of_a_crossref_work_raises(said: dict[str, Any]) -> None:
    assert crossref(trimmed_crossref(said)) == crossref(said)


@pytest.mark.parametrize("trimmed", [trimmed_datacite, trimmed_crossref])
def test_every_text_that_is_kept_is_plain_and_names_no_address(trimmed: Any) -> None:
    text = "<b>Ask</b> jane@example.org"
    person = {"name": text, "given": text, "family": text}
    said: dict[str, Any] = {
        "titles": [{"title": text}],
        "title": [text],
        "publisher": {"name": text},
        "creators": [person],
        "author": [person],
        "rightsList": [{"rights": text, "rightsUri": "https://x.org/?by=jane@example.org"}],
        "license": [{"URL": "https://x.org/?by=jane@example.org"}],
        "fundingReferences": [{"funderName": text}],
        "funder": [{"name": text}],
        "abstract": text,
        "descriptions": [{"description": text}],
    }
    kept = str(trimmed(said))
    assert "Ask [e-mail removed]" in kept
    assert "<b>" not in kept
    assert "example.org" not in kept


def test_identifiers_are_kept_letter_by_letter() -> None:
    odd = "10.1002/(sici)1096-8644(199601)99:1<1::aid-ajpa1>3.0.co;2-1"
    assert trimmed_datacite({"doi": odd})["doi"] == odd
    assert trimmed_crossref({"DOI": odd})["DOI"] == odd


@pytest.mark.parametrize("relation", [["Cites"], {"a": 1}, 7])
def test_a_relation_that_is_no_text_is_left_out(relation: Any) -> None:
    one = {
        "relationType": relation,
        "relatedIdentifierType": "DOI",
        "relatedIdentifier": "10.1000/a",
    }
    assert datacite({"relatedIdentifiers": [one]}) == {}
