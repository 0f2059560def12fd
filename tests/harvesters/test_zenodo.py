"""Data that challenges keep at Zenodo: licence, files and checksums, or an honest unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harvesters.base import harvester_for
from harvesters.grand_challenge import zenodo
from harvesters.registry import load_sources
from schemas.dataset import Access, Dataset, Method
from schemas.errors import RecordError, SourceError
from tests.emulators.grand_challenge import GrandChallenge, packaged
from tests.emulators.zenodo import Zenodo, record

DOI = "https://doi.org/10.5281/zenodo."


def harvested(shelf: Zenodo, folder: Path, *publications: str, slug: str = "mine") -> Dataset:
    """A challenge with these publications, as it comes out of a harvest."""
    row = {**packaged()[0], "slug": slug, "publications": list(publications)}
    with GrandChallenge([row], []) as repo:
        source = load_sources()["grand_challenge"].model_copy(
            update={
                "base_url": repo.url,
                "services": {"zenodo": shelf.url},
                "requests_per_second": 1000.0,
            }
        )
        (found,) = harvester_for(source).harvest(folder).records
        return found.build()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10.5281/zenodo.123", "123"),
        ("https://doi.org/10.5281/ZENODO.123", "123"),
        ("https://zenodo.org/record/123#.XvBr7", "123"),
        ("https://zenodo.org/records/123", "123"),
        ("10.5281/zenodo.123v2", None),
        ("10.1016/j.media.2010.05.005", None),
        ("https://zenodo.org.example.org/records/123", None),
    ],
)
def test_a_zenodo_record_is_known_by_its_number(text: str, number: str | None) -> None:
    assert zenodo.number(text) == number


def test_each_file_of_a_dataset_can_be_obtained_and_checked(tmp_path: Path) -> None:
    data = record(7, files=(("train.zip", 10), ("labels.csv", 0)))
    with Zenodo(data) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}7")
    first, second = dataset.distributions
    assert (first.route, first.title, first.bytes, first.doi) == (
        "https",
        "train.zip",
        10,
        "10.5281/zenodo.7",
    )
    assert first.url == "https://zenodo.org/api/records/7/files/train.zip/content"
    assert first.checksum == data["files"][0]["checksum"]
    assert (first.licence, first.licence_raw) == ("CC-BY-4.0", "cc-by-4.0")
    assert second.bytes == 0


def test_licence_and_access_of_a_challenge_are_those_of_its_data(tmp_path: Path) -> None:
    with Zenodo(record(7)) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}7")
    assert (dataset.licence, dataset.access) == ("CC-BY-4.0", Access.OPEN)
    for name in ("licence", "access", "distributions"):
        told = dataset.provenance[name]
        assert (told.source, told.method) == ("zenodo", Method.DERIVED)


def test_data_are_a_part_of_the_challenge_and_its_proposal_is_a_document(tmp_path: Path) -> None:
    with Zenodo(record(7), record(9, kind="publication")) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}7", f"{DOI}9")
    assert [(one.relation, one.value) for one in dataset.related] == [
        ("HasPart", "10.5281/zenodo.7"),
        ("IsDocumentedBy", "10.5281/zenodo.9"),
    ]
    assert {part.doi for part in dataset.distributions} == {"10.5281/zenodo.7"}


def test_a_concept_leads_to_its_newest_version(tmp_path: Path) -> None:
    with Zenodo(record(7, concept=6), record(8, concept=6)) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}6")
    assert [part.doi for part in dataset.distributions] == ["10.5281/zenodo.8"]
    assert [(one.relation, one.value) for one in dataset.related] == [
        ("HasPart", "10.5281/zenodo.6"),
        ("HasPart", "10.5281/zenodo.8"),
    ]


def test_a_record_named_twice_is_listed_once(tmp_path: Path) -> None:
    with Zenodo(record(8, concept=6)) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}6", f"{DOI}8")
    assert len(dataset.distributions) == 1


def test_a_restricted_record_has_no_files_and_is_had_on_request(tmp_path: Path) -> None:
    with Zenodo(record(7, access="restricted")) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}7")
    (part,) = dataset.distributions
    assert (part.url, part.bytes, part.checksum, part.doi) == (None, None, None, "10.5281/zenodo.7")
    assert dataset.access is Access.REQUEST


def test_records_that_disagree_leave_licence_and_access_unknown(tmp_path: Path) -> None:
    closed = record(8, licence="cc-by-nc-4.0", access="embargoed")
    with Zenodo(record(7), closed) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}7", f"{DOI}8")
    assert (dataset.licence, dataset.licence_raw, dataset.access) == (None, None, None)
    assert [part.licence for part in dataset.distributions] == ["CC-BY-4.0", "CC-BY-NC-4.0"]


def test_a_licence_that_names_no_terms_is_kept_as_written(tmp_path: Path) -> None:
    with Zenodo(record(7, licence="other-open")) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}7")
    assert (dataset.licence, dataset.licence_raw) == (None, "other-open")


def test_a_record_without_a_licence_has_none(tmp_path: Path) -> None:
    with Zenodo(record(7, licence=None)) as shelf:
        assert harvested(shelf, tmp_path, f"{DOI}7").licence is None


@pytest.mark.parametrize("where", ["gone", "hidden", "records"])
def test_a_record_that_is_not_there_is_still_named(where: str, tmp_path: Path) -> None:
    with Zenodo() as shelf:
        if where != "records":
            getattr(shelf, where).add("7")
        dataset = harvested(shelf, tmp_path, f"{DOI}7")
        assert len(shelf.asked()) == 1
    assert dataset.distributions == []
    assert [one.value for one in dataset.related] == ["10.5281/zenodo.7"]


def test_data_that_only_a_list_knows_of_are_asked_for_as_well(tmp_path: Path) -> None:
    with Zenodo(record(8026660)) as shelf:
        dataset = harvested(shelf, tmp_path, slug="promise12")
        assert shelf.asked() == ["/records/8026660"]
    assert [part.doi for part in dataset.distributions] == ["10.5281/zenodo.8026660"]


def test_no_people_are_kept_of_a_record(tmp_path: Path) -> None:
    row = {**packaged()[0], "publications": [f"{DOI}7"]}
    with Zenodo(record(7)) as shelf, GrandChallenge([row], []) as repo:
        source = load_sources()["grand_challenge"].model_copy(
            update={
                "base_url": repo.url,
                "services": {"zenodo": shelf.url},
                "requests_per_second": 1000.0,
            }
        )
        (found,) = harvester_for(source).harvest(tmp_path).records
    assert "Doe" not in str(found.raw)


def test_a_token_for_grand_challenge_is_not_shown_to_zenodo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_GRAND_CHALLENGE_TOKEN", "secret")
    row = {**packaged()[0], "publications": [f"{DOI}7"]}
    with Zenodo(record(7)) as shelf, GrandChallenge([row], []) as repo:
        repo.tokens.add("secret")
        source = load_sources()["grand_challenge"].model_copy(
            update={
                "base_url": repo.url,
                "services": {"zenodo": shelf.url},
                "requests_per_second": 1000.0,
            }
        )
        harvester = harvester_for(source)
        harvester.harvest(tmp_path)
        assert [one.headers["authorization"] for one in repo.log] == ["Bearer secret"] * 2
        assert ["authorization" in one.headers for one in shelf.log] == [False]
        assert harvester.traffic["requests"] == 3


@pytest.mark.parametrize(("kind", "value"), [("retry_after", 0.1), ("status", 504), ("cut", None)])
def test_zenodo_may_ask_for_patience(kind: str, value: Any, tmp_path: Path) -> None:
    with Zenodo(record(7)) as shelf:
        shelf.fail(kind, "/records/7", value, times=1)
        assert len(harvested(shelf, tmp_path, f"{DOI}7").distributions) == 1
        assert len(shelf.asked()) == 2


def test_a_login_page_at_zenodo_holds_the_source(tmp_path: Path) -> None:
    with Zenodo(record(7)) as shelf:
        shelf.fail("html", "/records/7")
        with pytest.raises(SourceError, match="HTML page"):
            harvested(shelf, tmp_path, f"{DOI}7")


def test_zenodo_failing_for_good_holds_the_source(tmp_path: Path) -> None:
    with Zenodo(record(7)) as shelf:
        shelf.fail("status", "/records/7", 502)
        with pytest.raises(SourceError, match="502"):
            harvested(shelf, tmp_path, f"{DOI}7")


@pytest.mark.parametrize(
    "files", [{"count": 2}, ["train.zip"], [{"size": 5}], [{"key": "a", "links": "b"}]]
)
def test_a_record_of_another_shape_quarantines_its_challenge(files: Any, tmp_path: Path) -> None:
    with Zenodo({**record(7), "files": files}) as shelf, pytest.raises(RecordError, match="Zenodo"):
        harvested(shelf, tmp_path, f"{DOI}7")


def test_an_address_of_a_file_must_be_safe(tmp_path: Path) -> None:
    data = record(7)
    data["files"][0]["links"]["self"] = "javascript:alert(1)"
    data["files"][0]["checksum"] = "<b>md5</b>"
    with Zenodo(data) as shelf:
        (part,) = harvested(shelf, tmp_path, f"{DOI}7").distributions
    assert (part.url, part.checksum) == (None, None)


@pytest.mark.parametrize("told", [7, ["10.5281/zenodo.7"], {"doi": "x"}, True])
def test_a_doi_that_is_no_text_is_unknown_and_spoils_nothing(told: Any, tmp_path: Path) -> None:
    with Zenodo({**record(7, files=(("a.zip", 1),)), "doi": told}) as shelf:
        dataset = harvested(shelf, tmp_path, f"{DOI}7")
    assert [(part.title, part.doi) for part in dataset.distributions] == [("a.zip", None)]
