"""A GitHub repository becomes a dataset, and the rows of its table become images."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog import harvesting, records
from catalog.harvesting import How
from catalog.home import Home
from harvesters.base import Harvest, Harvester, harvester_for
from harvesters.facts import curated
from harvesters.registry import load_sources
from schemas.dataset import Access, Dataset, Method
from schemas.errors import RecordError, SourceError
from schemas.source import Source
from tests.emulators.github import GitHub, Repository, bimcv, covid_chestxray, figure1

KEYS = ("covid_chestxray", "figure1_covid", "bimcv_covid19")


@pytest.fixture(scope="module")
def hub() -> Iterator[GitHub]:
    with GitHub(covid_chestxray(), figure1(), bimcv()) as running:
        yield running


@cache
def sources() -> dict[str, Source]:
    return load_sources()


def reading(hub: GitHub, key: str, **changes: Any) -> Harvester:
    update = {"base_url": hub.url, "services": hub.services, "requests_per_second": 5000.0}
    return harvester_for(sources()[key].model_copy(update=update | changes))


def one(harvest: Harvest) -> Dataset:
    (record,) = harvest.records
    return record.build()


def rows(folder: Path, select: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW series AS FROM '{folder / 'series.parquet'}'")
        return connection.execute(select).fetchall()


@pytest.fixture(scope="module")
def read(hub: GitHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Dataset, Path]]:
    """Each source's dataset, and the folder with its images."""
    found = {}
    for key in KEYS:
        folder = tmp_path_factory.mktemp(key)
        found[key] = one(reading(hub, key).harvest(folder)), folder
    return found


Read = dict[str, tuple[Dataset, Path]]


def test_what_the_table_adds_up_to_is_what_was_counted_by_hand(read: Read) -> None:
    covid, figure = read["covid_chestxray"][0], read["figure1_covid"][0]
    assert (covid.images, covid.subjects) == (279, 158)
    assert (figure.images, figure.subjects) == (55, 48)
    assert covid.provenance["subjects"].method is Method.DERIVED
    assert rows(read["covid_chestxray"][1], "SELECT count(*), sum(instances) FROM series") == [
        (279, 279)
    ]


def test_a_live_record_lies_over_the_curated_one(read: Read) -> None:
    for key in KEYS:
        known = {f"{key}:{facts.id}": facts for facts in sources()[key].datasets}
        dataset = read[key][0]
        assert dataset.title == known[dataset.id].title
        assert dataset.provenance["title"].method is Method.CURATED


def test_the_licence_of_the_code_is_not_that_of_the_data(hub: GitHub, tmp_path: Path) -> None:
    (record,) = reading(hub, "bimcv_covid19").harvest(tmp_path).records
    assert record.raw["license"]["spdx_id"] == "MIT"
    dataset = record.build()
    assert dataset.licence is None and dataset.licence_raw is None
    assert "licence" not in dataset.provenance and "licence_raw" not in dataset.provenance


def test_what_is_curated_of_a_licence_is_no_more_than_what_is_certain() -> None:
    said = {key: [one.build() for one in curated(sources()[key])] for key in KEYS}
    assert [dataset.licence for key in KEYS for dataset in said[key]] == [None, None, None]
    assert said["bimcv_covid19"][0].licence_raw == "BIMCV-COVID19 Dataset Research Use Agreement"
    assert said["figure1_covid"][0].licence_raw == "research purposes only"


def test_each_image_has_its_own_licence_and_half_of_them_none(read: Read) -> None:
    dataset, folder = read["covid_chestxray"]
    counts = {
        (raw, spdx): n
        for raw, spdx, n in rows(
            folder, "SELECT licence_raw, licence, count(*) FROM series GROUP BY ALL"
        )
    }
    assert counts == {
        (None, None): 150,
        ("CC BY-NC-SA", None): 111,
        ("Apache 2.0", "Apache-2.0"): 10,
        ("CC BY-NC-ND", None): 6,
        ("CC BY", None): 2,
    }
    assert dataset.licence is None
    assert dataset.licence_raw is not None and "none stated (150 images)" in dataset.licence_raw


def test_a_repository_without_a_licence_has_none(read: Read) -> None:
    dataset, folder = read["figure1_covid"]
    assert dataset.licence is None
    assert rows(folder, "SELECT count(licence), count(licence_raw) FROM series") == [(0, 0)]


def test_one_licence_of_all_images_is_the_dataset_s(tmp_path: Path) -> None:
    table = (
        "patientid,filename,folder,modality,view,age,sex,license,doi\n"
        "1,a.png,images,CT,,,,CC BY 4.0,\n2,b.png,images,CT,,,,CC-BY-4.0,\n"
    )
    with GitHub(covid_chestxray(table.encode())) as hub:
        dataset = one(reading(hub, "covid_chestxray").harvest(tmp_path))
    assert dataset.licence == "CC-BY-4.0"


