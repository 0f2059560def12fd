"""What lists and data sheets know of challenges lies under what the repository says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from harvesters.base import harvester_for
from harvesters.grand_challenge.overlay import described
from harvesters.record import overlaid
from harvesters.registry import load_sources
from harvesters.sheets import pieces
from harvesters.snapshots import load
from schemas.dataset import Access, Dataset, Method

DAY = date(2026, 8, 31)


def sheet(**said: Any) -> dict[str, Any]:
    """A row of the snapshot in which a data sheet says these things."""
    row = {"_id": "mine", "slug": "Mine", "url": "https://mine.grand-challenge.org/"}
    row["title"] = {"text": "Mine", "from": "openchallenges"}
    told = {
        name: [{"text": text, "from": "awesome_medical_dataset"} for text in texts]
        for name, texts in said.items()
    }
    return {**row, **told}


@pytest.fixture(scope="module")
def snapshot() -> dict[str, Dataset]:
    packaged = load("grand_challenge")
    assert packaged is not None
    harvester = harvester_for(load_sources()["grand_challenge"])
    datasets = [harvester.from_snapshot(row, packaged.day) for row in packaged.rows()]
    return {dataset.id: dataset for dataset in datasets}


def test_the_packaged_snapshot_holds_217_challenges(snapshot: dict[str, Dataset]) -> None:
    assert len(snapshot) == 217
    assert {dataset.snapshot for dataset in snapshot.values()} == {load("grand_challenge").day}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("year", 192),
        ("modalities", 126),
        ("body_parts", 92),
        ("tasks", 124),
        ("licence", 8),
        ("distributions", 16),
    ],
)
def test_the_snapshot_knows_what_it_knew(
    field: str, known: int, snapshot: dict[str, Dataset]
) -> None:
    assert sum(bool(getattr(dataset, field)) for dataset in snapshot.values()) == known


def test_every_value_of_the_snapshot_names_who_curated_it(snapshot: dict[str, Dataset]) -> None:
    told = [one for dataset in snapshot.values() for one in dataset.provenance.values()]
    assert {one.method for one in told} == {Method.CURATED}
    assert {one.source for one in told} == {
        "openchallenges",
        "challenge_list",
        "awesome_medical_dataset",
        "aws_open_data",
    }


def test_a_public_bucket_is_open_under_its_own_licence(snapshot: dict[str, Dataset]) -> None:
    camelyon = snapshot["grand_challenge:camelyon16"]
    (bucket,) = camelyon.distributions
    assert (bucket.route, bucket.url, bucket.licence) == ("s3", "s3://camelyon-dataset/", "CC0-1.0")
    assert (camelyon.licence, camelyon.access) == ("CC0-1.0", Access.OPEN)
    assert camelyon.provenance["licence"].source == "aws_open_data"


def test_a_live_harvest_keeps_what_only_the_overlay_knows() -> None:
    base = described(sheet(modality=["CT"], anatomy=["Lung"]), DAY)
    live = base.model_copy(
        update={"title": "New name", "modalities": [], "body_parts": [], "provenance": {}}
    )
    both = overlaid(base, live)
    assert both.modalities == ["CT"]
    assert both.provenance["modalities"].source == "awesome_medical_dataset"
    assert both.provenance["modalities"].snapshot == DAY


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("CT, MR (T1, T2w)", ["CT", "MR"]),
        ("Histopathology H&E", ["SM"]),
        ("PET/CT", ["PT", "CT"]),
        ("MR-T1，MR-DWI", ["MR"]),
        ("CE CT & CT", ["CT"]),
        ("MRI, CT, etc.", ["MR", "CT"]),
        ("X-ray", []),
        ("multimodal", []),
    ],
)
def test_modalities_in_prose_become_codes_or_stay_as_written(text: str, codes: list[str]) -> None:
    dataset = described(sheet(modality=[text]), DAY)
    assert (dataset.modalities, dataset.modalities_raw) == (codes, [text])


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("C,S,L", ["classification", "segmentation", "localisation"]),
        ("RC,S", ["reconstruction", "segmentation"]),
        ("Segmentation/Detection", ["segmentation", "detection"]),
        ("A", []),
    ],
)
def test_tasks_in_short_become_words(text: str, tasks: list[str]) -> None:
    assert described(sheet(task=[text]), DAY).tasks == tasks


def test_anatomy_keeps_the_word_beside_the_concept() -> None:
    terms = described(sheet(anatomy=["Liver, left kidney, right kidney.", "10 tasks"]), DAY)
    assert [(term.label, term.raw) for term in terms.body_parts] == [
        ("Liver", "Liver"),
        ("Kidney", "left kidney"),
    ]


def test_a_licence_for_registered_users_says_how_it_is_had() -> None:
    dataset = described(sheet(licence=["CC BY-NC-ND 4.0 (registered users)"]), DAY)
    assert (dataset.licence, dataset.access) == ("CC-BY-NC-ND-4.0", Access.REGISTERED)
    assert dataset.licence_raw == "CC BY-NC-ND 4.0 (registered users)"


def test_a_sheet_that_says_nothing_leaves_everything_unknown() -> None:
    dataset = described(sheet(), DAY)
    assert (dataset.licence, dataset.access, dataset.year) == (None, None, None)
    assert dataset.modalities == dataset.tasks == dataset.distributions == []
    assert set(dataset.provenance) == {"title", "landing_url", "identifiers"}


def test_prose_is_cut_at_every_kind_of_comma() -> None:
    assert pieces("Spleen, right kidney；liver/aorta & Head and Neck etc.") == [
        "Spleen",
        "right kidney",
        "liver",
        "aorta",
        "Head",
        "Neck",
    ]
