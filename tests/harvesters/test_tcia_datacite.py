"""DataCite's records of TCIA are read whole, or those of the last harvest stay; none are mixed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from harvesters.base import Harvester
from harvesters.tcia import datacite as tcia_datacite
from schemas.dataset import Creator, Dataset
from schemas.errors import SourceError
from tests.emulators.server import as_json
from tests.emulators.tcia import REGISTERED, Tcia, registered

LUNG = "10.7937/k9/tcia.2016.eln8ygle"


@pytest.fixture
def tcia() -> Iterator[Tcia]:
    with Tcia() as services:
        yield services


def asking(tcia: Tcia) -> Harvester:
    return tcia.harvester(nbia="", pathdb="")


def read(tcia: Tcia) -> dict[str, dict[str, Any]]:
    return tcia_datacite.read(asking(tcia).client, tcia.datacite.url)


def harvested(tcia: Tcia, folder: Path, last: Path | None = None) -> dict[str, Dataset]:
    folder.mkdir()
    records = list(asking(tcia).harvest(folder, last).records)
    with pa.CompressedOutputStream(str(folder / "raw.jsonl.zst"), "zstd") as raw:
        for record in records:
            raw.write(json.dumps(record.raw).encode() + b"\n")
    return {dataset.id: dataset for dataset in (record.build() for record in records)}


def test_every_registered_doi_comes_by_pages_of_a_hundred(tcia: Tcia) -> None:
    assert (
        len(read(tcia)) == REGISTERED == tcia_datacite.total(asking(tcia).client, tcia.datacite.url)
    )
    assert len(tcia.datacite.asked("page%5Bsize%5D=100")) == 4


def test_links_that_name_another_host_are_followed_at_our_own_address(tcia: Tcia) -> None:
    tcia.datacite.host = "https://api.datacite.org"
    assert len(read(tcia)) == REGISTERED


def test_a_total_that_fits_a_full_last_page_ends_with_an_empty_one(tcia: Tcia) -> None:
    tcia.datacite.records = registered()[:200]
    assert len(read(tcia)) == 200


def test_a_record_that_comes_twice_is_no_whole_answer(tcia: Tcia) -> None:
    tcia.datacite.repeats = True
    with pytest.raises(SourceError, match="317 DOIs in 318 records, 317 stated"):
        read(tcia)


def test_a_total_that_drifts_is_no_whole_answer(tcia: Tcia) -> None:
    tcia.datacite.drift = 1
    with pytest.raises(SourceError, match="318 stated"):
        read(tcia)


@pytest.mark.parametrize(
    "body",
    [[], {"data": []}, {"data": [1], "meta": {"total": 1}}, {"data": {}, "meta": {"total": 0}}],
)
def test_a_page_of_another_shape_is_refused(tcia: Tcia, body: Any) -> None:
    tcia.datacite.fail("replace", "page%5Bcursor%5D=1&", as_json(body))
    tcia.datacite.fail("replace", "page%5Bcursor%5D=1", as_json(body))
    with pytest.raises(SourceError, match="not a page of DataCite"):
        read(tcia)


def test_cursors_that_go_round_come_to_an_end(tcia: Tcia) -> None:
    link = "https://api.datacite.org/dois?page%5Bcursor%5D="
    rows = registered()[:1]
    count = iter(range(10_000))

    def endless(_: Any) -> Any:
        next_link = {"next": f"{link}{next(count)}x"}
        return as_json({"data": rows, "meta": {"total": 5}, "links": next_link})

    tcia.datacite.fail("replace", "", endless)
    with pytest.raises(SourceError, match="changed while they were read"):
        read(tcia)
    assert len(tcia.datacite.log) < 300


def test_a_refusal_with_a_pause_is_waited_for(tcia: Tcia) -> None:
    tcia.datacite.fail("retry_after", "", 0.2, times=1)
    assert len(read(tcia)) == REGISTERED


def test_datasets_come_without_datacite_and_it_is_said(tcia: Tcia, tmp_path: Path) -> None:
    tcia.datacite.fail("status", "", 403)
    told: list[str] = []
    harvester = asking(tcia)
    harvester.say = told.append
    harvester.digest()
    datasets = [record.build() for record in harvester.harvest(tmp_path).records]
    assert len(datasets) == 291  # hidden ones are kept by DataCite's word alone
    assert all(dataset.creators == [] for dataset in datasets)
    assert any("DataCite's facts are those of the last harvest" in line for line in told)


def test_half_of_datacite_is_as_none(tcia: Tcia, tmp_path: Path) -> None:
    first = harvested(tcia, tmp_path / "first")
    tcia.datacite.records[0]["attributes"]["publicationYear"] = 1999
    tcia.datacite.fail("status", "page%5Bcursor%5D=MC", 404)
    second = harvested(tcia, tmp_path / "second", tmp_path / "first")
    assert len(first) == len(second) == 299
    lung = "tcia:4d-lung"
    assert second[lung].year == first[lung].year == 2016
    assert second[lung].provenance["year"] == first[lung].provenance["year"]
    third = harvested(tcia, tmp_path / "third", tmp_path / "second")
    assert third[lung].creators == first[lung].creators


def test_what_keeps_changing_every_night_is_not_kept_but_the_count_of_citations(tcia: Tcia) -> None:
    before = read(tcia)
    tcia.datacite.touch()
    after = read(tcia)
    changed = {
        name for doi in before for name in before[doi] if before[doi][name] != after[doi][name]
    }
    assert changed <= {"citationCount"}


def test_creators_have_their_orcid_bare_and_papers_are_no_relations(tcia: Tcia) -> None:
    fields = tcia_datacite.fields(read(tcia)[LUNG])
    assert Creator(name="Balik, Salim", orcid="0000-0003-0756-8953") in fields["creators"]
    assert fields["creators"][0] == Creator(name="Hugo, Geoffrey D.")
    assert fields["related"] == []
    assert (fields["citations"], fields["year"], fields["licence"]) == (48, 2016, "CC-BY-3.0")


def test_relations_to_data_are_kept_and_their_dois_bare() -> None:
    keys = ("relationType", "relatedIdentifierType", "relatedIdentifier")
    written = [
        ("IsDerivedFrom", "DOI", "10.7937/ABC"),
        ("IsCitedBy", "DOI", "10.1000/paper"),
        ("IsPartOf", "URL", "https://x/Y"),
        ("IsPartOf", None, "z"),
    ]
    rows = [dict(zip(keys, row, strict=True)) for row in written]
    found = tcia_datacite.fields({"relatedIdentifiers": rows})["related"]
    assert [(one.relation, one.value) for one in found] == [
        ("IsDerivedFrom", "10.7937/abc"),
        ("IsPartOf", "https://x/Y"),
    ]


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_a_key_that_is_null_is_as_one_that_is_absent(nothing: Any) -> None:
    names = "creators rightsList descriptions fundingReferences relatedIdentifiers publisher"
    empty = tcia_datacite.fields({})
    assert tcia_datacite.fields(dict.fromkeys(names.split(), nothing)) == empty
    assert not any(empty.values())


def test_rights_without_an_identifier_are_read_by_their_words_or_not_at_all() -> None:
    nctn = {"rights": "NCTN Data Archive License", "rightsUri": "https://x.net/DUA.pdf"}
    found = tcia_datacite.fields({"rightsList": [nctn]})
    assert (found["licence"], found["licence_raw"]) == (None, "NCTN Data Archive License")
    by = {"rights": "Creative Commons Attribution 4.0 International"}
    assert tcia_datacite.fields({"rightsList": [by]})["licence"] == "CC-BY-4.0"
    assert tcia_datacite.fields({"rightsList": [by, nctn]})["licence"] is None


def test_a_publisher_may_be_a_name_or_an_object() -> None:
    for publisher in ("The Archive", {"name": "The Archive"}):
        assert tcia_datacite.fields({"publisher": publisher})["publisher"] == "The Archive"


def test_addresses_of_people_are_left_out_of_abstracts() -> None:
    row = {"descriptionType": "Abstract", "description": "Ask me@example.org"}
    told = tcia_datacite.fields({"descriptions": [row]})["description"]
    assert told == "Ask [e-mail removed]"
