"""Facts of repositories that are easy to get wrong: names, licences and counts, as curated."""

from __future__ import annotations

import pytest

from harvesters import facts
from harvesters.registry import load_sources
from schemas.dataset import Access, Dataset
from schemas.source import Source, SourceStatus
from schemas.vocabulary import licence

SOURCES = load_sources()
MINE = (
    "visceral omi_db eucanshare cardiac_atlas cornell_via mosmeddata chase_db1 ida fitbir cq500"
    " bcdr inbreast nih_chestxray14 stare hrf mias echonet_dynamic covid19_ct_seg ddsm vhp"
).split()


def known(name: str) -> Dataset:
    """The curated dataset of that id."""
    key = name.partition(":")[0]
    return {one.id: one for one in (raw.build() for raw in facts.curated(SOURCES[key]))}[name]


def related(dataset: Dataset) -> set[tuple[str, str]]:
    return {(one.relation, one.value) for one in dataset.related}


@pytest.mark.parametrize("key", MINE)
def test_every_row_of_the_review_has_a_source_its_seed_and_a_dataset(key: str) -> None:
    source: Source = SOURCES[key]
    assert source.seed is not None
    assert source.seed.name
    assert source.seed.url
    found = [raw.build() for raw in facts.curated(source)]
    assert found
    assert all(one.modalities and one.body_parts and one.access for one in found)


@pytest.mark.parametrize("key", MINE)
def test_a_value_is_graded_by_how_well_it_is_known(key: str) -> None:
    for raw in facts.curated(SOURCES[key]):
        provenance = raw.build().provenance
        assert {told.confidence for told in provenance.values()} != {None}


@pytest.mark.parametrize(
    ("key", "wrong", "right"),
    [
        ("visceral", "viscer.al.eu", "visceral.eu"),
        ("cq500", "quare.ai", "qure.ai"),
        ("stare", "~ahover", "~ahoover"),
    ],
)
def test_a_mangled_address_of_the_review_is_kept_beside_the_right_one(
    key: str, wrong: str, right: str
) -> None:
    source = SOURCES[key]
    assert source.seed is not None
    assert wrong in str(source.seed.url)
    assert right in str(source.seed.corrected)
    assert wrong not in source.landing_url


@pytest.mark.parametrize(
    ("key", "named"),
    [("nih_chestxray14", "NHS Chest X-ray NIHC"), ("mias", "MIAS mini-database")],
)
def test_a_name_of_the_review_is_kept_word_for_word(key: str, named: str) -> None:
    seed = SOURCES[key].seed
    assert seed is not None
    assert seed.name == named


def test_the_chest_radiographs_are_of_the_american_institutes() -> None:
    seed = SOURCES["nih_chestxray14"].seed
    assert seed is not None
    assert "US National Institutes of Health" in str(seed.corrected)
    assert "NHS" not in SOURCES["nih_chestxray14"].name


@pytest.mark.parametrize("name", ["mias:mias", "mias:mini-mias"])
def test_mias_holds_mammograms_and_no_ultrasound(name: str) -> None:
    seed = SOURCES["mias"].seed
    assert seed is not None
    assert seed.images == "MG, US"
    assert known(name).modalities == ["MG"]


def test_chase_shows_children_and_not_diabetes() -> None:
    seed = SOURCES["chase_db1"].seed
    assert seed is not None
    assert seed.disease == "Diabetes"
    found = known("chase_db1:chase_db1")
    assert found.conditions == []
    assert (found.subjects, found.images) == (14, 28)


def test_a_label_on_a_copy_does_not_change_the_licence_of_the_publisher() -> None:
    found = known("echonet_dynamic:echonet-dynamic")
    assert found.licence is None
    assert "Stanford University Dataset Research Use Agreement" in str(found.licence_raw)
    assert found.access is Access.REGISTERED
    assert found.distributions == []