def test_an_x_ray_is_no_modality_for_certain(read: Read) -> None:
    dataset, folder = read["covid_chestxray"]
    found = rows(folder, "SELECT modality_raw, modality, count(*) FROM series GROUP BY ALL")
    assert sorted(found, key=str) == [("CT", "CT", 44), ("X-ray", None, 235)]
    assert dataset.modalities == ["CR", "DX", "CT"]
    assert dataset.provenance["modalities"].method is Method.CURATED
    assert dataset.modalities_raw == ["CT", "X-ray"]


def test_an_age_that_is_no_number_stays_unknown_beside_what_was_written(read: Read) -> None:
    folder = read["figure1_covid"][1]
    odd = "SELECT DISTINCT age_raw FROM series WHERE age_years IS NULL AND age_raw IS NOT NULL"
    assert {raw for (raw,) in rows(folder, odd)} == {"50+", "67+", "early 40s", "mid 50s"}
    assert rows(folder, "SELECT count(*) FROM series WHERE age_years IS NOT NULL") == [(21,)]


def test_a_letter_after_an_id_is_another_image_of_the_same_subject(read: Read) -> None:
    found = rows(
        read["figure1_covid"][1],
        "SELECT series, subject FROM series WHERE series LIKE 'COVID-00039%'",
    )
    assert found == [(f"COVID-00039{letter}", "COVID-00039") for letter in "abc"]


def test_an_image_is_fetched_at_the_commit_that_was_read(read: Read, hub: GitHub) -> None:
    dataset, folder = read["covid_chestxray"]
    stem = f"{hub.url}/raw/ieee8023/covid-chestxray-dataset/{dataset.version}/"
    assert dataset.version == covid_chestxray().commit
    (found,) = rows(
        folder, "SELECT url, bytes FROM series WHERE series = 'covid-19-caso-70-2-APS.jpg'"
    )
    assert found[0] == f"{stem}images/covid-19-caso-70-2-APS.jpg"
    assert rows(folder, "SELECT count(url), sum(bytes) FROM series") == [(279, dataset.bytes)]
    assert dataset.distributions[0].url is not None
    assert dataset.distributions[0].url.endswith(f"/archive/{dataset.version}.zip")
    assert dataset.distributions[0].access is Access.OPEN


def test_a_table_without_file_names_is_matched_with_the_files(read: Read) -> None:
    found = rows(
        read["figure1_covid"][1],
        "SELECT parse_filename(url), bytes FROM series WHERE subject = 'COVID-00002' OR "
        "subject = 'COVID-00001' ORDER BY 1",
    )
    assert found == [("COVID-00001.png", 1000), ("COVID-00002.jpg", 2000)]


def test_an_image_that_is_not_there_has_no_address_and_no_size(tmp_path: Path) -> None:
    hub = GitHub(covid_chestxray())
    del hub.repositories["ieee8023/covid-chestxray-dataset"].sizes[
        "images/covid-19-caso-70-2-APS.jpg"
    ]
    said: list[str] = []
    with hub:
        reader = reading(hub, "covid_chestxray")
        reader.say = said.append
        dataset = one(reader.harvest(tmp_path))
    assert rows(tmp_path, "SELECT url, bytes FROM series WHERE url IS NULL") == [(None, None)]
    assert dataset.images == 279 and dataset.bytes is None
    assert any("1 rows of metadata.csv name a file that is not there" in line for line in said)


def test_nothing_is_kept_of_a_patient_s_story(read: Read) -> None:
    """Notes, places and days are in the tables (letter by letter as x), and in nothing written."""
    for key, recorded in (("covid_chestxray", covid_chestxray()), ("figure1_covid", figure1())):
        _, folder = read[key]
        assert b"xxxxx" in recorded.files["metadata.csv"]
        whole = rows(folder, "SELECT to_json(series)::VARCHAR FROM series")
        assert not any("xxxxx" in row for (row,) in whole)
        assert rows(folder, "SELECT count(study_date) FROM series") == [(0,)]


def test_what_was_not_found_out_is_not_made_up(read: Read) -> None:
    """15 of 55 rows state no finding: none of them is called COVID-19 here."""
    dataset, folder = read["figure1_covid"]
    assert dataset.conditions == []
    text = "SELECT count(*) FROM series WHERE to_json(series)::VARCHAR ILIKE '%covid-19%'"
    assert rows(folder, text) == [(0,)]


def test_a_repository_that_only_describes_data_keeps_their_page_and_version(read: Read) -> None:
    dataset, folder = read["bimcv_covid19"]
    assert dataset.landing_url is None and dataset.version is None
    assert dataset.identifiers[0].value == "BIMCV-CSUSP/BIMCV-COVID-19"
    assert not (folder / "series.parquet").exists()


