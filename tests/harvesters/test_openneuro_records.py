"""What an OpenNeuro dataset is said to be: only what it states, and no person in it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harvesters.openneuro import kept as openneuro_kept
from harvesters.openneuro import records as openneuro_records
from harvesters.openneuro.links import papers
from schemas.dataset import Access, Dataset, Method, Status
from schemas.errors import RecordError
from tests.emulators.openneuro import OpenNeuro, dataset
from tests.harvesters.openneuro_runs import run

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def kept(node: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a whole answer about `node`."""
    answer = copy.deepcopy(node)
    for name in ("related", "contributors", "deprecated", "size"):
        answer["latestSnapshot"].setdefault(name)
    return openneuro_kept.live(answer, answer.pop("metadata"), [], NOW)


def read(**more: Any) -> Dataset:
    """The record of a dataset ds000001 with `more` in its latest snapshot or metadata."""
    return openneuro_records.live(kept(dataset("ds000001", **more)), NOW)


def described(**fields: Any) -> Dataset:
    return read(description=fields)


def summed(**fields: Any) -> Dataset:
    return read(summary=summary(**fields))


def summary(**fields: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        "modalities secondaryModalities subjects tasks size subjectMetadata pet".split()
    )
    return {**empty, **fields}


def people(*told: tuple[float | None, str | None]) -> list[dict[str, Any]]:
    return [{"age": age, "sex": sex} for age, sex in told]


def counts(values: list[Any]) -> dict[str, int]:
    return {count.value: count.count for count in values}


def test_the_title_is_the_name_that_the_latest_snapshot_states() -> None:
    found = described(Name="  Balloon <b>Analog</b>\nRisk-taking Task ")
    assert found.title == "Balloon Analog Risk-taking Task"
    assert found.provenance["title"].method is Method.STATED


@pytest.mark.parametrize("name", ["ds000001", " ", "<script>alert(1)</script>"])
def test_a_name_that_the_server_made_up_or_that_is_blank_is_no_stated_title(name: str) -> None:
    found = described(Name=name)
    assert found.title == "ds000001"
    assert found.provenance["title"].method is Method.DERIVED


@pytest.mark.parametrize(
    "stated",
    [
        "10.18112/openneuro.ds000001.v1.0.0",
        "doi:10.18112/openneuro.ds000001.v1.0.0",
        "https://doi.org/10.18112/OPENNEURO.ds000001.v1.0.0",
    ],
)
def test_a_doi_that_is_the_built_one_is_stated(stated: str) -> None:
    found = described(DatasetDOI=stated)
    assert found.doi == "10.18112/openneuro.ds000001.v1.0.0"
    assert found.provenance["doi"].method is Method.STATED
    assert found.related == []


@pytest.mark.parametrize(
    ("stated", "relation"),
    [
        ("doi:10.18112/openneuro.ds000001.v0.9.12", "IsNewVersionOf"),
        ("doi:10.18112/openneuro.ds000001.v1.0.10", "IsPreviousVersionOf"),
        ("doi:10.18112/openneuro.ds000001.v57fecb0c", "IsVariantFormOf"),
        ("doi:10.18112/openneuro.ds004215.v2.0.1", "References"),
        ("10.17605/OSF.IO/WDR78", "IsVariantFormOf"),
    ],
)
def test_another_doi_is_a_related_one_and_never_the_datasets(stated: str, relation: str) -> None:
    found = described(DatasetDOI=stated)
    assert found.doi == "10.18112/openneuro.ds000001.v1.0.0"
    assert found.provenance["doi"].method is Method.DERIVED
    (link,) = found.related
    assert (link.relation, link.scheme) == (relation, "DOI")
    assert link.value == stated.removeprefix("doi:").lower()


def test_versions_are_ordered_by_number() -> None:
    node = dataset(
        "ds000001", "1.0.10", description={"DatasetDOI": "10.18112/openneuro.ds000001.v1.0.9"}
    )
    (link,) = openneuro_records.live(kept(node), NOW).related
    assert link.relation == "IsNewVersionOf"


@pytest.mark.parametrize("stated", [None, "", "mockDOI", "TODO", "10.18112"])
def test_what_is_no_doi_leaves_the_built_one(stated: str | None) -> None:
    found = described(DatasetDOI=stated)
    assert found.doi == "10.18112/openneuro.ds000001.v1.0.0"
    assert (found.provenance["doi"].method, found.related) == (Method.DERIVED, [])


