"""The checks over every series of NCI Imaging Data Commons, as its package publishes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import idc_index_data
import pytest

from curation import metadata, policy
from schemas.vocabulary import anatomy, licence, sex

INDEX = Path(idc_index_data.IDC_INDEX_PARQUET_FILEPATH)

# Only what the checks read, mapped by the vocabularies: the harvester has its own tests.
SERIES = """
CREATE TABLE series AS
SELECT 'idc' AS source, 'idc:' || collection_id AS dataset_id,
       'idc:' || analysis_result_id AS derived_dataset_id, PatientID AS subject,
       StudyInstanceUID AS study, SeriesInstanceUID AS series, Modality AS modality,
       Modality AS modality_raw, body.label AS body_part, BodyPartExamined AS body_part_raw,
       StudyDescription AS study_description, SeriesDescription AS description,
       PatientAge AS age_raw, sex.label AS sex, PatientSex AS sex_raw,
       StudyDate::DATE AS study_date, SeriesDate::DATE AS series_date,
       spdx.label AS licence, license_short_name AS licence_raw, lower(source_DOI) AS doi
FROM read_parquet(?)
LEFT JOIN words AS body ON body.kind = 'body' AND body.raw = BodyPartExamined
LEFT JOIN words AS sex ON sex.kind = 'sex' AND sex.raw = PatientSex
LEFT JOIN words AS spdx ON spdx.kind = 'licence' AND spdx.raw = license_short_name
"""
DATASETS = """
CREATE TABLE datasets AS
WITH parts AS (
    SELECT 'idc:' || collection_id AS id, collection_name AS title, [species] AS species,
           sources AS s
    FROM read_parquet(?)
)
SELECT id, title, NULL::VARCHAR AS description, species, ['CT'] AS modalities,
       []::VARCHAR[] AS modalities_raw, s[1].source_doi AS doi, NULL::DATE AS snapshot,
       NULL::VARCHAR AS licence,
       NULL::VARCHAR AS licence_raw, NULL::VARCHAR AS licence_url,
       list_transform(s, lambda p: {
           'doi': lower(p.source_doi),
           'licence': NULL::VARCHAR,
           'licence_raw': p.license.license_short_name,
           'licence_url': p.license.license_url}) AS distributions
