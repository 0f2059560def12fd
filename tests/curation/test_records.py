"""Ages, dates, codes, licences and identities that a steward must hear about."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.dataset import Distribution


def _only(findings, check):
    (finding,) = [f for f in findings if f["check_id"] == check]
    return finding


def _ids(findings):
    return {finding["check_id"] for finding in findings}


@pytest.mark.parametrize(("age", "years"), [("091Y", 91.0), ("105Y", 105.0), ("110Y", 110.0)])
def test_an_age_above_89_is_masked_without_saying_which(catalogue, age, years):
    finding = catalogue.fired(age_raw=age, age_years=years)["age-above-89"]
    assert finding["evidence"] == "> 89 Y"
    (mask,) = catalogue.table("masks")
    assert mask == {
        "dataset_id": "idc:lung",
        "field": "age_raw",
        "value": age,
        "check_id": "age-above-89",
    }


@pytest.mark.parametrize("age", ["090Y", "90", "089Y", "543M", "998D", "000Y"])
def test_the_top_code_and_younger_ages_may_be_published(catalogue, age):
    catalogue.fired(age_raw=age)
    assert catalogue.table("masks") == []


@pytest.mark.parametrize(
    ("id", "species"), [("idc:lung_phantom", ["Human"]), ("idc:mri_dir", ["Phantom"])]
)
def test_a_phantom_has_no_age_to_protect(catalogue, id, species):
    catalogue.dataset(id, species=species)
    catalogue.series(dataset_id=id, age_raw="111Y")
    assert catalogue.check() == []


def test_nobody_is_155_years_old(catalogue):
    fired = catalogue.fired(age_raw="155Y")
    assert fired["age-implausible"]["evidence"] == "> 120 Y"
    assert "age-above-89" in fired
    assert "age-implausible" not in catalogue.fired(age_raw="110Y")


@pytest.mark.parametrize("age", ["042y", "90", "N-A", "-05Y"])
def test_an_age_that_is_no_age_string_is_malformed(catalogue, age):
    assert set(catalogue.fired(age_raw=age)) == {"age-malformed"}


def test_an_age_of_zero_is_a_placeholder(catalogue):
    assert catalogue.fired(age_raw="000Y")["age-placeholder"]["evidence"] == "000Y"
    assert catalogue.fired(age_raw="003D") == {}


@pytest.mark.parametrize("field", ["study_date", "series_date"])
@pytest.mark.parametrize("day", [date(1880, 9, 9), date(2026, 11, 25)])
def test_a_scan_before_x_rays_or_after_today_is_implausible(catalogue, field, day):
    finding = catalogue.fired(**{field: day})["date-implausible"]
    assert (finding["field"], finding["evidence"]) == (field, str(day.year))


@pytest.mark.parametrize("day", [date(1895, 11, 8), date(1959, 1, 1), date(2026, 11, 23)])
def test_a_shifted_date_is_plausible(catalogue, day):
    assert catalogue.fired(study_date=day, series_date=day) == {}


def test_an_unmapped_word_is_one_finding_a_dataset_and_value(catalogue):
    for dataset in ("idc:a", "idc:b"):
        catalogue.series(dataset_id=dataset, subject=None, body_part_raw="XYZZY")
        catalogue.series(dataset_id=dataset, subject=None, body_part_raw="XYZZY")
    findings = catalogue.check()
    assert [(f["check_id"], f["dataset_id"], f["evidence"], f["affected"]) for f in findings] == [
        ("body-part-unmapped", "idc:a", "XYZZY", 2),
        ("body-part-unmapped", "idc:b", "XYZZY", 2),
    ]


def test_a_word_that_names_no_body_part_is_not_called_unmapped(catalogue):
    assert set(catalogue.fired(body_part_raw="PHANTOM")) == {"body-part-not-anatomy"}


def test_a_mapped_or_absent_word_is_in_order(catalogue):
    assert catalogue.fired(body_part="Chest", body_part_raw="CHEST") == {}
    assert catalogue.fired(modality=None, modality_raw=None) == {}


def test_an_unmapped_modality_is_found_in_series_and_in_records(catalogue):
    assert catalogue.fired(modality=None, modality_raw="QQ")["modality-unmapped"]["affected"] == 1
    catalogue.datasets.clear()
    catalogue.dataset(modalities=[], modalities_raw=["QQ"])
    catalogue.rows.clear()
    assert _only(catalogue.check(), "modality-unmapped")["subject_kind"] == "dataset"


def test_a_missing_doi_is_found_unless_a_part_has_one(catalogue):
    catalogue.dataset(doi=None, distributions=[Distribution(route="s3", licence="CC-BY-4.0")])
    assert _only(catalogue.check(), "doi-missing")["subject_kind"] == "dataset"
    catalogue.datasets.clear()
    catalogue.dataset(doi=None)
    assert catalogue.check() == []


def test_what_a_packaged_snapshot_lacks_is_not_held_against_the_repository(catalogue):
    bare = {"doi": None, "licence": None, "licence_raw": None, "licence_url": None}
    catalogue.dataset(**bare, distributions=[], snapshot=date(2026, 8, 21))
    assert _ids(catalogue.check()) == set()
    catalogue.datasets.clear()
    catalogue.dataset(**bare, distributions=[])
    assert _ids(catalogue.check()) == {"doi-missing", "licence-missing"}


def test_a_series_without_a_doi_or_a_licence_is_counted(catalogue):
    catalogue.series(doi=None, licence=None, licence_raw=None)
    catalogue.series(doi=None)
    findings = catalogue.check()
    assert _only(findings, "doi-missing")["affected"] == 2
    assert _only(findings, "licence-missing")["affected"] == 1


def test_a_missing_licence_is_found_unless_a_part_states_one(catalogue):
    bare = {"licence": None, "licence_raw": None}
    catalogue.dataset(**bare, distributions=[])
    assert _only(catalogue.check(), "licence-missing")["evidence"] is None
    catalogue.datasets.clear()
    catalogue.dataset(
        **bare, distributions=[Distribution(route="s3", licence_raw="CC BY 4.0", doi="10.7937/a")]
    )
    assert "licence-missing" not in _ids(catalogue.check())


def test_a_licence_that_maps_to_nothing_is_shown_as_written(catalogue):
    catalogue.fired(licence=None, licence_raw="Ask Nicely 1.0")
    finding = _only(catalogue.table("findings"), "licence-unmapped")
    assert (finding["field"], finding["evidence"]) == ("licence_raw", "Ask Nicely 1.0")


def test_a_licence_name_and_address_that_disagree_are_a_conflict(catalogue):
    nc = "CC-BY-NC-3.0"
    part = Distribution(
        route="s3",
        doi="10.7937/a",
        licence=nc,
        licence_raw="CC BY-NC 3.0",
        licence_url="https://creativecommons.org/licenses/by/3.0/",
    )
    catalogue.dataset(licence=nc, licence_raw="CC BY-NC 3.0", distributions=[part])
    catalogue.series(licence=nc, licence_raw="CC BY-NC 3.0")
    finding = _only(catalogue.check(), "licence-conflict")
    assert finding["evidence"] == "CC-BY-3.0 / CC-BY-NC-3.0"
    assert (finding["subject_kind"], finding["affected"]) == ("dataset", 1)


def test_series_of_one_doi_under_two_licences_are_a_conflict(catalogue):
    catalogue.series()
    catalogue.series(licence="CC-BY-3.0")
    finding = _only(catalogue.check(), "licence-conflict")
    assert (finding["subject_kind"], finding["field"]) == ("series", "licence")


def test_a_record_speaks_for_all_its_series(catalogue):
    catalogue.dataset(licence="MIT", licence_raw="MIT", distributions=[])
    catalogue.series()
    finding = _only(catalogue.check(), "licence-conflict")
    assert (finding["field"], finding["evidence"]) == ("licence", "MIT / CC-BY-4.0")


def test_parts_with_their_own_doi_and_licence_are_no_conflict(catalogue):
    catalogue.dataset(
        licence="CC-BY-3.0 AND CC-BY-4.0",
        licence_raw="CC BY 3.0; CC BY 4.0",
        distributions=[
            Distribution(route="s3", doi="10.7937/a", licence="CC-BY-4.0"),
            Distribution(route="s3", doi="10.5281/b", licence="CC-BY-3.0"),
        ],
    )
    catalogue.series()
    catalogue.series(doi="10.5281/b", licence="CC-BY-3.0", derived_dataset_id="idc:masks")
    (finding,) = catalogue.check()
    assert finding["check_id"] == "licence-by-part"
    assert finding["evidence"] == "CC-BY-3.0 / CC-BY-4.0"


def test_a_subject_both_male_and_female_is_told_from_one_with_other_values(catalogue):
    for subject, sexes in {"A-A-1": "MF", "A-A-2": "MO", "A-A-3": "FF"}.items():
        for sex in sexes:
            catalogue.series(subject=subject, sex=sex, sex_raw=sex)
    catalogue.series(subject="A-A-4", sex="M", sex_raw="M")
    catalogue.series(subject="A-A-4", sex=None, sex_raw=None)
    findings = catalogue.check()
    assert _only(findings, "sex-contradiction")["affected"] == 1
    assert _only(findings, "sex-varies")["affected"] == 1


def test_subjects_in_two_datasets_are_counted_on_both_sides(catalogue):
    for dataset in ("idc:a", "idc:b"):
        for subject in ("VS-SEG-116", "VS-SEG-188", "001", "sub-01", "case_0002"):
            catalogue.series(dataset_id=dataset, subject=subject)
    findings = [f for f in catalogue.check() if f["check_id"] == "subject-shared"]
    assert [(f["dataset_id"], f["evidence"], f["affected"]) for f in findings] == [
        ("idc:a", "idc:b", 2),
        ("idc:b", "idc:a", 2),
    ]


def test_subjects_of_two_sources_are_not_compared(catalogue):
    catalogue.series(dataset_id="idc:a", subject="VS-SEG-116")
    catalogue.series(dataset_id="tcia:a", source="tcia", subject="VS-SEG-116")
    assert catalogue.check() == []


def test_a_study_of_two_subjects_is_found(catalogue):
    catalogue.series(study="1.2.3", subject="A-A-1")
    catalogue.series(study="1.2.3", subject="A-A-2")
    catalogue.series(study="1.2.4", subject="A-A-2")
    finding = _only(catalogue.check(), "study-shared")
    assert (finding["evidence"], finding["affected"]) == (None, 2)


def test_series_without_a_study_share_none(catalogue):
    catalogue.series(study=None, subject="A-A-1")
    catalogue.series(study=None, subject="A-A-2")
    assert "study-shared" not in {f["check_id"] for f in catalogue.check()}
