"""Checks of free text for names of people: patients, and the doctors who lead to them."""

from __future__ import annotations

from curation.checks import check
from curation.metadata.sql import extract, matches
from schemas.finding import Severity

_NAME = r"\p{Lu}[\p{L}'’-]{2,}"
_MIXED = r"\p{Lu}\p{Ll}[\p{L}'’-]+"
_START = r"(?:^|[^\p{L}])"
_END = r"(?:$|[^\p{L}])"

# Family^Given^Middle^Prefix^Suffix (DICOM PS3.5 section 6.2.1).
PERSON_NAME = r"^\s*(\p{L}[\p{L}'’-]+\^\p{L}[\p{L}'’. -]*)(?:\^[\p{L}'’. -]*){0,3}$"

# Family, Given: only where a whole identifier reads so, since a comma is common in descriptions.
FAMILY_GIVEN = rf"^({_MIXED}, ?{_MIXED})$"

# S.KOZAK: only where it is the whole text.
INITIAL = rf"^(\p{{Lu}}\. ?{_NAME})$"

# "XR CHEST for Scott Kaufman", at the end of the text.
MADE_FOR = rf"{_START}(?:[Ff]or|FOR|[Bb]y|BY)[: _]+({_MIXED}[ _]{_MIXED})\s*$"

CALLED = (
    # MR is a modality, Mr a title.
    rf"{_START}(?:(?:[Dd]r|DR|[Pp]rof|PROF|Mrs?|MRS)[. _]+"
    rf"|(?:Doctor|DOCTOR|Professor|PROFESSOR)[ _]+)({_NAME})",
    rf"{_START}({_NAME}),? ?(?:M\.D\.|Ph\.D\.)",
    rf"{_START}({_NAME}), ?(?:MD|PhD){_END}",
    rf"(?i:{_START}(?:patient|pt)(?:'s)?[ _]?name[:= _]+)({_NAME})",
    rf"(?i:{_START}(?:referr|order|attend|perform|read)ing[ _]"
    rf"(?:physician|doctor|radiologist)[:= _]+)({_NAME})",
)

# One pass for a word that MADE_FOR or any of CALLED needs, before those costly shapes are tried.
_LIKELY = (
    r"(?:^|[^A-Za-z])(?:[Dd]r|DR|[Pp]rof|PROF|Mrs?|MRS|Professor|PROFESSOR|M\.D\.|Ph\.D\.|MD|PhD"
    r"|[Ff]or|FOR|[Bb]y|BY|(?i:(?:pt|patient)?name|physician|radiologist|doctor))(?:$|[^A-Za-z])"
)


@check(
    "person-name",
    title="Name of a person",
    severity=Severity.WARNING,
    fields=("description", "study_description", "subject", "dataset.title"),
    message="A text reads like the name of a patient or a doctor: remove the name",
    reference="45 CFR 164.514(b)(2)(i)(A)",
)
def person_name() -> str:
    """A patient's name identifies; a doctor's name, with a date and a place, narrows down.

    Siemens scanners write region^protocol where DICOM writes family^given: what has a word of
    scan protocols in the place of the name is not taken for one. A name that was found is looked
    for in the other texts of its dataset, where it may stand without what gave it away.
    """
    shapes = {
        PERSON_NAME: "contains(value, '^')",
        FAMILY_GIVEN: "field = 'subject'",
        INITIAL: "value LIKE '_.%'",
        MADE_FOR: "field <> 'dataset.title'",
        **dict.fromkeys(CALLED, "true"),
    }
    names = ", ".join(
        f"CASE WHEN {condition} THEN {extract(shape, 1)} END" for shape, condition in shapes.items()
    )
    return rf"""
        WITH likely AS MATERIALIZED (
            SELECT * FROM facts_texts
            WHERE field <> 'dataset.description'
              AND (contains(value, '^') OR value LIKE '_.%' OR {matches(_LIKELY)}
                   OR (field = 'subject' AND contains(value, ',')))
        ), named AS (
            SELECT *, unnest([{names}]) AS name FROM likely
        ), spelled AS (
            SELECT *, regexp_split_to_array(
                lower(strip_accents(regexp_replace(name, '(\p{{Ll}})(\p{{Lu}})', '\1 \2', 'g'))),
                '[^\p{{L}}]+') AS words
            FROM named WHERE name <> ''
        ), found AS MATERIALIZED (
            SELECT * FROM spelled
            WHERE NOT list_has_any(words, (SELECT list(word) FROM facts_protocol_words))
        )
        SELECT dataset_id, field, value, n AS affected FROM found
        UNION
        SELECT t.dataset_id, t.field, t.value, t.n FROM facts_texts t JOIN found
        ON t.dataset_id = found.dataset_id AND contains(t.value, found.name)
        WHERE t.field IN ('description', 'study_description') AND length(found.name) > 4
    """