FROM parts
"""


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("CREATE TABLE words (kind VARCHAR, raw VARCHAR, label VARCHAR)")
        readers = {
            "BodyPartExamined": (
                "body",
                lambda raw: getattr(anatomy.normalise(raw), "label", None),
            ),
            "PatientSex": ("sex", sex.normalise),
            "license_short_name": ("licence", licence.normalise),
        }
        for column, (kind, read) in readers.items():
            values = con.execute(
                f"SELECT DISTINCT {column} FROM read_parquet(?) WHERE {column} IS NOT NULL",
                [str(INDEX)],
            ).fetchall()
            con.executemany(
                "INSERT INTO words VALUES (?, ?, ?)", [(kind, raw, read(raw)) for (raw,) in values]
            )
        con.execute(SERIES, [str(INDEX)])
        con.execute(DATASETS, [str(INDEX.with_name("collections_index.parquet"))])
        metadata.run(con, policy.load(), now=datetime(2026, 11, 23, tzinfo=UTC))
        yield con


@pytest.fixture
def affected(con):
    def count(*checks):
        (total,) = con.execute(
            "SELECT coalesce(sum(affected), 0)::BIGINT FROM findings WHERE check_id IN "
            "(SELECT unnest(?))",
            [list(checks)],
        ).fetchone()
        return total

    return count


def _published(query):
    """What the package itself says, asked without any of our code."""
    (value,) = duckdb.execute(query, [str(INDEX)]).fetchone()
    return value


def test_459_subjects_have_more_than_one_sex(affected):
    published = _published(
        "SELECT count(*) FROM (SELECT collection_id, PatientID FROM read_parquet(?) "
        "GROUP BY ALL HAVING count(DISTINCT PatientSex) > 1)"
    )
    assert affected("sex-contradiction", "sex-varies") == published == 459
    assert affected("sex-contradiction") == 34


def test_89_subjects_are_in_two_collections(affected):
    published = _published(
        "SELECT count(*) FROM (SELECT PatientID FROM read_parquet(?) "
        "GROUP BY PatientID HAVING count(DISTINCT collection_id) > 1)"
    )
    assert affected("subject-shared") == 2 * published == 2 * 89


def test_one_study_has_two_subjects(con):
    published = _published(
        "SELECT count(*) FROM (SELECT StudyInstanceUID FROM read_parquet(?) "
        "GROUP BY ALL HAVING count(DISTINCT PatientID) > 1)"
    )
    found = con.execute("SELECT dataset_id FROM findings WHERE check_id = 'study-shared'")
    assert found.fetchall() == [("idc:nlst",)]
    assert published == 1


def test_ages_above_89_are_masked_outside_phantoms(con, affected):
    published = _published(
        "SELECT count(*) FROM read_parquet(?) WHERE PatientAge IN ('105Y', '110Y')"
    )
    assert affected("age-above-89") == published == 132
    masks = con.execute(
        "SELECT dataset_id, value FROM masks WHERE check_id = 'age-above-89'"
    ).fetchall()
    assert masks == [("idc:ct_colonography", "105Y"), ("idc:ct_colonography", "110Y")]


def test_ages_that_are_wrong_are_counted(affected):
    assert affected("age-implausible") == 2
    assert affected("age-malformed") == 49
    assert affected("age-placeholder") == _published(
        "SELECT count(*) FROM read_parquet(?) WHERE PatientAge SIMILAR TO '000[DWMY]'"
    )


def test_the_one_collection_before_x_rays_is_found(affected):
    published = _published(
        "SELECT count(*) FROM read_parquet(?) "
        "WHERE StudyDate::DATE < '1895-11-08' OR SeriesDate::DATE < '1895-11-08'"
    )
    assert affected("date-implausible") == published == 40


def test_39_collections_have_several_licences_and_one_contradicts_itself(con):
    counts = con.execute(
        "SELECT check_id, count(*), any_value(dataset_id), any_value(affected) FROM findings "
        "WHERE starts_with(check_id, 'licence-') AND check_id <> 'licence-unmapped' "
        "GROUP BY check_id ORDER BY check_id"
    ).fetchall()
    assert [(check, n) for check, n, _, _ in counts] == [
        ("licence-by-part", 39),
        ("licence-conflict", 1),
    ]
    assert counts[1][2:] == ("idc:phantom_fda", 4433)


def test_planted_and_forgotten_identifiers_are_found(con):
    found = con.execute(
        "SELECT check_id, dataset_id, count(*) FROM masks WHERE field <> 'age_raw' "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert found == [
        ("date-in-text", "idc:anti_pd_1_lung", 1),
        ("date-in-text", "idc:covid_19_ny_sbu", 1),
        ("date-in-text", "idc:ispy1", 7),
        ("date-in-text", "idc:pseudo_phi_dicom_data", 1),
        ("date-in-text", "idc:rider_lung_ct", 59),
        ("person-name", "idc:ct_colonography", 3),
        ("person-name", "idc:pseudo_phi_dicom_data", 4),
        ("record-number", "idc:pseudo_phi_dicom_data", 1),
    ]


def test_no_finding_repeats_a_masked_value(con):
    repeated = con.execute(
        "SELECT count(*) FROM findings JOIN masks USING (dataset_id, check_id) "
        "WHERE contains(evidence, value) OR contains(message, value)"
    ).fetchone()
    assert repeated == (0,)


def test_nothing_is_withheld(con):
    assert con.execute("SELECT count(*) FROM withheld").fetchone() == (0,)