@pytest.mark.parametrize(
    ("stated", "spdx"),
    [
        ("CC0", "CC0-1.0"),
        ("PDDL", "PDDL-1.0"),
        ("CC-By Attribution 4.0 International", "CC-BY-4.0"),
        ("BSD", None),
        ("Property of the Epilepsy Centre", None),
        ("Unknown", None),
    ],
)
def test_a_stated_licence_is_normalised_beside_its_wording(stated: str, spdx: str | None) -> None:
    found = described(License=stated)
    assert (found.licence, found.licence_raw, found.licence_assumed) == (spdx, stated, False)
    assert {part.licence for part in found.distributions} == {spdx}


@pytest.mark.parametrize("stated", [None, "", " ", "n/a", "NA"])
def test_where_no_licence_is_stated_the_policy_is_assumed_and_said_so(stated: str | None) -> None:
    found = described(License=stated)
    assert (found.licence, found.licence_raw, found.licence_assumed) == ("CC0-1.0", None, True)
    assert found.provenance["licence"].method is Method.ASSUMED
    assert {(part.licence, part.licence_url) for part in found.distributions} == {(None, None)}


def test_modalities_are_those_of_bids_and_their_dicom_codes() -> None:
    found = summed(
        modalities=["mri", "nirs", "channels", "events", "01", "T1w", None, "ieeg", "beh"],
        secondaryModalities=["mri_functional", "pet_static"],
    )
    assert found.modalities_raw == [
        "beh", "ieeg", "mri", "mri_functional", "nirs", "pet_static", "t1w",
    ]  # fmt: skip
    assert found.modalities == ["EEG", "MR", "PT"]


def test_without_a_summary_nothing_is_known_of_its_content() -> None:
    found = read(summary=None)
    assert (found.subjects, found.bytes, found.modalities, found.paradigms) == (None, None, [], [])


def test_subjects_are_counted_and_none_is_unknown() -> None:
    assert summed(subjects=["01", "02", "02"]).subjects == 2
    assert summed(subjects=[]).subjects is None


def test_sizes_of_zero_are_unknown() -> None:
    assert read(size=0, summary=summary(size=77)).bytes == 77
    assert read(size=None, summary=summary(size=0)).bytes is None


def test_sexes_are_counted_in_any_spelling() -> None:
    told = people((None, "f"), (None, "Female"), (None, "M"), (None, "n/a"), (None, None))
    assert counts(summed(subjectMetadata=told).sexes) == {"F": 2, "M": 1}


def test_ages_are_counted_in_bands_and_the_capped_one_is_unknown() -> None:
    told = people((8.5, None), (21, None), (29, None), (89, None), (93, None), (None, None))
    assert counts(summed(subjectMetadata=told).age_bands) == {"0-9": 1, "20-29": 2, "90+": 1}


@pytest.mark.parametrize("age", [-1, 200, float("nan"), float("inf")])
def test_an_age_that_nobody_has_is_unknown(age: float) -> None:
    assert summed(subjectMetadata=people((age, None))).age_bands == []


@pytest.mark.parametrize(("species", "known"), [("Mouse", False), ("Human", True), (None, True)])
def test_ages_of_animals_are_not_taken_for_years(species: str | None, known: bool) -> None:
    found = read(
        metadata={"species": species}, summary=summary(subjectMetadata=people((12.0, "F")))
    )
    assert bool(found.age_bands) is known
    assert counts(found.sexes) == {"F": 1}


def test_authors_keep_their_order_and_get_their_orcid_but_no_address() -> None:
    person = {"name": "Poldrack, Russell A.", "givenName": "Russell A.", "familyName": "Poldrack"}
    found = read(
        description={
            "Authors": ["Ada Lovelace <ada@example.org>", "Russell A. Poldrack", "n/a", None,
                        "bob@example.org", "Ada Lovelace"]
        },
        contributors=[{**person, "orcid": "https://orcid.org/0000-0001-6755-0259"}, None],
    )  # fmt: skip
    assert [(creator.name, creator.orcid) for creator in found.creators] == [
        ("Ada Lovelace", None),
        ("Russell A. Poldrack", "0000-0001-6755-0259"),
    ]


def test_contributors_are_the_creators_where_no_author_is_named() -> None:
    someone = {"name": "Doe, J.", "givenName": None, "familyName": None, "orcid": None}
    assert [c.name for c in read(contributors=[someone]).creators] == ["Doe, J."]