def test_the_digest_is_one_request_and_changes_with_a_commit_alone(hub: GitHub) -> None:
    hub.forget()
    first = reading(hub, "covid_chestxray").digest()
    assert hub.asked() == ["/repos/ieee8023/covid-chestxray-dataset"]
    repository = hub.repositories["ieee8023/covid-chestxray-dataset"]
    repository.more = {"stargazers_count": 3_001, "updated_at": "2026-11-23T00:00:00Z"}
    assert reading(hub, "covid_chestxray").digest() == first
    repository.more = {"pushed_at": "2026-11-23T00:00:00Z"}
    assert reading(hub, "covid_chestxray").digest() != first
    repository.more = {}


def test_what_would_be_asked_is_what_is_asked(hub: GitHub, tmp_path: Path) -> None:
    for key in KEYS:
        hub.forget()
        reader = reading(hub, key)
        reader.harvest(tmp_path)
        assert len(hub.log) == len(reader.asks())


def test_the_page_of_a_repository_is_alive_where_it_answers(hub: GitHub, tmp_path: Path) -> None:
    landing = reading(hub, "figure1_covid").harvest(tmp_path).landing
    assert landing is not None and landing.state == "alive"
    assert reading(hub, "bimcv_covid19").harvest(tmp_path).landing is None


def test_a_repository_that_moved_is_read_where_it_is_now(tmp_path: Path) -> None:
    now = figure1()
    now.name = "figure-one/covid-chestxray"
    hub = GitHub(now)
    hub.moved = {figure1().name: now.name}
    with hub:
        harvest = reading(hub, "figure1_covid").harvest(tmp_path)
        dataset = one(harvest)
    assert harvest.landing is not None and harvest.landing.state == "moved"
    assert (
        harvest.landing.to == dataset.landing_url == "https://github.com/figure-one/covid-chestxray"
    )
    assert not hub.asked(f"{figure1().name}/"), "everything else is asked for by its new name"
    assert dataset.id == "figure1_covid:Figure1-COVID-chestxray-dataset"


def test_a_description_is_plain_text(tmp_path: Path) -> None:
    repository = figure1()
    repository.description = "<img src=x onerror=alert(1)>Images <b>of</b> chests, a.b@example.org"
    with GitHub(repository) as hub:
        dataset = one(reading(hub, "figure1_covid").harvest(tmp_path))
    assert dataset.description == "Images of chests, [e-mail removed]"


@pytest.mark.parametrize(
    "more",
    [
        {"html_url": "javascript:alert(1)"},
        {"html_url": 7},
        {"full_name": None},
        {"description": ["a"]},
        {"pushed_at": "yesterday"},
    ],
)
def test_an_answer_of_a_wrong_shape_is_put_aside(more: dict[str, Any], tmp_path: Path) -> None:
    repository = figure1()
    repository.more = more
    with GitHub(repository) as hub:
        (record,) = reading(hub, "figure1_covid").harvest(tmp_path).records
    with pytest.raises(RecordError):
        record.build()


def test_a_source_that_names_no_repository_says_so(hub: GitHub) -> None:
    with pytest.raises(SourceError, match="no repository is named"):
        reading(hub, "figure1_covid", github=None).digest()


def test_a_repository_without_the_table_is_refused(tmp_path: Path) -> None:
    with (
        GitHub(Repository(figure1().name, {"README.md": b""})) as hub,
        pytest.raises(SourceError, match="the commit has no such file"),
    ):
        reading(hub, "figure1_covid").harvest(tmp_path)


def test_a_repository_that_is_gone_keeps_its_facts_and_says_so(tmp_path: Path) -> None:
    with GitHub() as hub:
        reader = reading(hub, "covid_chestxray")
        digest = reader.digest()
        harvest = reader.harvest(tmp_path)
        (built,) = [record.build() for record in harvest.records]
        reader.close()
    assert digest
    assert harvest.landing is not None and harvest.landing.state == "gone"
    assert (built.subjects, built.access) == (158, "gone")
    assert built.provenance["access"].method == "derived"


@pytest.mark.parametrize("full", [True, False])
def test_a_repository_that_went_keeps_what_was_read_of_it_and_when(
    tmp_path: Path, *, full: bool
) -> None:
    place = Home(tmp_path)
    place.sources.mkdir(parents=True)
    key, name = "bimcv_covid19", "BIMCV-COVID-19"
    told = []
    with GitHub(bimcv()) as hub:
        source = reading(hub, key).source
        for repositories in (hub.repositories, {}):
            hub.repositories = repositories
            how = How(live=lambda _: True, full=full)
            run = harvesting.run(place, source, how, lambda _: None)
            (found,) = records.read(place.sources / key / records.FILE)
            told.append((run["state"], found))
    (_, before), (state, after) = told
    assert (state, run["landing"]) == ("ok", "gone")
    assert after.id == f"{key}:{name}"
    assert after.modified is not None and after.modified == before.modified
    assert after.provenance["modified"] == before.provenance["modified"]
