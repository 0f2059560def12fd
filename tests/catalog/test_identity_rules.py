"""Each rule of identity alone: what joins records, what only links them, what keeps them apart."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.identity import Identity, find, likeness
from schemas.dataset import Dataset, Distribution, Status
from tests.catalog.records_of_identity import record

SCANS: dict[str, Any] = {"subjects": 120, "modalities": ["MR"], "year": 2020}


def links(found: Identity) -> set[tuple[str, str, str, str]]:
    return {(one.dataset_id, one.relation, one.other_id, one.evidence) for one in found.links}


def test_one_doi_is_one_dataset_whatever_the_titles() -> None:
    found = find(
        [
            record("a:1", "Knees", doi="10.5281/zenodo.77"),
            record("b:1", "Scans of joints", doi="10.5281/zenodo.77"),
        ]
    )
    assert links(found) == {("b:1", "same_as", "a:1", "doi")}
    assert found.clusters == {"a:1": "a:1", "b:1": "a:1"}


def test_the_doi_of_a_part_or_of_a_paper_is_no_identity() -> None:
    part = Distribution(route="s3", doi="10.5281/zenodo.77")
    found = find(
        [
            record("a:1", "Knees", doi="10.5281/zenodo.77"),
            record("b:1", "Joints", distributions=[part]),
            record("c:1", "KiTS19 kidneys", doi="10.1016/j.media.2020.101821"),
            record("d:1", "KiTS21 kidneys", doi="10.1016/j.media.2020.101821"),
        ]
    )
    assert not found.clusters
    assert not found.links


@pytest.mark.parametrize(
    ("landing_url", "evidence"),
    [
        ("https://openneuro.org/datasets/ds000117/versions/1.0.0", "accession"),
        ("https://github.com/OpenNeuroDatasets/ds000117", "accession"),
    ],
)
def test_an_accession_named_elsewhere_is_the_dataset_of_its_repository(
    landing_url: str, evidence: str
) -> None:
    found = find(
        [
            record("openneuro:ds000117", "Faces", doi="10.18112/openneuro.ds000117.v1.1.0"),
            record("nemar:nm7", "Multimodal faces", landing_url=landing_url),
        ]
    )
    assert ("openneuro:ds000117", "same_as", "nemar:nm7", evidence) not in links(found)
    assert ("nemar:nm7", "same_as", "openneuro:ds000117", evidence) in links(found)


def test_one_page_is_one_dataset_and_its_spelling_does_not_matter() -> None:
    found = find(
        [
            record("a:1", "Knees", landing_url="https://www.knees.example/Data/"),
            record("b:1", "Joints", landing_url="http://knees.example/data?utm_source=x#top"),
        ]
    )
    assert links(found) == {("b:1", "same_as", "a:1", "url")}


def test_several_records_of_one_source_at_one_page_are_told_by_name_or_not_at_all() -> None:
    page = "https://knees.example/data"
    found = find(
        [
            record("a:1", "KneeSeg2", landing_url=page),
            record("b:1", "KneeSeg2", landing_url=page),
            record("b:2", "HipSeg4", landing_url=page),
        ]
    )
    assert found.clusters == {"a:1": "a:1", "b:1": "a:1"}
    assert not found.review

    found = find(
        [
            record("a:1", "Bones", landing_url=page),
            record("b:1", "KneeSeg2", landing_url=page),
            record("b:2", "HipSeg4", landing_url=page),
        ]
    )
    assert not found.clusters
    assert [(near.dataset_id, near.other_id) for near in found.review] == [
        ("a:1", "b:1"),
        ("a:1", "b:2"),
    ]


def test_a_record_that_is_called_a_task_is_part_of_the_one_at_its_page() -> None:
    page = "https://pelvis.grand-challenge.org/"
    found = find(
        [
            record("grand_challenge:pelvis", "Pelvis", "challenge", landing_url=page),
            record("sheets:1", "Pelvis Task 1", landing_url=page),
            record("sheets:2", "Pelvis Task 2", landing_url=page),
        ]
    )
    assert links(found) == {
        ("sheets:1", "part_of", "grand_challenge:pelvis", "accession"),
        ("sheets:2", "part_of", "grand_challenge:pelvis", "accession"),
    }
    assert not found.clusters


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("10.18112/openneuro.ds000117.v1.10.0", "10.18112/openneuro.ds000117.v1.9.0"),
        ("10.6084/m9.figshare.123456.v2", "10.6084/m9.figshare.123456.v1"),
    ],
)
def test_another_version_of_one_accession_is_linked_and_not_joined(newer: str, older: str) -> None:
    found = find([record("a:1", "Faces", doi=older), record("b:1", "Faces", doi=newer)])
    assert links(found) == {("b:1", "version_of", "a:1", "accession")}
    assert not found.clusters


def test_the_doi_of_all_versions_is_the_dataset_of_any_one() -> None:
    found = find(
        [
            record("a:1", "Faces", doi="10.6084/m9.figshare.123456"),
            record("b:1", "Faces", doi="10.6084/m9.figshare.123456.v2"),
        ]
    )
    assert links(found) == {("b:1", "same_as", "a:1", "accession")}


@pytest.mark.parametrize(
    ("related", "expected"),
    [
        (("IsIdenticalTo", "fairscan", "b:1"), ("a:1", "same_as", "b:1")),
        (("IsVariantFormOf", "DOI", "10.5281/zenodo.5"), ("a:1", "mirror_of", "b:1")),
        (("IsOriginalFormOf", "fairscan", "b:1"), ("a:1", "mirror_of", "b:1")),
    ],
)
def test_a_stated_copy_is_one_dataset(
    related: tuple[str, str, str], expected: tuple[str, str, str]
) -> None:
    found = find(
        [
            record("a:1", "Here", related=[related]),
            record("b:1", "There", doi="10.5281/zenodo.5"),
        ]
    )
    assert links(found) == {(*expected, "stated")}
    assert found.clusters == {"a:1": "b:1", "b:1": "b:1"}


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("IsPartOf", ("a:1", "part_of", "b:1")),
        ("HasPart", ("b:1", "part_of", "a:1")),
        ("IsDerivedFrom", ("a:1", "derived_from", "b:1")),
        ("IsSourceOf", ("b:1", "derived_from", "a:1")),
        ("IsVersionOf", ("a:1", "version_of", "b:1")),
        ("Obsoletes", ("a:1", "version_of", "b:1")),
        ("IsObsoletedBy", ("b:1", "version_of", "a:1")),
    ],
)
def test_a_stated_relation_links_and_keeps_apart_what_looks_the_same(
    relation: str, expected: tuple[str, str, str]
) -> None:
    same = {"landing_url": "https://knees.example/data", **SCANS}
    found = find(
        [
            record("a:1", "KneeSeg2", related=[(relation, "fairscan", "b:1")], **same),
            record("b:1", "KneeSeg2", **same),
        ]
    )
    assert links(found) == {(*expected, "stated")}
    assert not found.clusters
    assert not found.review


def test_a_statement_about_what_is_not_here_makes_no_link() -> None:
    said = [("IsPartOf", "fairscan", "b:9"), ("IsPartOf", "DOI", "10.5281/zenodo.9")]
    found = find([record("a:1", "Knees", related=said, derived_from=["c:3"])])
    assert not found.links


def test_a_statement_that_several_records_of_one_source_answer_to_makes_no_link() -> None:
    said = [("IsDerivedFrom", "DOI", "10.5281/zenodo.9")]
    twins = [record(f"b:{number}", "Hips", doi="10.5281/zenodo.9") for number in (1, 2)]
    assert not find([record("a:1", "Knees", related=said), *twins]).links
    assert len(find([record("a:1", "Knees", related=said), *twins[:1]]).links) == 1


def test_an_analysis_result_is_never_the_collection_even_with_its_doi() -> None:
    found = find(
        [
            record("tcia:knees", "Knees", "collection", doi="10.7937/abc"),
            record("idc:knees_seg", "Knees", "analysis_result", doi="10.7937/abc"),
        ]
    )
    assert not found.clusters
    (near,) = found.review
    assert any("analysis_result" in reason for reason in near.reasons)


def test_two_records_of_one_source_never_meet_in_a_third() -> None:
    found = find(
        [
            record("a:1", "Knees", doi="10.5281/zenodo.7", **SCANS),
            record("a:2", "Hips", landing_url="https://joints.example/x"),
            record("b:1", "X", doi="10.5281/zenodo.7", landing_url="https://joints.example/x"),
        ]
    )
    assert found.clusters == {"a:1": "a:1", "b:1": "a:1"}
    assert not {("a:2", "same_as", "b:1"), ("b:1", "same_as", "a:2")} & {
        (one.dataset_id, str(one.relation), one.other_id) for one in found.links
    }


def test_two_records_of_one_source_are_one_if_the_source_says_so() -> None:
    said = [("IsIdenticalTo", "fairscan", "a:2")]
    found = find([record("a:1", "Knees", related=said), record("a:2", "Hips")])
    assert found.clusters == {"a:1": "a:1", "a:2": "a:1"}
    alike = find([record("a:1", "KneeSeg2", **SCANS), record("a:2", "KneeSeg2", **SCANS)])
    assert not alike.clusters


def test_a_name_needs_facts_that_agree() -> None:
    def pair(title: str, **other: Any) -> Identity:
        return find([record("a:1", title, **SCANS), record("b:1", title, **{**SCANS, **other})])

    assert pair("KneeSeg2").clusters
    (link,) = pair("KneeSeg2").links
    assert (link.evidence, link.score >= likeness.SAME) == ("title+counts", True)
    assert pair("KneeSeg2", subjects=121).clusters
    assert not pair("KneeSeg2", subjects=240).clusters
    assert not pair("KneeSeg2", modalities=["CT"]).clusters
    assert not pair("Knees").clusters
    (near,) = pair("Knees").review
    assert likeness.NEAR <= near.score < likeness.SAME


def test_segmentations_of_scans_do_not_contradict_the_scans() -> None:
    found = find(
        [
            record("a:1", "KneeSeg2", modalities=["SEG", "SR"], subjects=120),
            record("b:1", "KneeSeg2", modalities=["CT"], subjects=120),
        ]
    )
    assert found.clusters


def test_of_several_that_are_as_alike_none_is_chosen() -> None:
    found = find(
        [
            record("a:1", "KneeSeg2", **SCANS),
            record("b:1", "KneeSeg2", **SCANS),
            record("b:2", "KneeSeg2", **SCANS),
        ]
    )
    assert not found.clusters
    assert len(found.review) == 2


def test_titles_that_share_most_words_are_shown_and_never_joined() -> None:
    def pair(title: str, **other: Any) -> Identity:
        one = record("a:1", "Segmented nuclei in stained histopathology slides", **SCANS)
        return find([one, record("b:1", title, **{**SCANS, **other})])

    alike = "Dataset of segmented nuclei in stained histopathology slides, DICOM"
    (near,) = pair(alike).review
    assert likeness.NEAR <= near.score < likeness.SAME
    assert not pair(alike).clusters
    assert not pair(alike, subjects=5).review
    assert not pair("Stained knees").review


def test_editions_of_a_challenge_follow_one_another_and_are_never_one() -> None:
    found = find(
        [
            record("x:1", "KneeSeg 2019", "challenge", **SCANS),
            record("y:1", "MICCAI KneeSeg'21 Challenge", "challenge", **SCANS),
            record("z:1", "KneeSeg 2022 (KneeSeg22)", "challenge", **SCANS),
            record("z:2", "KneeSeg: nothing of a year", "challenge", **SCANS),
        ]
    )
    assert links(found) == {
        ("y:1", "version_of", "x:1", "title"),
        ("z:1", "version_of", "y:1", "title"),
    }
    assert not found.clusters


def test_one_short_name_with_two_dois_is_one_dataset_only_if_a_count_agrees() -> None:
    def pair(subjects: int) -> Identity:
        return find(
            [
                record("tcia:knees", "Knees", doi="10.7937/a", subjects=100),
                record(
                    "idc:knees",
                    "Slides of knees",
                    doi="10.5281/zenodo.1",
                    identifiers=[("short_name", "Knees")],
                    subjects=subjects,
                ),
            ]
        )

    assert pair(100).clusters
    assert not pair(140).clusters
    assert len(pair(140).review) == 1


def test_a_page_copied_in_a_list_does_not_outweigh_the_name() -> None:
    found = find(
        [
            record("tcia:knee-ct", "Knee-CT2", landing_url="https://knee.example"),
            record("tcia:hip-ct", "Hip-CT2", landing_url="https://hip.example"),
            record("medical_dataset_sheets:hip", "Hip-CT2", landing_url="https://knee.example"),
        ]
    )
    assert "medical_dataset_sheets:hip" not in found.clusters


def standing(*members: Dataset) -> str:
    (stands,) = set(find(members).clusters.values())
    return stands


def test_the_publisher_stands_for_its_mirrors_and_a_repository_for_lists() -> None:
    doi = "10.7937/abc"
    listed = record("openchallenges:a", "Knees", doi=doi, subjects=3, year=2020, images=7)
    mirror = record("idc:a", "Knees", doi=doi, subjects=3, year=2020)
    publisher = record("tcia:a", "Knees", doi=doi)
    assert standing(listed, mirror, publisher) == "tcia:a"
    assert standing(listed, mirror) == "idc:a"
    gone = publisher.model_copy(update={"status": Status.WITHDRAWN})
    assert standing(listed, mirror, gone) == "idc:a"
    page = {"landing_url": "https://knees.example"}
    assert standing(record("a:1", "K", **page), record("b:1", "K", year=2020, **page)) == "b:1"


def test_a_member_without_evidence_of_its_own_is_tied_as_weakly_as_its_chain() -> None:
    found = find(
        [
            record("a:1", "A", doi="10.5281/zenodo.7", subjects=9, year=2020),
            record("b:1", "B", doi="10.5281/zenodo.7", landing_url="https://b.example"),
            record("c:1", "C", landing_url="https://b.example"),
        ]
    )
    ties = {one.dataset_id: (one.other_id, one.evidence, one.score) for one in found.links}
    assert ties == {"b:1": ("a:1", "doi", 1.0), "c:1": ("a:1", "url", 0.9)}

    found = find(
        [
            record("a:1", "A", landing_url="https://b.example", subjects=9, doi="10.7937/a"),
            record("b:1", "B", landing_url="https://b.example", identifiers=[("zenodo", "7")]),
            record("c:1", "C", identifiers=[("zenodo", "7")]),
        ]
    )
    ties = {one.dataset_id: (one.other_id, one.evidence, one.score) for one in found.links}
    assert ties == {"b:1": ("a:1", "url", 0.9), "c:1": ("a:1", "url", 0.9)}


def test_what_very_many_share_is_not_compared_pair_by_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []
    score = likeness.score
    monkeypatch.setattr(likeness, "score", lambda *pair: compared.append(pair) or score(*pair))
    page = "https://portal.example"
    many = [
        record(f"{source}:{number}", "TestSet2 of scans", landing_url=page)
        for source in ("a", "b")
        for number in range(300)
    ]
    assert not find(many).clusters
    assert not compared
    few = [record("a:1", "TestSet2 of scans"), record("b:1", "TestSet2 of scans")]
    find(few)
    assert len(compared) == 1