def test_related_works_have_datacites_relations() -> None:
    found = read(
        description={"ReferencesAndLinks": ["See (doi:10.1000/abc.1).", "https://example.org"]},
        related=[
            {"id": "10.18112/openneuro.ds000002.v1.0.0", "kind": "Dataset", "relation": "source"},
            {"id": "10.1000/paper", "kind": "Article", "relation": "sameAs"},
            {"id": "pending", "kind": "Article", "relation": "sameAs"},
        ],
        metadata={
            "associatedPaperDOI": "https://doi.org/10.1000/own",
            "openneuroPaperDOI": "DOI: 10.1000/using, 10.1000/using2",
        },
    )
    assert [(link.relation, link.value) for link in found.related] == [
        ("IsDerivedFrom", "10.18112/openneuro.ds000002.v1.0.0"),
        ("IsDescribedBy", "10.1000/paper"),
        ("IsDescribedBy", "10.1000/own"),
        ("IsCitedBy", "10.1000/using"),
        ("IsCitedBy", "10.1000/using2"),
        ("References", "10.1000/abc.1"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.1016/S0896-6273(02)00569-X", ["10.1016/s0896-6273(02)00569-x"]),
        ("(10.1000/a(b)c)", ["10.1000/a(b)c"]),
        ("see https://doi.org/10.1000/x; and more", ["10.1000/x"]),
        ("pending", []),
        ("1", []),
        (None, []),
    ],
)
def test_a_doi_in_a_sentence_ends_before_its_punctuation(
    text: str | None, found: list[str]
) -> None:
    assert [link.value for link in papers(text, None, None)] == found


def test_what_says_nothing_is_left_out() -> None:
    found = read(
        metadata={"species": "n/a", "dxStatus": "Other", "grantFunderName": " "},
        description={"Funding": ["None", "NIH R01", None]},
        summary=summary(tasks=["rest", "TODO: full task name for rest", None, "rest"]),
    )
    assert (found.species, found.conditions) == ([], [])
    assert (found.funders, found.paradigms) == (["NIH R01"], ["rest"])


def test_the_record_says_when_it_was_made_where_it_lies_and_how_to_get_it() -> None:
    found = read(created="2018-07-14T01:16:37.000Z", publishDate="2018-10-12T00:00:00.000Z", size=5)
    assert (found.created, found.published, found.modified) == (
        datetime(2018, 7, 14, 1, 16, 37, tzinfo=UTC),
        datetime(2018, 10, 12, tzinfo=UTC),
        datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    )
    assert (found.year, found.access, found.status) == (2018, Access.OPEN, Status.ACTIVE)
    assert found.landing_url == "https://openneuro.org/datasets/ds000001/versions/1.0.0"
    assert [(part.route, part.url, part.bytes) for part in found.distributions] == [
        ("s3", "s3://openneuro.org/ds000001", 5),
        ("git", "https://github.com/OpenNeuroDatasets/ds000001.git", None),
    ]


def test_body_parts_that_a_pet_summary_names_are_coded() -> None:
    found = summed(pet={"BodyPart": ["Brain", None, "n/a"]})
    assert [(part.label, part.system, part.raw) for part in found.body_parts] == [
        ("Brain", "SCT", "Brain")
    ]


def test_nothing_of_a_single_subject_is_kept_or_any_address(tmp_path: Path) -> None:
    told = [{"participantId": "zz9plural", "age": 41.25, "sex": "F", "group": "g"}]
    node = dataset(
        "ds000001",
        summary=summary(subjects=["zz9plural"], subjectMetadata=told, size=1)
        | {"totalFiles": 1, "sessions": ["zz9session"]},
        description={"Authors": ["A B (a.b@example.org)"], "License": "ask me@example.org"},
        metadata={"adminUsers": ["owner"], "dxStatus": "x@example.org"},
    )
    with OpenNeuro([node]) as repo:
        found = run(repo, tmp_path)
    text = json.dumps(found.raw) + found.datasets["ds000001"].model_dump_json()
    for secret in ("zz9", "41.25", "@", "owner"):
        assert secret not in text
    assert found.datasets["ds000001"].subjects == 1


def test_no_shape_of_an_answer_breaks_more_than_its_record() -> None:
    whole = kept(
        dataset(
            "ds000001",
            summary=summary(subjects=["01"], subjectMetadata=people((30, "F")), tasks=["rest"]),
            description={"Authors": ["A"], "ReferencesAndLinks": ["10.1000/x"]},
            contributors=[{"name": "A", "givenName": "", "familyName": "", "orcid": ""}],
            related=[{"id": "10.1000/x", "kind": "Article", "relation": "source"}],
        )
    )
    outcomes = set()
    for path in paths(whole):
        for odd in (None, 0, -1, 1e400, "x", "", [], {}, [None], [1], [[]], {"a": 1}, True):
            try:
                outcomes.add(type(openneuro_records.live(replaced(whole, path, odd), NOW)))
            except (RecordError, ValidationError) as error:
                outcomes.add(type(error))
    assert outcomes == {Dataset, RecordError, ValidationError}


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        if above or name not in ("id", "form", "unread"):  # ours, not the repository's
            yield (*above, name)
            if isinstance(inner, dict | list):
                yield from paths(inner, (*above, name))


def replaced(value: dict[str, Any], path: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    new: Any = copy.deepcopy(value)
    inner = new
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    return dict(new)
