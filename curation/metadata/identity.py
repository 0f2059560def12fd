"""Checks of who is who: a subject of two sexes, an id in two datasets, a study of two."""

from __future__ import annotations

from curation.checks import Evidence, check
from schemas.finding import Severity


@check(
    "sex-contradiction",
    title="Subjects both male and female",
    severity=Severity.WARNING,
    fields=("sex",),
    message="Series of one subject say M and others F: find out whose they are, or correct the sex",
    evidence=Evidence.PLAIN,
    reference="DICOM (0010,0040)",
)
def sex_contradiction() -> str:
    """Two sexes under one id may be two people under one id.

    `affected` counts subjects.
    """
    return _subjects("male_and_female", "sex")


@check(
    "sex-varies",
    title="Subjects with several values of sex",
    severity=Severity.INFO,
    fields=("sex_raw",),
    message="Series of one subject differ in sex, often O in derived objects: copy the sex of the "
    "source images",
    evidence=Evidence.PLAIN,
    reference="DICOM (0010,0040)",
)
def sex_varies() -> str:
    """Subjects whose values differ without M against F; counts by sex depend on the series asked.

    `affected` counts subjects.
    """
    return _subjects("several_sexes AND male_and_female IS NOT TRUE", "sex_raw")


@check(
    "subject-shared",
    title="Subject ids in several datasets",
    severity=Severity.INFO,
    fields=("subject",),
    message="Subjects of this dataset are in another one too: do not add the two up, and split "
    "training and test sets by subject",
    evidence=Evidence.PLAIN,
)
def subject_shared() -> str:
    """The same person in two collections of one source leaks between training and test sets.

    Ids such as 001 or sub-01 are used everywhere and mean nothing across datasets. The evidence
    is the other dataset; `affected` counts subjects.
    """
    return r"""
        WITH telling AS (
            SELECT source, subject, dataset_id FROM facts_subjects
            WHERE NOT regexp_full_match(subject, '(?i)(?:[a-z]{0,8}[ _-]?)?0*\d{1,4}')
            QUALIFY count(*) OVER (PARTITION BY source, subject) > 1
        )
        SELECT here.dataset_id, 'subject' AS field, there.dataset_id AS value,
               count(*) AS affected
        FROM telling AS here JOIN telling AS there USING (source, subject)
        WHERE here.dataset_id <> there.dataset_id
        GROUP BY ALL
    """


@check(
    "study-shared",
    title="Studies of several subjects",
    severity=Severity.WARNING,
    fields=("study",),
    message="A study holds series of more than one subject: find out whose they are",
    evidence=Evidence.PLAIN,
    reference="DICOM PS3.3 section A.1.2",
)
def study_shared() -> str:
    """A DICOM study belongs to one patient; two ids in it are a mix-up or a change of ids.

    `affected` counts series.
    """
    return """
        SELECT min(dataset_id) AS dataset_id, 'study' AS field, NULL AS value,
               count(*) AS affected
        FROM series WHERE study IS NOT NULL GROUP BY study
        HAVING min(subject) <> max(subject) OR min(dataset_id) <> max(dataset_id)
    """


def _subjects(which: str, field: str) -> str:
    return f"""
        SELECT dataset_id, '{field}' AS field, NULL AS value, count(*) AS affected
        FROM facts_subjects WHERE {which} GROUP BY ALL
    """
