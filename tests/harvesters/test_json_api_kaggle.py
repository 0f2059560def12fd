"""Kaggle's datasets, with a key only: images only, and never in the name of who published them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catalog import harvesting, records
from catalog.home import Home
from catalog.normalise import normalised
from harvesters.base import Harvester
from schemas.dataset import Access, Dataset
from schemas.errors import SourceError
from tests.emulators.kaggle import DATASETS, KEY, TOKEN, USER, Kaggle, uploaded
from tests.harvesters import apis


@pytest.fixture
def repo() -> Iterator[Kaggle]:
    with Kaggle() as running:
        yield running


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRSCAN_KAGGLE_USER", USER)
    monkeypatch.setenv("FAIRSCAN_KAGGLE_PASSWORD", KEY)


def reading(repo: Kaggle) -> Harvester:
    return apis.reader(apis.source("kaggle", f"{repo.url}/api/v1/"))


def kept(folder: Path, *rows: dict[str, Any]) -> Path:
    """A folder of a last harvest that read these rows."""
    with pa.CompressedOutputStream(str(folder / "raw.jsonl.zst"), "zstd") as raw:
        raw.write("".join(json.dumps(row) + "\n" for row in rows).encode())
    return folder


def test_datasets_of_images_are_told_from_others_by_their_words(
    repo: Kaggle, tmp_path: Path
) -> None:
    found = apis.datasets(reading(repo).harvest(tmp_path))
    assert set(found) == {row["ref"] for row in DATASETS} - {"someone/city-ct-scan-prices"}


def test_a_dataset_says_what_its_uploader_said(repo: Kaggle, tmp_path: Path) -> None:
    found = apis.datasets(reading(repo).harvest(tmp_path))
    one = found["paultimothymooney/chest-xray-pneumonia"]
    assert one.id == "kaggle:paultimothymooney/chest-xray-pneumonia"
    assert one.rating == 0.8125
    assert one.bytes == 1_000_000
    assert one.version == "3"
    assert one.modified is not None and one.modified.year == 2020
    assert one.landing_url == (
        "https://www.kaggle.com/datasets/paultimothymooney/chest-xray-pneumonia"
    )
    assert one.access is Access.REGISTERED
    assert (one.licence, one.licence_raw) == (None, "Other (specified in description)")
    assert one.creators == []


def test_a_licence_with_its_version_is_believed_of_an_upload_of_ones_own(
    repo: Kaggle, tmp_path: Path
) -> None:
    one = apis.datasets(reading(repo).harvest(tmp_path))["someone/ct-scan-sinograms"]
    assert one.licence == "CC-BY-NC-SA-4.0"
    assert normalised(one).licence == "CC-BY-NC-SA-4.0"


@pytest.mark.parametrize("ref", ["nih-chest-xrays/data", "kmader/mias-mammography"])
def test_the_licence_on_a_copy_does_not_speak_for_the_publisher(
    repo: Kaggle, tmp_path: Path, ref: str
) -> None:
    one = apis.datasets(reading(repo).harvest(tmp_path))[ref]
    assert (one.licence, one.licence_raw) == (None, "CC0: Public Domain")
    assert normalised(one).licence is None


def test_a_copy_names_its_original_which_is_known() -> None:
    sources = apis.packaged()
    originals = {
        facts.id: one.value
        for facts in sources["kaggle"].datasets
        for one in facts.related
        if (one.relation, one.scheme) == ("IsVariantFormOf", "fairscan")
    }
    assert originals == {
        "nih-chest-xrays/data": "nih_chestxray14:chestxray14",
        "kmader/mias-mammography": "mias:mini-mias",
        "martholi/inbreast": "inbreast:inbreast",
    }
    known = {f"{key}:{facts.id}" for key, one in sources.items() for facts in one.datasets}
    assert set(originals.values()) <= known


def test_nothing_is_kept_of_the_uploader_and_of_popularity(repo: Kaggle, tmp_path: Path) -> None:
    harvest = reading(repo).harvest(tmp_path)
    told = json.dumps([record.raw for record in apis.records(harvest).values()])
    assert "Some Uploader" not in told
    assert "Count" not in told


def test_popularity_changes_no_digest(repo: Kaggle) -> None:
    before = reading(repo).digest()
    repo.datasets = [{**row, "downloadCount": 99, "voteCount": 99} for row in repo.datasets]
    assert reading(repo).digest() == before
    repo.datasets[0] = {**repo.datasets[0], "currentVersionNumber": 4}
    assert reading(repo).digest() != before


def test_a_guest_asks_nothing_and_is_told_which_settings_to_make(
    repo: Kaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAIRSCAN_KAGGLE_USER")
    with pytest.raises(SourceError, match="FAIRSCAN_KAGGLE_USER and FAIRSCAN_KAGGLE_PASSWORD") as e:
        reading(repo).digest()
    assert "FAIRSCAN_KAGGLE_TOKEN" in str(e.value)
    assert repo.log == []


def test_without_a_key_what_is_known_stays(
    repo: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAIRSCAN_KAGGLE_USER")
    place = Home(tmp_path)
    place.sources.mkdir(parents=True)
    how = harvesting.How(live=lambda _: True)
    run = harvesting.run(place, apis.source("kaggle", repo.url), how, lambda _: None)
    assert (run["state"], run["datasets"]) == ("held", 3)
    assert "FAIRSCAN_KAGGLE_TOKEN" in run["message"]


def test_a_token_is_a_key_too(
    repo: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_KAGGLE_TOKEN", TOKEN)
    monkeypatch.delenv("FAIRSCAN_KAGGLE_USER")
    assert len(apis.records(reading(repo).harvest(tmp_path))) == 5


def test_a_key_that_is_refused_is_named_and_not_shown(repo: Kaggle, tmp_path: Path) -> None:
    repo.keys = set()
    with pytest.raises(SourceError, match="the key was refused") as error:
        reading(repo).harvest(tmp_path)
    assert KEY not in str(error.value)


def test_pages_are_read_until_one_is_not_full(tmp_path: Path) -> None:
    rows = [uploaded(f"a/xray-{place}", f"Chest x-ray {place}") for place in range(45)]
    with Kaggle(rows) as repo:
        assert len(apis.records(reading(repo).harvest(tmp_path))) == 45
        assert len(repo.asked("search=chest")) == 3


def test_a_search_without_end_is_left_after_its_first_pages(tmp_path: Path) -> None:
    rows = [uploaded(f"a/xray-{place}", f"Chest x-ray {place}") for place in range(150)]
    with Kaggle(rows) as repo:
        assert len(apis.records(reading(repo).harvest(tmp_path))) == 100
        assert len(repo.asked("search=chest")) == 5


def test_a_dataset_that_a_search_no_longer_finds_is_asked_for_by_name(tmp_path: Path) -> None:
    old = uploaded("a/forgotten", "Some MRI")
    with Kaggle([*DATASETS, uploaded("a/forgotten", "Not found by words", tags=[])]) as repo:
        last = kept(tmp_path, old)
        one = apis.datasets(reading(repo).harvest(tmp_path, last))["a/forgotten"]
        assert one.title == "Not found by words"
        assert repo.asked("view/a/forgotten")


@pytest.mark.parametrize("forbidden", [True, False])
def test_what_is_not_found_any_more_may_need_a_login_and_stays(
    repo: Kaggle, tmp_path: Path, *, forbidden: bool
) -> None:
    repo.forbidden = {"a/competition"} if forbidden else set()
    last = kept(tmp_path, uploaded("a/competition", "Pneumothorax radiographs"))
    found = apis.datasets(reading(repo).harvest(tmp_path, last))
    assert found["a/competition"].title == "Pneumothorax radiographs"


def test_a_copy_that_no_search_finds_is_read_by_its_name(repo: Kaggle, tmp_path: Path) -> None:
    repo.datasets = [uploaded("martholi/inbreast", "INbreast"), DATASETS[2]]
    found = apis.datasets(reading(repo).harvest(tmp_path))
    assert found["martholi/inbreast"].description == "About INbreast"


@pytest.mark.parametrize("rating", [1.5, -0.1, "high", True])
def test_a_rating_that_is_none_puts_its_record_aside(tmp_path: Path, rating: Any) -> None:
    rows = [uploaded("a/x", "Chest x-ray", usabilityRating=rating), uploaded("a/y", "Brain MRI")]
    with Kaggle(rows) as repo:
        assert list(apis.refusals(reading(repo).harvest(tmp_path))) == ["a/x"]


def test_a_name_that_leads_elsewhere_is_no_id(tmp_path: Path) -> None:
    rows = [uploaded("a/x", "Chest x-ray"), uploaded("../../admin/x", "Chest x-ray")]
    with Kaggle(rows) as repo:
        harvest = reading(repo).harvest(tmp_path)
        assert len(apis.refusals(harvest)) == 1
        assert not repo.asked("admin")


def test_a_page_to_prove_one_is_human_is_no_list(repo: Kaggle, tmp_path: Path) -> None:
    repo.fail("html", "datasets/list")
    with pytest.raises(SourceError, match="HTML page"):
        reading(repo).harvest(tmp_path)


def test_what_is_not_found_any_more_is_known_as_of_the_day_it_was_read(
    repo: Kaggle, tmp_path: Path
) -> None:
    place = Home(tmp_path)
    place.sources.mkdir(parents=True)
    source = apis.source("kaggle", f"{repo.url}/api/v1/")

    def read(*, full: bool) -> dict[str, Dataset]:
        how = harvesting.How(live=lambda _: True, full=full)
        assert harvesting.run(place, source, how, lambda _: None)["state"] == "ok"
        found = records.read(place.sources / "kaggle" / records.FILE)
        return {one.id.partition(":")[2]: one for one in found}

    repo.datasets = [*DATASETS, uploaded("a/competition", "Pneumothorax radiographs")]
    first = read(full=False)
    repo.datasets = list(DATASETS)
    again = read(full=True)
    assert again["a/competition"].status == "active"
    assert again["a/competition"].retrieved == first["a/competition"].retrieved
    assert again["a/competition"].provenance == first["a/competition"].provenance
    there = str(DATASETS[0]["ref"])
    assert again[there].retrieved > first[there].retrieved