def test_two_copies_of_mias_have_two_licences() -> None:
    whole, small = known("mias:mias"), known("mias:mini-mias")
    assert (whole.licence, small.licence) == (None, None)
    assert whole.licence_raw == "CC BY"
    assert "research only" in str(small.licence_raw)
    assert ("IsDerivedFrom", "mias:mias") in related(small)
    assert (whole.doi, small.doi) == ("10.17863/cam.105113", None)


def test_the_terms_of_the_visible_human_are_no_licence_of_spdx() -> None:
    found = known("vhp:vhp")
    assert found.licence == "LicenseRef-NLM-Terms-2019"
    assert SOURCES["vhp"].licence is None


def test_the_doi_of_a_conversion_is_not_that_of_the_release() -> None:
    found = known("vhp:vhp")
    assert found.doi is None
    assert (found.subjects, found.images, found.bytes) == (2, None, None)
    assert ("IsOriginalFormOf", "idc:nlm_visible_human_project") in related(found)


def test_no_restrictions_are_no_cc0() -> None:
    found = known("nih_chestxray14:chestxray14")
    assert found.licence is None
    assert "no restrictions" in str(found.licence_raw)
    assert (found.subjects, found.images) == (30_805, 112_120)


@pytest.mark.parametrize(
    "name",
    ["cq500:cq500", "hrf:hrf", "chase_db1:chase_db1", "stare:stare", "inbreast:inbreast",
     "ddsm:ddsm", "visceral:anatomy", "bcdr:bcdr"],
)  # fmt: skip
def test_a_licence_that_nobody_saw_is_unknown(name: str) -> None:
    found = known(name)
    assert found.licence is None
    # Nor may it be read out of hearsay later.
    assert licence.normalise(found.licence_raw) is None


def test_a_book_under_cc_by_nc_says_nothing_of_the_images_it_describes() -> None:
    found = known("visceral:anatomy")
    assert found.licence_raw == "VISCERAL usage agreement"


def test_counts_on_which_sources_disagree_are_unknown() -> None:
    assert known("visceral:anatomy").series is None
    assert known("omi_db:omi-db").images is None
    assert known("stare:stare").images is None
    assert known("stare:vessels").images == 20
    assert known("bcdr:bcdr").subjects is None


def test_a_million_records_are_neither_subjects_nor_images() -> None:
    found = known("eucanshare:catalogue")
    assert (found.subjects, found.images) == (None, None)


def test_women_are_counted_as_of_the_paper() -> None:
    found = known("omi_db:omi-db")
    assert found.subjects == 172_282
    assert "May 2020" in str(found.description)


def test_the_counts_of_a_curated_part_are_not_those_of_the_original() -> None:
    found = known("ddsm:ddsm")
    assert (found.subjects, found.images, found.licence) == (2620, None, None)
    assert {("IsSourceOf", "tcia:cbis-ddsm"), ("IsSourceOf", "idc:cbis_ddsm")} <= related(found)
    assert SOURCES["ddsm"].status is SourceStatus.SUPERSEDED


def test_the_two_sets_of_medseg_are_two_datasets_and_not_the_one_at_zenodo() -> None:
    first, second = known("covid19_ct_seg:13521488"), known("covid19_ct_seg:13521509")
    assert {first.doi, second.doi} == {
        "10.6084/m9.figshare.13521488", "10.6084/m9.figshare.13521509"
    }  # fmt: skip
    assert first.licence == second.licence == "CC0-1.0"
    assert "zenodo" not in (first.model_dump_json() + second.model_dump_json()).lower()


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("cq500", "gone"), ("inbreast", "gone"), ("visceral", "ended"), ("eucanshare", "ended"),
        ("mias", "moved"), ("mosmeddata", "moved"), ("chase_db1", "moved"),
        ("bcdr", None), ("cornell_via", None),
    ],
)  # fmt: skip
def test_what_became_of_a_repository_is_said_where_it_is_known(
    key: str, status: str | None
) -> None:
    assert SOURCES[key].status == status


def test_data_that_are_gone_are_still_described() -> None:
    found = known("cq500:cq500")
    assert (found.access, found.subjects) == (Access.GONE, 491)
    assert known("inbreast:inbreast").images == 410
