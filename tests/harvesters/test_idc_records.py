"""The datasets of the installed IDC index, as harvested, against what its files say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.dataset import Dataset
from schemas.vocabulary import doi as dois

Beside = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def records(release_home: Path) -> dict[str, Dataset]:
    table = pq.read_table(release_home / "sources" / "idc" / "datasets.parquet")
    rows: list[dict[str, Any]] = table.to_pylist(maps_as_pydicts="strict")
    return {row["id"]: Dataset.model_validate(row) for row in rows}


def rows(beside: Beside, sql: str) -> list[tuple[Any, ...]]:
    return beside.execute(sql).fetchall()


def test_every_collection_and_analysis_result_is_a_dataset(
    beside: Beside, records: dict[str, Dataset]
) -> None:
    stated = rows(
        beside,
        "SELECT 'idc:' || collection_id, 'collection' FROM collections UNION ALL "
        "SELECT 'idc:' || analysis_result_id, 'analysis_result' FROM results",
    )
    assert {identifier: record.kind for identifier, record in records.items()} == dict(stated)
    assert len(records) == 205
    assert sum(record.kind == "analysis_result" for record in records.values()) == 26


@pytest.mark.parametrize(
    ("kind", "column"), [("collection", "collection_id"), ("analysis_result", "analysis_result_id")]
)
def test_a_dataset_is_as_large_as_its_series(
    beside: Beside, records: dict[str, Dataset], kind: str, column: str
) -> None:
    counted = rows(
        beside,
        f"SELECT 'idc:' || {column}, count(*), count(DISTINCT StudyInstanceUID), "
        "sum(instanceCount)::BIGINT, sum(round(series_size_MB * 1e6)::BIGINT)::BIGINT "
        f"FROM idx WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1",
    )
    ours = sorted(
        (r.id, r.series, r.studies, r.images, r.bytes) for r in records.values() if r.kind == kind
    )
    assert ours == counted


def test_subjects_are_those_that_the_repository_states(
    beside: Beside, records: dict[str, Dataset]
) -> None:
    stated = rows(
        beside,
        "SELECT 'idc:' || collection_id, subjects FROM collections UNION ALL "
        "SELECT 'idc:' || analysis_result_id, subjects FROM results",
    )
    corrected = {"idc:cbis_ddsm": None}  # its Patient IDs are those of lesions
    assert {r.id: r.subjects for r in records.values()} == dict(stated) | corrected


@pytest.mark.parametrize(
    ("kind", "column"), [("collection", "collection_id"), ("analysis_result", "analysis_result_id")]
)
def test_every_doi_with_its_licence_is_a_distribution(
    beside: Beside, records: dict[str, Dataset], kind: str, column: str
) -> None:
    stated = rows(
        beside,
        f"SELECT 'idc:' || {column}, lower(source_DOI), license_short_name, count(*) "
        f"FROM idx WHERE {column} IS NOT NULL GROUP BY ALL",
    )
    parts = {
        (r.id, part.doi, part.series): part.licence_raw or ""
        for r in records.values()
        if r.kind == kind
        for part in r.distributions
    }
    assert parts.keys() == {(identifier, doi, series) for identifier, doi, _, series in stated}
    for identifier, doi, licence, series in stated:
        assert parts[identifier, doi, series].startswith(licence), (identifier, doi)


def test_several_dois_of_a_collection_are_all_kept(records: dict[str, Dataset]) -> None:
    parts = records["idc:prostatex"].distributions
    assert len(parts) == 5
    assert sum(part.series or 0 for part in parts) == records["idc:prostatex"].series == 19_177
    assert {part.licence for part in parts} == {"CC-BY-3.0", "CC-BY-4.0"}
    assert records["idc:prostatex"].licence == "CC-BY-3.0 AND CC-BY-4.0"


def test_two_licence_texts_that_contradict_are_both_kept(records: dict[str, Dataset]) -> None:
    (part,) = records["idc:phantom_fda"].distributions
    assert part.licence_raw == "CC BY-NC 3.0; Creative Commons Attribution 3.0 Unported License"
    assert part.licence_url == "https://creativecommons.org/licenses/by/3.0/"


def test_the_doi_of_a_collection_is_one_of_its_own_sources(
    beside: Beside, records: dict[str, Dataset]
) -> None:
    stated: dict[str, set[str | None]] = {}
    for identifier, doi in rows(
        beside,
        "SELECT 'idc:' || collection_id, s.source_doi FROM "
        "(SELECT collection_id, unnest(sources) AS s FROM collections) "
        "WHERE s.source_type = 'original_data'",
    ):
        stated.setdefault(identifier, set()).add(dois.normalise(doi))
    collections = [r for r in records.values() if r.kind == "collection"]
    assert [r.id for r in collections if r.doi not in stated[r.id]] == []


def test_an_analysis_result_is_derived_from_the_collections_it_annotates(
    beside: Beside, records: dict[str, Dataset]
) -> None:
    shown: dict[str, set[str]] = {}
    for result, collection in rows(
        beside,
        "SELECT DISTINCT 'idc:' || analysis_result_id, 'idc:' || collection_id FROM idx "
        "WHERE analysis_result_id IS NOT NULL",
    ):
        shown.setdefault(result, set()).add(collection)
    results = [r for r in records.values() if r.kind == "analysis_result"]
    assert len(results) == 26
    assert [r.id for r in results if not shown[r.id] <= set(r.derived_from)] == []
    assert all(parent in records for r in results for parent in r.derived_from)
    assert all(not r.derived_from for r in records.values() if r.kind == "collection")


def test_every_dataset_says_which_idc_version_it_is_of(
    beside: Beside, records: dict[str, Dataset]
) -> None:
    ((newest,),) = rows(beside, "SELECT max(idc_version) FROM versions")
    assert {r.version for r in records.values()} == {str(newest)}


def test_citations_are_text_without_markup(beside: Beside, records: dict[str, Dataset]) -> None:
    ((marked,),) = rows(
        beside,
        "SELECT count(*) FROM (SELECT unnest(sources).citation AS c FROM collections) "
        "WHERE regexp_matches(c, '<i>|&amp;')",
    )
    assert marked > 100, "the index no longer has markup in citations"
    citations = [p.citation for r in records.values() for p in r.distributions if p.citation]
    assert len(citations) > 200
    assert [c for c in citations if re.search(r"</?[a-z]+>|&[a-z]+;|\n", c)] == []


def test_descriptions_are_text_without_markup_or_line_ends(records: dict[str, Dataset]) -> None:
    texts = [text for r in records.values() for text in (r.description, r.title) if text]
    assert len(texts) > 400
    assert [text for text in texts if re.search(r"</?[a-z]+>|&[a-z]+;|\n", text)] == []
    assert [text for text in texts if re.search(r"\w@\w+\.\w", text)] == []


def test_a_known_value_says_how_it_is_known(records: dict[str, Dataset]) -> None:
    facts = {"id", "source", "kind", "retrieved", "status", "provenance", "licence_assumed"}
    for record in records.values():
        known = {
            name for name, value in record if name not in facts and value not in (None, [], "")
        }
        assert known <= set(record.provenance), record.id
        assert all(record.provenance[name].source == "idc" for name in known)
    prostatex = records["idc:prostatex"].provenance
    assert prostatex["title"].method == "stated"
    assert prostatex["bytes"].method == "derived"


def test_the_raw_payload_of_every_record_is_kept(
    release_home: Path, beside: Beside, records: dict[str, Dataset]
) -> None:
    path = release_home / "sources" / "idc" / "raw.jsonl.zst"
    with pa.CompressedInputStream(str(path), "zstd") as stream:
        payloads = [json.loads(line) for line in stream.read().splitlines()]
    assert len(payloads) == len(records)
    kept = {p["collection_id"]: p["description"] for p in payloads if "collection_id" in p}
    stated = dict(rows(beside, "SELECT collection_id, description FROM collections"))
    assert kept == stated


def test_modalities_of_a_dataset_are_those_of_its_series(
    beside: Beside, records: dict[str, Dataset]
) -> None:
    shown = dict(
        rows(
            beside,
            "SELECT dataset_id, list(DISTINCT modality ORDER BY modality) FILTER "
            "(modality IS NOT NULL) FROM series GROUP BY 1",
        )
    )
    assert {r.id: r.modalities for r in records.values() if r.kind == "collection"} == shown


def test_people_by_sex_are_no_more_than_the_subjects_of_the_series(
    beside: Beside, records: dict[str, Dataset]
) -> None:
    found = dict(rows(beside, "SELECT dataset_id, count(DISTINCT subject) FROM series GROUP BY 1"))
    for record in records.values():
        if record.kind == "collection":
            for counts in (record.sexes, record.age_bands):
                assert sum(count.count for count in counts) <= found[record.id], record.id
    assert {c.value: c.count for c in records["idc:prostatex"].sexes} == {"M": 346}
