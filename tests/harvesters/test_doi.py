"""DOIs are described by the fifty, from DataCite or Crossref, and fill only what is unknown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from harvesters import record
from harvesters.doi import Described, describe, enrich, understood
from harvesters.http import Client
from harvesters.registry import load_registries
from schemas.dataset import Creator, Dataset, Distribution, Method
from schemas.errors import RecordError, SourceError
from tests.emulators.crossref import Crossref, work
from tests.emulators.datacite import Datacite, recorded
from tests.emulators.server import Reply, as_json

KNOWN = [one["id"] for one in recorded()]
LUNG = "10.7937/k9/tcia.2016.eln8ygle"
PAPER = "10.1000/a"


@pytest.fixture
def datacite() -> Iterator[Datacite]:
    with Datacite(recorded()) as running:
        yield running


@pytest.fixture
def crossref() -> Iterator[Crossref]:
    with Crossref([work(PAPER)]) as running:
        yield running


@pytest.fixture
def clients(datacite: Datacite, crossref: Crossref) -> dict[str, Client]:
    at = {"datacite": datacite.url, "crossref": crossref.url}
    return {
        key: Client(source.model_copy(update={"base_url": at[key], "requests_per_second": 1000.0}))
        for key, source in load_registries().items()
    }


def many(count: int) -> list[dict[str, Any]]:
    """So many records, each with a DOI of its own."""
    return [{**recorded()[0], "id": doi, "attributes": {"doi": doi}} for doi in dois(count)]


def dois(count: int) -> list[str]:
    return [f"10.9999/scan.{place}" for place in range(count)]


def dataset(**fields: Any) -> Dataset:
    known = {"id": "tcia:x", "source": "tcia", "kind": "collection", "title": "X", "doi": LUNG}
    return record.dataset({**known, **fields}, datetime(2026, 9, 1, tzinfo=UTC))


def found(**fields: Any) -> Described:
    return Described(LUNG, "datacite", datetime(2026, 11, 1, tzinfo=UTC), fields)


def test_both_registries_are_described_in_files() -> None:
    told = load_registries()
    assert {key: source.base_url for key, source in told.items()} == {
        "datacite": "https://api.datacite.org/",
        "crossref": "https://api.crossref.org/",
    }
    # 500 requests in five minutes, and one list a second, are what a guest may ask for.
    assert told["datacite"].requests_per_second <= 500 / 300
    assert told["crossref"].requests_per_second <= 1


def test_every_recorded_doi_is_described_in_one_request(
    clients: dict[str, Client], datacite: Datacite, crossref: Crossref
) -> None:
    told = list(describe(KNOWN, clients))
    assert {one.doi: one.registry for one in told} == dict.fromkeys(KNOWN, "datacite")
    assert len(datacite.asked()) == 1 and not crossref.asked()


def test_what_datacite_does_not_know_is_asked_of_crossref(clients: dict[str, Client]) -> None:
    told = {one.doi: one for one in describe([LUNG, PAPER, "10.1000/nothing"], clients)}
    assert {doi: one.registry for doi, one in told.items()} == {
        LUNG: "datacite",
        PAPER: "crossref",
        "10.1000/nothing": None,
    }
    assert told[PAPER].fields["publisher"] == "A publisher"
    assert told["10.1000/nothing"].fields == {}


def test_a_doi_is_asked_for_once_whatever_its_spelling(
    clients: dict[str, Client], datacite: Datacite
) -> None:
    spelled = [LUNG.upper(), f"https://doi.org/{LUNG}", f"doi:{LUNG}", "no DOI at all"]
    assert [one.doi for one in describe(spelled, clients)] == [LUNG]
    assert len(datacite.asked()) == 1


def test_dois_go_by_the_fifty(
    clients: dict[str, Client], datacite: Datacite, crossref: Crossref
) -> None:
    datacite.records = many(120)
    crossref.works = [work(f"10.1000/{place}") for place in range(70)]
    asked = [*dois(120), *(one["DOI"] for one in crossref.works)]
    told = list(describe(asked, clients))
    assert sorted(one.doi for one in told) == sorted(asked)
    assert (len(datacite.asked()), len(crossref.asked())) == (4, 2)


def test_nothing_is_asked_for_nothing(clients: dict[str, Client], datacite: Datacite) -> None:
    assert list(describe([], clients)) == []
    assert not datacite.asked()


def test_a_doi_with_odd_characters_is_asked_for_as_it_is(
    clients: dict[str, Client], datacite: Datacite, crossref: Crossref
) -> None:
    odd = '10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2"\\'
    datacite.records = [{**recorded()[0], "id": odd, "attributes": {"doi": odd}}]
    crossref.works = [work("10.1000/a,b")]
    told = {one.doi: one.registry for one in describe([odd, "10.1000/a,b"], clients)}
    assert told == {odd: "datacite", "10.1000/a,b": "crossref"}
    assert not crossref.asked("filter=")


def test_a_question_that_datacite_cannot_read_is_asked_piece_by_piece(
    clients: dict[str, Client], datacite: Datacite
) -> None:
    datacite.fail("status", "query=", 400)
    told = {one.doi: one.registry for one in describe([LUNG, "10.1000/nothing"], clients)}
    assert told == {LUNG: "datacite", "10.1000/nothing": None}


def test_a_question_that_crossref_cannot_read_is_asked_piece_by_piece(
    clients: dict[str, Client], crossref: Crossref
) -> None:
    crossref.fail("status", "filter=", 400)
    told = {one.doi: one.registry for one in describe([PAPER, "10.1000/nothing"], clients)}
    assert told == {PAPER: "crossref", "10.1000/nothing": None}


def test_who_runs_it_is_told_to_crossref(
    clients: dict[str, Client], crossref: Crossref, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_CONTACT", "someone@example.org")
    list(describe([PAPER], clients))
    assert crossref.log[0].query["mailto"] == ["someone@example.org"]


@pytest.mark.parametrize("contact", ["jos\udce9@example.org", "a\x07@example.org"])
def test_a_contact_that_no_address_may_carry_is_not_sent(
    contact: str, clients: dict[str, Client], crossref: Crossref, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "FAIRSCAN_CONTACT": contact})
    assert [one.registry for one in describe([PAPER], clients)] == ["crossref"]
    assert "mailto" not in crossref.log[0].query


def test_a_record_whose_doi_is_no_text_is_none_of_ours(
    clients: dict[str, Client], datacite: Datacite
) -> None:
    odd = {"data": [{"attributes": {"doi": 7}}], "meta": {"total": 1}}
    datacite.fail("replace", "", Reply(json.dumps(odd).encode()), times=1)
    assert [one.registry for one in describe([PAPER], clients)] == ["crossref"]


@pytest.mark.parametrize("at", ["datacite", "crossref"])
@pytest.mark.parametrize(
    ("kind", "value"),
    [("retry_after", 0.1), ("status", 502), ("cut", None), ("reset", None), ("wrong_type", None)],
)
def test_what_passes_by_itself_costs_no_description(
    at: str,
    kind: str,
    value: Any,
    clients: dict[str, Client],
    datacite: Datacite,
    crossref: Crossref,
) -> None:
    {"datacite": datacite, "crossref": crossref}[at].fail(kind, "", value, times=1)
    told = [one.registry for one in describe([LUNG, PAPER], clients)]
    assert told == ["datacite", "crossref"]


@pytest.mark.parametrize("at", ["datacite", "crossref"])
@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("html", None, "HTML page"),
        ("empty", None, "nothing"),
        ("replace", as_json({"errors": []}), "without a list"),
        ("replace", as_json([]), "without a list"),
        ("redirect", "http://10.0.0.1/", "10.0.0.1"),
        ("huge", 70 << 20, "64 MiB"),
    ],
)
def test_a_registry_that_fails_is_no_registry_that_knows_nothing(
    at: str,
    kind: str,
    value: Any,
    why: str,
    clients: dict[str, Client],
    datacite: Datacite,
    crossref: Crossref,
) -> None:
    {"datacite": datacite, "crossref": crossref}[at].fail(kind, "", value)
    with pytest.raises(SourceError, match=why):
        list(describe([LUNG, PAPER], clients))


def test_a_registry_that_answers_byte_by_byte_is_waited_for(
    clients: dict[str, Client], crossref: Crossref
) -> None:
    crossref.fail("slow", "", 0.0)
    assert [one.registry for one in describe([PAPER], clients)] == ["crossref"]


def test_a_page_that_lacks_records_is_an_error(
    clients: dict[str, Client], datacite: Datacite
) -> None:
    short = {"data": [recorded()[0]], "meta": {"total": 2}}
    datacite.fail("replace", "", as_json(short))
    with pytest.raises(SourceError, match="1 of 2 records came"):
        list(describe(KNOWN, clients))


def test_what_was_described_before_a_failure_stands(
    clients: dict[str, Client], datacite: Datacite
) -> None:
    datacite.records = many(60)
    datacite.fail("html", skip=1)
    told = describe(dois(60), clients)
    assert len([next(told) for _ in range(50)]) == 50
    with pytest.raises(SourceError):
        next(told)


def test_a_record_that_nobody_asked_for_is_not_taken(
    clients: dict[str, Client], datacite: Datacite
) -> None:
    other = as_json({"data": [recorded()[1], "odd", {"id": 7}], "meta": {"total": 3}})
    datacite.fail("replace", "", other)
    assert [one.registry for one in describe([LUNG], clients)] == [None]


def test_what_was_kept_is_understood_again(clients: dict[str, Client]) -> None:
    for told in describe([LUNG, PAPER, "10.1000/nothing"], clients):
        assert understood(told.doi, told.registry, told.retrieved, told.raw) == told


def test_what_a_repository_left_unsaid_is_filled_in_by_name_and_day() -> None:
    told = found(publisher="TCIA", year=2016, creators=[Creator(name="Hugo, Geoffrey D.")])
    after = enrich(dataset(), told)
    assert (after.publisher, after.year) == ("TCIA", 2016)
    said = after.provenance["publisher"]
    assert (said.source, said.method, said.retrieved_at) == (
        "datacite",
        Method.STATED,
        told.retrieved,
    )


def test_what_a_repository_said_stands() -> None:
    after = enrich(dataset(publisher="Us", year=2015), found(publisher="TCIA", year=2016))
    assert (after.publisher, after.year) == ("Us", 2015)
    assert after.provenance["year"].source == "tcia"


def test_title_and_description_are_never_taken() -> None:
    after = enrich(dataset(), found(title="Another", description="Text"))
    assert (after.title, after.description) == ("X", None)


def test_citations_are_always_those_of_the_registry_and_of_its_day() -> None:
    after = enrich(dataset(citations=3), found(citations=48))
    assert after.citations == 48
    assert after.provenance["citations"].retrieved_at == found().retrieved
    assert enrich(dataset(citations=3), found()).citations == 3


LICENCE = {"licence": "CC-BY-4.0", "licence_raw": "CC BY 4.0", "licence_url": "https://x.org/"}


def test_a_licence_is_taken_where_none_is_said() -> None:
    after = enrich(dataset(), found(**LICENCE))
    assert (after.licence, after.licence_raw) == ("CC-BY-4.0", "CC BY 4.0")
    assert after.provenance["licence"].method is Method.DERIVED
    assert after.provenance["licence_raw"].method is Method.STATED


@pytest.mark.parametrize(
    "said",
    [
        {"licence": "CC0-1.0"},
        {"licence_raw": "Our terms"},
        {"distributions": [Distribution(route="https", licence="CC0-1.0")]},
        {"distributions": [Distribution(route="https", licence_raw="Our terms")]},
        {
            "distributions": [
                Distribution(route="https", licence="CC-BY-4.0"),
                Distribution(route="s3", licence="CC-BY-NC-4.0"),
            ]
        },
    ],
)
def test_a_licence_that_the_repository_may_contradict_is_not_taken(said: dict[str, Any]) -> None:
    before = dataset(**said)
    after = enrich(before, found(**LICENCE))
    assert (after.licence, after.licence_raw) == (before.licence, before.licence_raw)


def test_a_licence_on_which_all_parts_agree_is_taken() -> None:
    parts = [Distribution(route="https", licence="CC-BY-4.0"), Distribution(route="s3")]
    assert enrich(dataset(distributions=parts), found(**LICENCE)).licence == "CC-BY-4.0"


def test_an_unknown_doi_changes_nothing() -> None:
    before = dataset()
    assert enrich(before, Described(LUNG, None, datetime.now(UTC))) == before


def test_a_description_of_another_doi_is_refused() -> None:
    with pytest.raises(RecordError, match=r"10\.1000/a"):
        enrich(dataset(), Described(PAPER, "crossref", datetime.now(UTC)))


def test_an_enriched_dataset_is_still_a_valid_one(clients: dict[str, Client]) -> None:
    (told,) = describe([LUNG], clients)
    after = enrich(dataset(), told)
    assert Dataset.model_validate(after.model_dump()) == after


def test_a_description_that_was_kept_as_json_fills_whole_parts(clients: dict[str, Client]) -> None:
    (told,) = describe(["10.5281/zenodo.1196821"], clients)
    parts = {
        name: [one.model_dump(mode="json") for one in told.fields[name]]
        for name in ("creators", "related")
    }
    before = dataset(doi=told.doi)
    kept = Described(told.doi, told.registry, told.retrieved, {**told.fields, **parts})
    assert enrich(before, kept) == enrich(before, told)
