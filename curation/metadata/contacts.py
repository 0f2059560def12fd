"""Checks of free text for what leads to a person: e-mail, telephone and record numbers."""

from __future__ import annotations

from curation.checks import check
from curation.metadata.sql import extract, matches
from schemas.finding import Severity

EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"

_BEFORE = r"(?:^|[^0-9A-Za-z.,+-])"
_AREA = r"[2-9]\d\d"
PHONE = "|".join(
    (
        # (301) 555-0123
        rf"{_BEFORE}(?:\+?1[ .-]?)?\({_AREA}\) ?{_AREA}[ .-]\d{{4}}(?:$|[^0-9])",
        # 301-555-0123, 301.555.0123, +1 301 555 0123
        rf"{_BEFORE}(?:\+?1-)?{_AREA}-{_AREA}-\d{{4}}(?:$|[^0-9-])",
        rf"{_BEFORE}(?:\+?1\.)?{_AREA}\.{_AREA}\.\d{{4}}(?:$|[^0-9.])",
        # +44 20 7946 0123
        r"(?:^|[^0-9A-Za-z])\+[1-9]\d{0,2}[ .-]\(?\d{1,4}\)?(?:[ .-]\d{2,4}){2,4}(?:$|[^0-9])",
        # Tel: 030 123456
        r"(?i:(?:^|[^a-z])(?:tel|telephone|phone|fax|mobile|pager)[.:# ]+)"
        r"\+?\(?\d(?:[ ()./-]{0,2}\d){6,14}(?:$|[^0-9])",
    )
)

# b-values of a diffusion scan are written 200-400-1000 as well: every number is a round one.
_ROUND = r"\d\d0[ .-]\d\d0[ .-]\d\d\d0"

# MRN 1234567, Accession: 1234567, "CT CHEST for 1234567"
RECORD_NUMBER = (
    r"(?i)(?:^|[^a-z0-9])(?:mrn|(?:medical |med )?record|accession|acc|for"
    r"|(?:patient|pat|pt)[ _]?(?:id|no))[ .:#=_]*(?:(?:no|nr|number|id)[ .:#=_]*)?"
    r"\d{6,12}(?:$|[^0-9.])"
)

NATIONAL_NUMBER = (
    r"(?:^|[^0-9A-Za-z.-])(?:00[1-9]|0[1-9]\d|[1-578]\d\d|6[0-57-9]\d|66[0-57-9])"
    r"-(?:0[1-9]|[1-9]\d)-\d{4}(?:$|[^0-9A-Za-z.-])"
)

_EVERYWHERE = (
    "description",
    "study_description",
    "subject",
    "dataset.title",
    "dataset.description",
)


@check(
    "email-address",
    title="E-mail address",
    severity=Severity.WARNING,
    fields=_EVERYWHERE,
    message="An e-mail address is published in free text: remove it",
    reference="45 CFR 164.514(b)(2)(i)(F)",
)
def email() -> str:
    """An address names a person and lets a stranger reach them."""
    return _found(EMAIL, "contains(value, '@')")


@check(
    "phone-number",
    title="Telephone number",
    severity=Severity.WARNING,
    fields=_EVERYWHERE,
    message="A telephone or fax number is published in free text: remove it",
    reference="45 CFR 164.514(b)(2)(i)(D)",
)
def phone() -> str:
    """A number reaches a person, a ward or a practice."""
    return _found(PHONE, f"{matches(r'[0-9]{3}')} AND NOT {matches(_ROUND)}")


@check(
    "record-number",
    title="Record number",
    severity=Severity.WARNING,
    fields=("description", "study_description"),
    message="A number of a patient or an order is published in free text: remove it",
    reference="45 CFR 164.514(b)(2)(i)(H)",
)
def record_number() -> str:
    """A hospital finds the patient by such a number, which de-identification replaces elsewhere."""
    return _found(RECORD_NUMBER, matches(r"\d{6}"))


@check(
    "social-security-number",
    title="Social security number",
    severity=Severity.BLOCKER,
    fields=_EVERYWHERE,
    message="A number in the shape of a US social security number is published: withdraw the file",
    reference="45 CFR 164.514(b)(2)(i)(G)",
)
def national_number() -> str:
    """The number opens a person's records; nothing may be published until it is gone."""
    return _found(NATIONAL_NUMBER, matches(r"-\d\d-"))


def _found(pattern: str, likely: str) -> str:
    """Texts with `pattern`; of a record's long text only the match, so that its shape tells."""
    return f"""
        SELECT dataset_id, field,
               CASE WHEN starts_with(field, 'dataset.') THEN {extract(pattern)}
                    ELSE value END AS value,
               n AS affected
        FROM facts_texts WHERE {likely} AND {matches(pattern)}
    """
