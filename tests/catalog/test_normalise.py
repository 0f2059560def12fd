"""A record gets the vocabularies' words; what is filled says what it rests on; none is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.normalise import normalised
from harvesters import record
from schemas.dataset import Dataset, Method, Term

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = date(2026, 8, 21)


def made(title: str = "A dataset", **fields: Any) -> Dataset:
    known = {"id": "here:1", "source": "here", "kind": "dataset", "title": title, **fields}
    return record.dataset(known, NOW, snapshot=DAY)


def words(*raw: str) -> list[Term]:
    return [Term(label=one, raw=one) for one in raw]


def labels(terms: list[Term]) -> list[str]:
    return [term.label for term in terms]


def test_a_stated_condition_gets_its_concept_and_keeps_the_word() -> None:
    found = normalised(made(conditions=words("Glioblastoma Multiforme")))
    assert found.conditions == [
        Term(label="Glioblastoma", code="C3058", system="NCIt", raw="Glioblastoma Multiforme")
    ]
    assert found.provenance["conditions"].method is Method.STATED


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Healthy, Bipolar, Depression", ["Bipolar disorder", "Depression"]),
        ("Parkinson's disease; control", ["Parkinson disease"]),
        ("Patients with Aphasia after stroke", ["Aphasia", "Stroke"]),
        ("SSPI; ALS", ["Amyotrophic lateral sclerosis"]),
        ("ADD/ADHD", ["Attention deficit-hyperactivity disorder"]),
        ("Clinical High", ["Clinical High"]),
    ],
)
def test_a_sentence_of_several_conditions_is_all_that_it_names(
    raw: str, expected: list[str]
) -> None:
    found = normalised(made(conditions=words(raw)))
    assert labels(found.conditions) == expected
    assert {term.raw for term in found.conditions} == {raw}


def test_two_words_for_one_condition_are_one() -> None:
    found = normalised(made(conditions=words("Glioblastoma", "Glioblastoma Multiforme")))
    assert labels(found.conditions) == ["Glioblastoma"]


def test_healthy_people_have_no_condition_and_the_record_says_who_said_so() -> None:
    found = normalised(made("Epilepsy and health", conditions=words("Healthy / Control")))
    assert found.conditions == []
    told = found.provenance["conditions"]
    assert (told.source, told.method, told.snapshot) == ("here", Method.STATED, DAY)
    assert told.evidence == "conditions: Healthy / Control (no disease)"


@pytest.mark.parametrize("raw", ["Cancer screening", "Phantom", "Various; multiple"])
def test_words_that_name_no_disease_are_no_condition_whatever_is_in_them(raw: str) -> None:
    assert normalised(made("Melanoma", conditions=words(raw))).conditions == []


def test_a_title_fills_what_is_not_stated_and_is_named_as_evidence() -> None:
    found = normalised(made("Fundus images of diabetic retinopathy"))
    assert labels(found.conditions) == ["Diabetic retinopathy"]
    assert found.modalities == ["OP"]
    assert labels(found.body_parts) == ["Eye"]
    for field, evidence in (
        ("conditions", "title: diabetic retinopathy"),
        ("modalities", "title: fundus images"),
        ("body_parts", "modalities: OP"),
    ):
        told = found.provenance[field]
        assert (told.method, told.evidence) == (Method.DERIVED, evidence)
        assert (told.source, told.retrieved_at, told.snapshot) == ("here", NOW, DAY)


def test_what_is_stated_is_never_replaced() -> None:
    stated = made(
        "Brain MRI of stroke",
        modalities=["CT"],
        body_parts=words("Head"),
        conditions=words("Glioma"),
        licence="MIT",
        licence_raw="CC BY 4.0",
        tasks=["detection"],
        annotation_kinds=["landmark"],
    )
    found = normalised(stated)
    for field in ("modalities", "body_parts", "licence", "tasks", "annotation_kinds"):
        assert getattr(found, field) == getattr(stated, field)
    assert labels(found.conditions) == ["Glioma"]


def test_a_condition_tells_the_anatomy_that_it_implies() -> None:
    found = normalised(made(conditions=words("Colorectal Cancer", "Melanoma")))
    assert labels(found.body_parts) == ["Colon", "Rectum"]
    assert found.body_parts[0].system == "SCT" and found.body_parts[0].raw == "Colorectal Cancer"
    assert found.provenance["body_parts"].evidence == "conditions: Colorectal Cancer"


def test_a_condition_of_no_one_place_tells_no_anatomy() -> None:
    found = normalised(made(conditions=words("Lymphoma")))
    assert found.body_parts == [] and "body_parts" not in found.provenance


def test_what_a_method_shows_counts_before_a_disease_elsewhere() -> None:
    found = normalised(made("Breast cancer survivors", modalities_raw=["mri_functional"]))
    assert labels(found.body_parts) == ["Brain"]


def test_what_is_nearly_always_so_is_called_assumed() -> None:
    found = normalised(made(modalities=["MR"], modalities_raw=["mri_structural"]))
    assert labels(found.body_parts) == ["Brain"]
    assert found.provenance["body_parts"].method is Method.ASSUMED


def test_what_a_title_says_need_not_be_assumed() -> None:
    found = normalised(made("The brain of Chris", modalities_raw=["mri_structural"]))
    told = found.provenance["body_parts"]
    assert labels(found.body_parts) == ["Brain"]
    assert (told.method, told.evidence) == (Method.DERIVED, "title: brain")


def test_one_of_several_kinds_of_images_does_not_speak_for_all() -> None:
    found = normalised(made("Records of many patients", modalities=["CT", "MG", "MR"]))
    assert found.body_parts == []
    assert labels(normalised(made(modalities=["MG", "SR"])).body_parts) == ["Breast"]


def test_methods_of_the_brain_used_on_the_spinal_cord_show_the_spinal_cord() -> None:
    found = normalised(made("fMRI of the spinal cord", modalities_raw=["mri_functional"]))
    assert labels(found.body_parts) == ["Spinal cord"]


@pytest.mark.parametrize("title", ["Lung Phantom", "2024Phantom3D", "GBM-DSC-MRI-DRO"])
def test_a_test_object_has_neither_anatomy_nor_disease(title: str) -> None:
    found = normalised(made(title, modalities_raw=["mri_structural"]))
    assert (found.body_parts, found.conditions) == ([], [])


def test_a_phantom_limb_is_no_test_object() -> None:
    found = normalised(made("Resting EEG of Phantom Limb Pain"))
    assert labels(found.conditions) == ["Phantom limb pain"]


def test_a_disease_that_was_written_as_anatomy_is_a_condition() -> None:
    lung = Term(label="Lung", code="39607008", system="SCT", raw="lung cancer")
    found = normalised(made("ACDC-LungHP", body_parts=[lung]))
    assert found.body_parts == [lung]
    assert labels(found.conditions) == ["Lung cancer"]
    assert found.provenance["conditions"].evidence == "body_parts: lung cancer"


def test_a_challenge_is_asked_in_its_title_other_data_are_not() -> None:
    title = "Foot Ulcer Segmentation"
    assert normalised(made(title, kind="challenge")).tasks == ["segmentation"]
    assert normalised(made(title)).tasks == []


def test_what_subjects_did_is_no_task_of_an_algorithm() -> None:
    found = normalised(made(paradigms=["rest", "deterministic classification"]))
    assert found.paradigms == ["rest", "deterministic classification"]
    assert found.tasks == []


def test_words_for_tasks_and_annotations_become_those_of_the_vocabulary() -> None:
    found = normalised(
        made(
            tasks=["estimation", "image alchemy", "Segmentation", "segmentation"],
            annotation_kinds=["classification", "Bounding box", "measurement"],
        )
    )
    assert found.tasks == ["regression", "image alchemy", "segmentation"]
    assert found.annotation_kinds == ["class label", "bounding box", "measurement"]
    assert found.provenance["tasks"].method is Method.STATED


def test_a_modality_that_carries_annotations_tells_their_kind() -> None:
    found = normalised(made(modalities=["CT", "RTSTRUCT"]))
    assert found.annotation_kinds == ["contour"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("CC BY 4.0", "CC-BY-4.0"),
        ("CC BY 3.0; CC BY 4.0", "CC-BY-3.0 AND CC-BY-4.0"),
        ("CC BY 4.0; NIH Controlled Data Access Policy", None),
        ("CC BY NC SA", None),
        ("per dataset", None),
    ],
)
def test_a_licence_is_filled_only_where_every_word_is_certain(
    raw: str, expected: str | None
) -> None:
    found = normalised(made(licence_raw=raw))
    assert found.licence == expected
    assert ("licence" in found.provenance) is (expected is not None)


def test_words_for_modalities_become_codes_where_there_are_none() -> None:
    found = normalised(made("CT of the chest", modalities_raw=["Mammography", "multimodal"]))
    assert found.modalities == ["MG"]
    assert normalised(made("CT of the chest", modalities_raw=["multimodal"])).modalities == []


def test_a_record_that_says_nothing_stays_as_it_is() -> None:
    bare = made("ds004976")
    assert normalised(bare) is bare


def test_evidence_is_short_however_long_the_words() -> None:
    found = normalised(made(conditions=words("Glioma " * 10_000)))
    assert labels(found.conditions) == ["Glioma"]
    assert len(found.provenance["body_parts"].evidence or "") <= 200


TEXT = st.text(max_size=60) | st.sampled_from(
    ["Glioma", "Healthy / Control", "MRI", "lung cancer; tumor", "mri_structural", "eye", "SEG"]
)
TERMS = st.lists(TEXT.filter(str.strip).map(lambda raw: Term(label=raw, raw=raw)), max_size=3)


@given(
    title=TEXT.filter(str.strip),
    conditions=TERMS,
    body_parts=TERMS,
    modalities_raw=st.lists(TEXT, max_size=3),
    tasks=st.lists(TEXT, max_size=3),
    licence_raw=TEXT,
)
def test_normalising_again_changes_nothing_and_every_value_has_a_source(**fields: Any) -> None:
    once = normalised(made(**fields))
    assert normalised(once) == once
    for field in ("conditions", "body_parts", "modalities", "tasks", "licence"):
        assert not getattr(once, field) or field in once.provenance
