"""A condition is one concept whatever an archive calls it; health and placeholders are none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.vocabulary import anatomy, condition, table


def label(raw: str) -> str | None:
    found = condition.normalise(raw)
    return None if found is None else found.label


def found(text: str) -> list[str]:
    return [one.meaning.label for one in condition.find(text)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Glioblastoma Multiforme", "Glioblastoma"),
        ("GBM", "Glioblastoma"),
        ("Kidney Renal Clear Cell Carcinoma", "Clear cell renal cell carcinoma"),
        ("Lymphoid Neoplasm Diffuse Large B-cell Lymphoma", "Diffuse large B-cell lymphoma"),
        ("Sarcomas", "Sarcoma"),
        ("Parkinson's Disease", "Parkinson disease"),
        ("parkinson", "Parkinson disease"),
        ("PD", "Parkinson disease"),
        ("ADD/ADHD", "Attention deficit-hyperactivity disorder"),
        ("Leukaemia", "Leukemia"),
        ("Cancer", "Cancer"),
        ("tumours", "Neoplasm"),
    ],
)
def test_a_word_of_an_archive_is_its_condition(raw: str, expected: str) -> None:
    assert label(raw) == expected


def test_a_code_is_given_with_its_system() -> None:
    glioma, breast = condition.normalise("glioma"), condition.normalise("breast cancer")
    assert glioma == ("Glioma", "C3059", "NCIt", ("Brain",))
    assert breast is not None and (breast.code, breast.system) == ("MONDO:0007254", "MONDO")


def test_a_condition_without_a_certain_code_has_none() -> None:
    polyp = condition.normalise("polyp")
    assert polyp is not None and (polyp.code, polyp.system) == (None, None)


@pytest.mark.parametrize(
    "raw",
    [
        "Healthy / Control",
        "Healthy",
        "healthy controls",
        "Normal (non-cancer)",
        "Phantom",
        "Various",
        "MULTIPLE",
        "Non-Cancer",
        "Not Otherwise Specified",
        "gender",
    ],
)
def test_what_names_no_disease_is_known_to_be_none(raw: str) -> None:
    assert condition.is_not_condition(raw)
    assert condition.normalise(raw) is None


@pytest.mark.parametrize("raw", ["Cancer", "Epilepsy", "something new", "", "Healthy, epilepsy"])
def test_a_disease_or_an_unknown_word_is_not_called_none(raw: str) -> None:
    assert not condition.is_not_condition(raw)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("ATLAS R2.0 - Stroke Lesion Segmentation", ["Stroke"]),
        ("Diabetic Retinopathy Analysis Challenge MICCAI2022", ["Diabetic retinopathy"]),
        ("EEG: Reinforcement Learning in Parkinson's", ["Parkinson disease"]),
        ("Cancer Moonshot Biobank - Melanoma Collection", ["Melanoma"]),
        ("The Cancer Genome Atlas", []),
        ("Processing COVID-19 Vaccine Misinformation", []),
        ("COVID-19 (non-cancer)", ["COVID-19"]),
        ("Breast cancer: tumor regions and cancer cells", ["Breast cancer"]),
        ("tumor regions", ["Neoplasm"]),
        ("Resting state", []),
    ],
)
def test_a_title_tells_the_conditions_that_it_names(title: str, expected: list[str]) -> None:
    assert found(title) == expected


def test_an_abbreviation_of_many_meanings_is_read_only_alone() -> None:
    assert label("MS") == "Multiple sclerosis"
    assert found("GC-MS of PD signals in MS Windows") == []


def test_the_words_that_named_it_are_told() -> None:
    (one,) = condition.find("MRI of brain tumours in children")
    assert (one.meaning.label, one.words) == ("Brain tumor", "brain tumours")


def test_every_body_part_of_the_table_is_anatomy() -> None:
    for one in condition.conditions().values():
        for part in one.body_parts:
            concept = anatomy.normalise(part)
            assert concept is not None and concept.label == part, (one.label, part)


def test_codes_are_written_as_their_systems_write_them_and_belong_to_one_condition() -> None:
    codes = [one.code for one in condition.conditions().values() if one.code]
    assert len(codes) == len(set(codes)) > 100
    for code in codes:
        assert re.fullmatch(r"C\d{4,6}|MONDO:\d{7}", code), code


def test_no_word_names_two_conditions() -> None:
    named: dict[str, str] = {}
    rows = [(row["alias"], row["label"]) for row in table.read("condition_aliases")]
    for alias, name in [*rows, *((name, name) for name in condition.conditions())]:
        assert named.setdefault(table.squeeze(alias), name) == name, alias
        assert label(alias) == name


@given(st.text(max_size=200))
def test_any_text_can_be_asked(raw: str) -> None:
    condition.find(raw)
    assert condition.normalise(raw) is None or not condition.is_not_condition(raw)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("Lung adenocarcinoma", "C3512"),
        ("Lung squamous cell carcinoma", "C3493"),
        ("Hepatocellular carcinoma", "C3099"),
        ("Glioblastoma", "C3058"),
        ("Prostate cancer", "MONDO:0008315"),
        ("Colon cancer", "MONDO:0021063"),
        ("Pulmonary emphysema", "MONDO:0004849"),
        ("Gestational diabetes", "MONDO:0005406"),
    ],
)
def test_a_code_is_that_of_its_own_condition_and_not_of_its_neighbour(
    label: str, code: str
) -> None:
    """Codes as NCI Thesaurus and Mondo give them."""
    assert condition.conditions()[label].code == code


@pytest.mark.parametrize(
    ("raw", "never"),
    [
        ("overweight", "Obesity"),
        ("alcohol use", "Alcohol use disorder"),
        ("heavy drinkers", "Alcohol use disorder"),
        ("liver fibrosis", "Liver cirrhosis"),
        ("bone tumor", "Bone cancer"),
        ("breast tumor", "Breast cancer"),
        ("testicular cancer", "Testicular germ cell tumor"),
    ],
)
def test_a_word_for_less_or_for_more_is_not_called_the_disease(raw: str, never: str) -> None:
    found = [one.meaning.label for one in condition.find(raw)]
    whole = condition.normalise(raw)
    assert never not in found
    assert whole is None or whole.label != never
