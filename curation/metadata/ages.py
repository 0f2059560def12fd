"""Checks of patients' ages: too high to publish, impossible, or not an age at all."""

from __future__ import annotations

from curation.checks import Evidence, check
from schemas.finding import Severity

_AGE_STRING = "DICOM PS3.5 section 6.2 (AS)"


@check(
    "age-above-89",
    title="Age above 89",
    severity=Severity.WARNING,
    fields=("age_raw",),
    message="An age above 89 is published: replace it with 090Y or remove it",
    evidence=Evidence.AGE,
    reference="45 CFR 164.514(b)(2)(i)(C)",
)
def above_89() -> str:
    """Exact ages above 89 single people out, because few reach them.

    090Y stands for "90 or older" and is what the rule asks for; phantoms have no age to protect.
    """
    return """
        SELECT dataset_id, 'age_raw' AS field, age_raw AS value, n AS affected
        FROM facts_ages ANTI JOIN facts_phantoms USING (dataset_id) WHERE years > 90
    """


@check(
    "age-implausible",
    title="Implausible age",
    severity=Severity.WARNING,
    fields=("age_raw",),
    message="Nobody is known to have been that old: correct the age or remove it",
    evidence=Evidence.AGE,
    reference=_AGE_STRING,
)
def implausible() -> str:
    """An age over 120 years is a slip of the keyboard or a disguised value."""
    return _with_problem("implausible")


@check(
    "age-malformed",
    title="Malformed age",
    severity=Severity.INFO,
    fields=("age_raw",),
    message="The age is not written as a DICOM Age String: write it as nnnD, nnnW, nnnM or nnnY",
    reference=_AGE_STRING,
)
def malformed() -> str:
    """Software that expects three digits and a unit will misread or drop such an age."""
    return _with_problem("malformed")


@check(
    "age-placeholder",
    title="Placeholder age",
    severity=Severity.INFO,
    fields=("age_raw",),
    message="An age of zero stands for a removed age: leave Patient's Age empty instead",
    evidence=Evidence.PLAIN,
    reference=_AGE_STRING,
)
def placeholder() -> str:
    """000Y reads as a newborn; it is treated as unknown here."""
    return _with_problem("placeholder")


def _with_problem(problem: str) -> str:
    return f"""
        SELECT dataset_id, 'age_raw' AS field, age_raw AS value, n AS affected
        FROM facts_ages WHERE problem = '{problem}'
    """
